"""Find a referral by what somebody quotes of it on the telephone or in an e-mail."""

from typing import Any

from flask import Blueprint, redirect, render_template, request

from onward.ids import quoted, spelt
from onward.web import allow, transactional
from services.referral.handlers.reading import find_quoted, tell_list_read
from services.referral.web.request import this_uow, this_vault
from services.referral.web.workers import WORKERS

finding = Blueprint("referral_finding", __name__, template_folder="templates")


@finding.post("/referrals/find")
@allow(*WORKERS)
@transactional
def read_typed() -> Any:
    """Go where what was typed is looked for: whatever else is typed, such as a name, gets into no address."""
    digits = quoted(request.form.get("reference", ""))
    return redirect(f"/referrals/find?reference={spelt(digits)}", 303) if digits else _misread()


@finding.get("/referrals/find")
@allow(*WORKERS)
@transactional
def find() -> Any:
    """Lead to the referral that is quoted so; show which there are where several are, or that none is."""
    asked = request.args.get("reference")
    if asked is None:
        return _page()
    digits = quoted(asked)
    if digits is None:
        return _misread()
    uow = this_uow()
    items = find_quoted(uow, this_vault(), digits)
    if len(items) == 1:
        return redirect(f"/referrals/{items[0].handoff.referral_id}", 303)
    tell_list_read(uow, "found", items)
    return _page(reference=spelt(digits), items=items)


def _misread() -> Any:
    return _page(mistake=True), 422


def _page(**found: Any) -> str:
    return render_template("referral/find.html", **found)
