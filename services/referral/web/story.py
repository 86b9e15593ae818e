"""What the page of one referral shows, put together from what the asker may see."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from onward.languages import marked
from onward.web.languages import translated
from onward.web.pages import day, words
from services.referral.domain.deciding import Needed, needed
from services.referral.domain.handoff import Handoff, allowed_actions
from services.referral.domain.moves import Action
from services.referral.domain.pack import CONTACT, IDENTITY, Value
from services.referral.domain.person import CONTACT_RULES, ContactRule
from services.referral.domain.reasons import OUTCOMES, REASONS
from services.referral.domain.referral import Standing
from services.referral.domain.routing import BASES
from services.referral.handlers.packs import Pack
from services.referral.handlers.reading import Story
from services.referral.storage.copies import Claim
from services.referral.storage.steps import Step
from services.referral.web.drawing import draw, draw_stay
from services.referral.web.ledger import corrections, ledger
from services.referral.web.wording import (
    DONE,
    KEYS,
    VERBS,
    Names,
    code_text,
    consent_text,
    field_title,
    section_title,
    what_is_due,
    who_has_it,
)

WORRYING = frozenset(
    {Action.REJECT, Action.CANCEL, Action.FAIL, Action.EXPIRE, Action.LAPSE, Action.MARK_IN_ERROR}
)
TALK = frozenset({Action.ASK, Action.ANSWER})
"""Moves whose words stand in the conversation."""
QUIET = frozenset({Action.CANCEL, Action.FAIL, Action.MARK_IN_ERROR, Action.REJECT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One action as a form."""

    action: str
    text: str
    href: str
    key: str
    needed: Needed
    choices: Sequence[tuple[str, str]]
    one_click: bool
    warning: bool


def facts(story: Story, pack: Pack | None, *, now: datetime, organisation: UUID) -> dict[str, Any]:
    """Return what the template of a referral's page draws."""
    newest = story.seen.newest
    name = Names(story.names)
    sections: Pack = pack if pack is not None else story.sections
    person = story.person.name if story.person else told_name(pack)
    claim = story.claims.get(newest.id)
    return {
        "story": story,
        "referral": story.seen.referral,
        "handoff": newest,
        "name": name,
        "person": person,
        "who": who_has_it(newest, claim, name, person or translated("the person")),
        "due": what_is_due(newest, now),
        "stop_means": _stop_means(story),
        "overdue": newest.next_due is not None and newest.next_due < now,
        "actions": list(actions(newest, organisation)),
        "can_route": _can_route(story),
        "drawing": draw(story.seen.handoffs, story.steps, name) if story.steps else None,
        "stay": draw_stay(newest, now),
        "timeline": [entry(step, name) for step in reversed(story.steps)],
        "about_person": about_person(story, pack),
        "rules": contact_rules(story, pack),
        "told": [
            (section_title(section), told_fields(fields))
            for section, fields in sections.items()
            if section not in {IDENTITY, CONTACT}
        ],
        "consent": consent_text(story.seen.referral.consent, now.date()),
        "ledger": list(ledger(story.disclosures)),
        "corrections": corrections(story.disclosures, newest.id),
        "keepers": translated(" and ").join(name(one) for one in newest.keepers),
        "claim": claim,
        "claim_text": _claim_text(claim),
    }


def actions(handoff: Handoff, organisation: UUID) -> Iterator[Offered]:
    """Yield what *organisation* may do now, most wanted first."""
    allowed = allowed_actions(handoff, *handoff.parties(organisation))
    for action in sorted(allowed, key=lambda one: one in QUIET):
        if action not in VERBS or action is Action.SEND:
            continue
        wanted = needed(action)
        choices = [(reason.code, reason.text) for reason in REASONS.get(action, ())]
        yield Offered(
            action=action.value,
            text=VERBS[action],
            href=f"/referrals/{handoff.referral_id}/handoffs/{handoff.id}/{action.value}",
            key=KEYS.get(action, ""),
            needed=wanted,
            choices=choices or (list(OUTCOMES.items()) if wanted.outcome else []),
            one_click=wanted == Needed(),
            warning=action in QUIET,
        )


def entry(step: Step, name: Names) -> dict[str, Any]:
    """Return one step for the timeline."""
    spoken = None if step.action in TALK else step.sentence
    said = (code_text(step.action, step.code), spoken)
    return {
        "what": translated(DONE[step.action]),
        "by": step.organisation_name or _by(step, name),
        "at": step.at,
        "more": ": ".join(part for part in said if part),
        "kind": "is-bad" if step.action in WORRYING else "",
    }


