"""Which ways are open, and what a sender is told where one is not."""

from datetime import date, timedelta
from typing import Any

import pytest

from onward.contracts import referral as told
from onward.errors import ConflictError, InvalidError, Refused
from services.referral.domain.handoff import Intent
from services.referral.domain.moves import Status
from services.referral.domain.pack import Consent
from services.referral.domain.routing import Route, find_route, send
from tests.unit.referral import examples
from tests.unit.referral.examples import AGREEMENT, HOUSE, NOON, OTHERS, POLICY, WARD

TODAY = NOON.date()


def refused(
    error: type[Refused],
    code: str,
    *agreements: Any,
    service: Any = None,
    **request: Any,
) -> Refused:
    """Return the refusal that finding a way ends with."""
    with pytest.raises(error) as refusal:
        find_route(
            examples.request(**request), service or examples.service(), agreements, on=TODAY
        )
    assert refusal.value.code == code
    return refusal.value


def test_a_way_is_open_where_an_agreement_covers_purpose_day_and_sections() -> None:
    narrow = examples.agreement(id=OTHERS, sections=("identity",))
    found = find_route(
        examples.request(), examples.service(), [narrow, examples.agreement()], on=TODAY
    )
    assert found.agreement is not None
    assert found.agreement.id == AGREEMENT


def test_without_any_agreement_the_sender_is_told_with_whom_one_is_missing() -> None:
    backwards = examples.agreement(from_organisation=HOUSE, to_organisation=WARD)
    refusal = refused(ConflictError, "no-agreement", backwards)
    assert refusal.extra["missing"] == {"agreement": [str(HOUSE)]}


def test_an_agreement_that_covers_too_little_names_what_is_missing() -> None:
    refusal = refused(ConflictError, "no-agreement", examples.agreement(sections=("identity",)))
    assert refusal.extra["missing"] == {"sections": ["housing"]}
    assert "housing" in refusal.detail


@pytest.mark.parametrize(
    "lacking",
    [
        {"purposes": ("research",)},
        {"valid_from": TODAY + timedelta(days=1)},
        {"valid_until": TODAY - timedelta(days=1)},
    ],
)
def test_an_agreement_for_another_purpose_or_day_opens_no_way(lacking: dict[str, Any]) -> None:
    refusal = refused(ConflictError, "no-agreement", examples.agreement(**lacking))
    assert refusal.extra["missing"] == {"purposes": ["direct-care"]}


def test_an_agreement_holds_on_its_first_and_last_day() -> None:
    one_day = examples.agreement(valid_from=TODAY, valid_until=TODAY)
    assert [one_day.holds_on(TODAY + timedelta(days=n)) for n in (-1, 0, 1)] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("status", ["planned", "paused", "closed"])
def test_a_service_that_is_not_open_takes_nobody(status: str) -> None:
    refused(
        ConflictError,
        f"service-{status}",
        examples.agreement(),
        service=examples.service(status=status),
    )


def test_a_lawful_basis_is_needed_and_consent_is_one_of_several() -> None:
    agreement = examples.agreement()
    refused(InvalidError, "lawful-basis-missing", agreement, lawful_basis=None)
    refused(InvalidError, "lawful-basis-unknown", agreement, lawful_basis="because")
    unasked = Consent(given=False)
    refused(InvalidError, "consent-missing", agreement, lawful_basis="consent", consent=unasked)
    direct = examples.request(consent=unasked)
    assert find_route(direct, examples.service(), [agreement], on=TODAY).agreement


def test_the_duty_to_refer_ends_at_the_border_and_needs_consent() -> None:
    agreement = examples.agreement()
    duty = {"intent": Intent.DUTY_TO_REFER, "lawful_basis": "legal-duty"}
    wales = examples.service(nation="wales")
    refused(InvalidError, "duty-to-refer-england-only", agreement, service=wales, **duty)
    refused(InvalidError, "consent-missing", agreement, consent=Consent(given=False), **duty)
    assert find_route(examples.request(**duty), examples.service(), [agreement], on=TODAY)


def test_nobody_refers_to_themselves_but_onward_or_for_a_self_referral() -> None:
    refused(InvalidError, "to-yourself", sender=HOUSE)
    onward = examples.request(sender=HOUSE, intent=Intent.ONWARD)
    assert find_route(onward, examples.service(), [], on=TODAY).agreement is None


def test_sending_freezes_the_deadlines_and_tells_names_of_fields_only() -> None:
    route = Route(service=examples.service(), agreement=examples.agreement())
    decision = send(examples.handoff(), route, ("housing.now",), at=NOON)
    requested, disclosed = decision.events
    assert decision.handoff.status is Status.REQUESTED
    assert isinstance(requested, told.HandoffRequested)
    assert requested.acknowledge_by == NOON + timedelta(hours=POLICY.acknowledge_hours)
    assert requested.expires_at == NOON + timedelta(days=POLICY.expire_days)
    assert isinstance(disclosed, told.PackDisclosed)
    assert (disclosed.fields, disclosed.agreement_id) == (("housing.now",), AGREEMENT)
    with pytest.raises(ConflictError, match="illegal-move"):
        send(decision.handoff, route, (), at=NOON)


def test_the_day_of_routing_is_the_day_the_agreement_is_looked_at() -> None:
    ended = examples.agreement(valid_until=date(2026, 11, 1))
    assert find_route(
        examples.request(), examples.service(), [ended], on=date(2026, 11, 1)
    ).agreement
    refused(ConflictError, "no-agreement", ended)
