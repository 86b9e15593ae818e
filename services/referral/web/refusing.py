"""Say on the page where something was asked for why nothing has changed."""

from typing import Any

from flask import flash, redirect

from onward.errors import Refused
from onward.web.languages import translated


def refused(refusal: Refused, back: str) -> Any:
    """Return to *back*, and say there what *refusal* says."""
    errors = "; ".join(translated(error.detail) for error in refusal.errors)
    detail = errors or translated(refusal.detail)
    flash(f"{translated('Nothing was changed.')} {detail}", "error")
    return redirect(back, 303)