def _by(step: Step, name: Names) -> str:
    if step.organisation is not None:
        return name(step.organisation)
    by_ledger = step.action in {Action.OFFER, Action.WAITLIST}
    return translated("The place ledger" if by_ledger else "The clock")


def told_name(pack: Pack | None) -> str | None:
    """Return what a pack says somebody is called."""
    identity = (pack or {}).get(IDENTITY, {})
    parts = (identity.get("known_as") or identity.get("given_name"), identity.get("family_name"))
    return " ".join(str(part) for part in parts if part) or None


def about_person(story: Story, pack: Pack | None) -> list[tuple[str, str]]:
    """Return the facts about the person that the asker may see."""
    if story.person is None:
        told = pack or {}
        fields = {**told.get(IDENTITY, {}), **told.get(CONTACT, {})}
        return told_fields({name: value for name, value in fields.items() if name != "rules"})
    person, contact = story.person, story.person.contact
    known: dict[str, Value | None] = {
        "given_name": person.given_name,
        "family_name": person.family_name,
        "known_as": person.known_as,
        "birth_date": person.birth_date.isoformat() if person.birth_date else None,
        "nhs_number": person.nhs_number,
        "note": contact.note,
        "phone": contact.phone,
        "email": contact.email,
        "address": contact.address,
        "no_fixed_abode": contact.no_fixed_abode or None,
        "language": person.language,
        "interpreter": person.interpreter or None,
        "formats": list(person.formats) or None,
    }
    return told_fields({name: value for name, value in known.items() if value is not None})


def contact_rules(story: Story, pack: Pack | None) -> list[str]:
    """Return what must never happen when somebody gets in touch."""
    if story.person is not None:
        return [translated(CONTACT_RULES[rule]) for rule in story.person.contact.rules]
    rules = (pack or {}).get(CONTACT, {}).get("rules", [])
    return (
        [translated(CONTACT_RULES[ContactRule(rule)]) for rule in rules]
        if isinstance(rules, list)
        else []
    )


def told_fields(fields: Mapping[str, Value]) -> list[tuple[str, str]]:
    """Return fields as people read them."""
    return [(field_title(name), _shown(name, value)) for name, value in fields.items()]


def _shown(name: str, value: Value) -> str:
    if isinstance(value, bool):
        return translated("Yes" if value else "No")
    if name == "birth_date":
        return day(date.fromisoformat(str(value)))
    if name == "rules" and isinstance(value, list):
        return ", ".join(translated(CONTACT_RULES[ContactRule(rule)]) for rule in value)
    if isinstance(value, list):
        return ", ".join(words(item) if name == "formats" else item for item in value)
    if name == "nhs_number":
        digits = str(value)
        return f"{digits[:3]} {digits[3:6]} {digits[6:]}"
    return str(value)


def _stop_means(story: Story) -> str:
    """Return what it means for the reader that the person has said stop."""
    if story.seen.as_sender:
        return translated(
            "Talk with them about what should go on, and cancel what should not. Who can still read what"
            " was told stands under \u201cWho was told what\u201d."
        )
    basis = BASES.get(story.seen.newest.lawful_basis or "")
    if basis is not None and basis.stands:
        return translated(
            "You were told on a basis that does not end with consent, so you can read on. Settle with"
            " the sender what should go on."
        )
    return translated("Stop using what you were told, and remove what you copied from it.")


def _can_route(story: Story) -> bool:
    """Tell whether the sender may ask somebody (else) now."""
    closed = {Standing.COMPLETED, Standing.ENTERED_IN_ERROR}
    return (
        story.seen.as_sender
        and not story.seen.newest.is_open
        and not story.seen.newest.is_handed_over
        and story.seen.referral.standing not in closed
    )


_CLAIMS = {
    "held": marked("A place is held."),
    "taken": marked("The place is taken."),
    "released": marked("The place was given back."),
}


def _claim_text(claim: Claim | None) -> str | None:
    if claim is None:
        return None
    if claim.state == "queued":
        return translated("Waiting, number %(position)s.", position=claim.position)
    if claim.state == "refused":
        why = translated(words(claim.code)).lower()
        return translated("No place could be given: %(why)s.", why=why)
    return translated(_CLAIMS[claim.state])
