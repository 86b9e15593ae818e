"""Why a handoff was refused, withdrawn, paused or ended: code lists, and who decided.

"The person declined" and "the service declined" are different facts, and are counted apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from onward.languages import marked
from services.referral.domain.moves import Action


class Decider(StrEnum):
    """Whose decision it was."""

    PERSON = "person"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One entry of a code list."""

    code: str
    text: str
    decided_by: Decider


def _service(code: str, text: str) -> Reason:
    return Reason(code=code, text=text, decided_by=Decider.SERVICE)


def _person(code: str, text: str) -> Reason:
    return Reason(code=code, text=text, decided_by=Decider.PERSON)


REASONS: Final[Mapping[Action, tuple[Reason, ...]]] = {
    Action.REJECT: (
        _service("no-capacity", "We have no capacity"),
        _service("outside-area", "The person lives outside our area"),
        _service("not-eligible", "The person is not eligible"),
        _service("risk-cannot-be-managed", "We cannot manage the risk safely"),
        _service("needs-other-service", "Another service fits the need better"),
        _service("needs-too-complex", "The needs are more than we can meet"),
        _service("insufficient-information", "We were not told enough to decide"),
        _service("already-known", "The person already has this from us"),
        _service("person-not-contactable", "We could not reach the person"),
        _person("person-declined", "The person does not want this service"),
        _person("person-chose-other", "The person has chosen another service"),
    ),
    Action.CANCEL: (
        _service("no-longer-needed", "It is no longer needed"),
        _service("needs-changed", "The person's needs have changed"),
        _service("sent-to-wrong-service", "It went to the wrong service"),
        _service("found-elsewhere", "Another service has taken the person on"),
        _service("service-withdrew", "We can no longer offer it"),
        _service("person-moved-away", "The person has moved away"),
        _service("person-died", "The person has died"),
        _person("person-withdrew", "The person has withdrawn"),
    ),
    Action.HOLD: (
        _service("person-in-hospital", "The person is in hospital"),
        _service("person-in-custody", "The person is in custody"),
        _service("awaiting-information", "We are waiting for information"),
        _service("service-interrupted", "We cannot work with the person for now"),
        _person("person-away", "The person is away"),
        _person("person-asked-to-pause", "The person has asked for a pause"),
    ),
    Action.FAIL: (
        _service("person-not-contactable", "We could not reach the person"),
        _service("risk-cannot-be-managed", "We cannot manage the risk safely"),
        _service("needs-too-complex", "The needs are more than we can meet"),
        _service("readmitted", "The person was admitted to hospital again"),
        _service("service-ended", "The service has ended"),
        _service("person-died", "The person has died"),
        _person("person-disengaged", "The person stopped taking part"),
        _person("person-left", "The person left"),
    ),
    Action.MARK_IN_ERROR: (
        _service("wrong-person", "It was about the wrong person"),
        _service("wrong-service", "It named the wrong service"),
        _service("duplicate", "It was entered twice"),
        _service("not-agreed", "The person had not agreed to it"),
        _service("test-entry", "It was a test"),
    ),
}
"""The codes each action takes; every one of these actions also needs a sentence."""

OUTCOMES: Final[Mapping[str, str]] = {
    "goals-reached": marked("What was agreed was reached"),
    "goals-partly-reached": marked("What was agreed was partly reached"),
    "moved-on-to-own-home": marked("The person moved on to a home of their own"),
    "moved-on-to-supported-home": marked("The person moved on to supported housing"),
    "moved-on-to-family": marked("The person moved on to family or friends"),
    "moved-on-to-other-service": marked("Another service has taken over"),
    "returned-to-hospital": marked("The person went back to hospital"),
    "tenancy-sustained": marked("The tenancy was sustained"),
    "benefits-secured": marked("The person's income was secured"),
    "advice-given": marked("Advice or information was given"),
    "course-finished": marked("The course was finished"),
}
"""Where the person went next, or what was reached."""


def find_reason(action: Action, code: str) -> Reason | None:
    """Return the entry *code* of the list that *action* takes, or None."""
    return next((reason for reason in REASONS.get(action, ()) if reason.code == code), None)


def reason_text(action: Action, code: str) -> str:
    """Return what *code* says, or the code itself where the list no longer holds it."""
    found = find_reason(action, code)
    return found.text if found else code
