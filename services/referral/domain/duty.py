"""The duty to refer in England: to whom, and how little has to be told.

Housing Act 1996, section 213B: a public authority that thinks somebody may be homeless or threatened with
it asks them, and tells the housing authority that they choose why, and how they can be reached.
"""

from collections.abc import Mapping
from typing import Final

from onward.errors import FieldError, InvalidError
from services.referral.domain.pack import CONTACT, IDENTITY, Sections, Value

HOUSING: Final = "housing"
HOUSING_AUTHORITY: Final = "council"
"""The kind of organisation a notification goes to."""
TOLD: Final = (IDENTITY, CONTACT, HOUSING)
"""Nothing else travels with a notification, whatever the service asks for."""
_WAYS: Final = ("phone", "email", "address", "note")


def notification(told: Sections, *, recipient_kind: str | None) -> dict[str, Mapping[str, Value]]:
    """Return what of *told* a notification under the duty holds.

    Raises `InvalidError` ``duty-to-refer-to-council`` or ``duty-to-refer-incomplete``.
    """
    if recipient_kind != HOUSING_AUTHORITY:
        raise InvalidError(
            "duty-to-refer-to-council",
            "The duty to refer is owed to a local housing authority: choose the council's service, "
            "or send it as an ordinary referral.",
            errors=[FieldError(pointer="/intent", detail="Use another intent.")],
        )
    errors = []
    if not any(told.get(CONTACT, {}).get(way) for way in _WAYS):
        detail = "Say how the person can be reached: a phone number, an e-mail or an address."
        errors.append(FieldError(pointer="/person/contact", detail=detail))
    if not told.get(HOUSING):
        detail = "Say why they may be homeless, or threatened with it."
        errors.append(FieldError(pointer="/sections/housing", detail=detail))
    if not told.get(IDENTITY):
        detail = "Say who they are: a notification about nobody cannot be followed up."
        errors.append(FieldError(pointer="/person", detail=detail))
    if errors:
        raise InvalidError(
            "duty-to-refer-incomplete",
            "A notification says who the person is, why they are referred and how to reach them.",
            errors=errors,
        )
    return {section: told[section] for section in TOLD}
