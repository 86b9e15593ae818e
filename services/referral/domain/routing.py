"""May this be sent there: the service is open, an agreement covers it, a basis is recorded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from onward.contracts import referral as told
from onward.errors import ConflictError, FieldError, InvalidError
from onward.languages import marked
from services.referral.domain import timing
from services.referral.domain.deciding import require_legal
from services.referral.domain.effects import known
from services.referral.domain.handoff import Decision, Handoff, Intent, Urgency
from services.referral.domain.moves import Action, Party, Status
from services.referral.domain.pack import Consent
from services.referral.domain.timing import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service as the directory last published it."""

    id: UUID
    name: str
    status: str
    recipient: UUID
    providers: tuple[UUID, ...]
    capacity_kind: str
    has_ledger: bool
    nation: str
    asks_for: tuple[str, ...]
    policy: Policy
    sessions_per_person: int | None = None
    """How many sessions one person is offered at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A sharing agreement as the directory last published it."""

    id: UUID
    from_organisation: UUID
    to_organisation: UUID
    purposes: tuple[str, ...]
    sections: tuple[str, ...]
    lawful_basis: str
    valid_from: date
    valid_until: date | None
    """Last day it holds."""

    def holds_on(self, day: date) -> bool:
        """Tell whether it is in force on *day*."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """A lawful basis for telling a recipient about a person."""

    text: str
    needs_consent: bool
    stands: bool = False
    """Whether telling goes on when the person says stop (UK GDPR Article 21 leaves these out)."""


BASES: Final[Mapping[str, Basis]] = {
    "direct-care": Basis(
        text=marked("Direct care: UK GDPR Articles 6(1)(e) and 9(2)(h)"), needs_consent=False
    ),
    "consent": Basis(
        text=marked("Consent: UK GDPR Articles 6(1)(a) and 9(2)(a)"), needs_consent=True
    ),
    "legal-duty": Basis(
        text=marked("A legal duty: UK GDPR Articles 6(1)(c) and 9(2)(g)"),
        needs_consent=False,
        stands=True,
    ),
    "safeguarding": Basis(
        text=marked("Safeguarding: UK GDPR Articles 6(1)(e) and 9(2)(g)"),
        needs_consent=False,
        stands=True,
    ),
    "vital-interests": Basis(
        text=marked("Vital interests: UK GDPR Articles 6(1)(d) and 9(2)(c)"),
        needs_consent=False,
        stands=True,
    ),
}
"""Lawful bases by code. Consent is one of several, and is not the default."""
DIRECT_CARE: Final = "direct-care"
TO_ONESELF: Final = frozenset({Intent.SELF_REFERRAL, Intent.ONWARD})
"""Intents under which an organisation may refer to a service of its own."""
_NOT_REFERABLE: Final = {
    "planned": marked("The service has not opened yet: choose another."),
    "paused": marked(
        "The service takes nobody on for the moment: choose another, or try again later."
    ),
    "closed": marked("The service has closed: choose another."),
}
REFUSALS: Final = frozenset(
    {
        "no-agreement",
        "service-planned",
        "service-paused",
        "service-closed",
        "lawful-basis-missing",
        "consent-missing",
        "consent-withdrawn",
        "consent-expired",
        "duty-to-refer-england-only",
        "duty-to-refer-to-council",
        "to-yourself",
    }
)
"""Codes with which routing says no; each such refusal is told to audit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a sender wants to do, as far as routing looks at it."""

    sender: UUID
    intent: Intent
    purpose: str
    lawful_basis: str | None
    consent: Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A way that is open: to whom, and under which agreement."""

    service: Service
    agreement: Agreement | None
    """None where both sides are one organisation."""


def find_route(
    request: Request, service: Service, agreements: Sequence[Agreement], *, on: date
) -> Route:
    """Return the way from the sender to *service* that is open on the day *on*.

    Raises `InvalidError` (``lawful-basis-missing``, ``lawful-basis-unknown``, ``consent-missing``,
    ``consent-withdrawn``, ``consent-expired``, ``duty-to-refer-england-only``, ``to-yourself``) or
    `ConflictError` (``service-planned``, ``service-paused``, ``service-closed``, ``no-agreement``).
    """
    _require_basis(request, on)
    _require_duty_applies(request, service)
    require_active(service)
    if request.sender == service.recipient:
        return _to_oneself(request, service)
    return Route(service=service, agreement=_covering(request, service, agreements, on))


def require_active(service: Service) -> None:
    """Raise `ConflictError` (``service-planned``, ``service-paused``, ``service-closed``) unless open."""
    if service.status != "active":
        code = service.status if service.status in _NOT_REFERABLE else "closed"
        raise ConflictError(f"service-{code}", _NOT_REFERABLE[code])


