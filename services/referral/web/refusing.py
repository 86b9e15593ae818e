"""Say on the page where something was asked for why nothing has changed."""

from typing import Any

from flask import flash, redirect

from onward.errors import Refused


def refused(refusal: Refused, back: str) -> Any:
    """Return to *back*, and say there what *refusal* says."""
    detail = "; ".join(error.detail for error in refusal.errors) or refusal.detail
    flash(f"Nothing was changed. {detail}", "error")
    return redirect(back, 303)