def send(handoff: Handoff, route: Route, fields: tuple[str, ...], *, at: datetime) -> Decision:
    """Send a draft along *route*, which tells the recipient *fields* (``section.field`` names).

    Its deadlines are frozen now: a later change of the service's policy does not touch them.
    Raises `ConflictError` ``illegal-move`` when it was sent before.
    """
    require_legal(handoff, Action.SEND, Party.SENDER)
    basis = known(handoff.lawful_basis)
    policy = route.service.policy.of(urgent=handoff.urgency is not Urgency.ROUTINE)
    agreement_id = route.agreement.id if route.agreement else None
    sent = replace(
        handoff,
        status=Status.REQUESTED,
        version=handoff.version + 1,
        recipient=route.service.recipient,
        agreement_id=agreement_id,
        policy=policy,
        due=timing.sent(policy, at),
        requested_at=at,
    )
    requested = told.HandoffRequested(
        **sent.told(),
        person_id=sent.person_id,
        intent=sent.intent.value,
        urgency=sent.urgency.value,
        needs=sent.needs,
        lawful_basis=basis,
        agreement_id=agreement_id,
        based_on=sent.based_on,
        acknowledge_by=known(sent.due.acknowledge_by),
        answer_by=known(sent.due.answer_by),
        expires_at=known(sent.due.expires_at),
    )
    disclosed = told.PackDisclosed(
        **sent.told(), fields=fields, lawful_basis=basis, agreement_id=agreement_id
    )
    return Decision(handoff=sent, events=(requested, disclosed))


def _require_basis(request: Request, on: date) -> None:
    basis = BASES.get(request.lawful_basis or "")
    if basis is None:
        code = "lawful-basis-unknown" if request.lawful_basis else "lawful-basis-missing"
        raise _invalid(
            code,
            "Say on which lawful basis the recipient is told.",
            "/lawful_basis/code",
            f"Use one of: {', '.join(BASES)}.",
        )
    if not request.consent.given and (
        basis.needs_consent or request.intent is Intent.DUTY_TO_REFER
    ):
        raise _invalid(
            "consent-missing",
            "This needs the person's consent: ask for it, or choose another lawful basis.",
            "/consent/given",
            "Record that the person has agreed.",
        )
    if not basis.stands:
        _require_standing_consent(request.consent, on)


def _require_standing_consent(consent: Consent, on: date) -> None:
    if consent.withdrawn:
        raise _invalid(
            "consent-withdrawn",
            "The person has said stop: ask them again, and record what they agree to.",
            "/consent/given",
            "Record that the person has agreed again.",
        )
    if consent.until is not None and consent.until < on:
        raise _invalid(
            "consent-expired",
            "The person's consent has run out: ask them again, and record until when it holds.",
            "/consent/valid_until",
            "Record a day that has not passed.",
        )


def _require_duty_applies(request: Request, service: Service) -> None:
    """Refuse a duty to refer outside England: Homelessness Reduction Act 2017, section 10."""
    if request.intent is Intent.DUTY_TO_REFER and service.nation != "england":
        raise _invalid(
            "duty-to-refer-england-only",
            "The duty to refer holds in England only: send it as an ordinary referral.",
            "/intent",
            "Use another intent.",
        )


def _to_oneself(request: Request, service: Service) -> Route:
    if request.intent not in TO_ONESELF:
        raise _invalid(
            "to-yourself",
            "The service is your own organisation's: choose another, or send it as onward.",
            "/service_id",
            "Choose a service of another organisation.",
        )
    return Route(service=service, agreement=None)


def _covering(
    request: Request, service: Service, agreements: Iterable[Agreement], on: date
) -> Agreement:
    between = [
        agreement
        for agreement in agreements
        if agreement.from_organisation == request.sender
        and agreement.to_organisation == service.recipient
    ]
    candidates = [one for one in between if one.holds_on(on) and request.purpose in one.purposes]
    for agreement in candidates:
        if set(service.asks_for) <= set(agreement.sections):
            return agreement
    raise _no_agreement(request, service, between, candidates)


def _no_agreement(
    request: Request,
    service: Service,
    between: Sequence[Agreement],
    candidates: Sequence[Agreement],
) -> ConflictError:
    """Say what the nearest agreement lacks."""
    if candidates:
        gaps = [sorted(set(service.asks_for) - set(one.sections)) for one in candidates]
        sections = min(gaps, key=len)
        detail = f"The sharing agreement does not cover what it asks for: {', '.join(sections)}."
        return ConflictError("no-agreement", detail, missing={"sections": sections})
    if between:
        detail = f"No sharing agreement is in force today for the purpose {request.purpose}."
        return ConflictError("no-agreement", detail, missing={"purposes": [request.purpose]})
    detail = (
        "Your organisation has no sharing agreement with the one that runs this service: "
        "ask your information governance lead for one, or choose another service."
    )
    return ConflictError("no-agreement", detail, missing={"agreement": [str(service.recipient)]})


def _invalid(code: str, detail: str, pointer: str, change: str) -> InvalidError:
    return InvalidError(code, detail, errors=[FieldError(pointer=pointer, detail=change)])
