"""A referral is shared, a transfer moves: who keeps a part in the person, and who may take them back."""

import pytest

from onward.errors import ConflictError
from services.referral.domain.handoff import Handoff, Intent, Urgency, allowed_actions
from services.referral.domain.moves import Action, Party, Status
from services.referral.domain.referral import Referral, Standing, require_routable
from tests.unit.referral import examples


def at(status: Status, intent: Intent = Intent.REFERRAL, *, begun: bool = False) -> Handoff:
    started = examples.NOON if begun else None
    return examples.handoff(status, intent=intent, started_at=started)


@pytest.mark.parametrize(
    ("status", "intent", "begun", "who"),
    [
        (Status.REQUESTED, Intent.TRANSFER, False, {"sender"}),
        (Status.ACCEPTED, Intent.REFERRAL, False, {"sender", "recipient"}),
        (Status.ACCEPTED, Intent.TRANSFER, False, {"sender", "recipient"}),
        (Status.IN_PROGRESS, Intent.REFERRAL, True, {"sender", "recipient"}),
        (Status.IN_PROGRESS, Intent.TRANSFER, True, {"recipient"}),
        (Status.COMPLETED, Intent.REFERRAL, True, {"sender"}),
        (Status.COMPLETED, Intent.TRANSFER, True, {"recipient"}),
        (Status.FAILED, Intent.TRANSFER, True, {"recipient"}),
        (Status.REJECTED, Intent.TRANSFER, False, {"sender"}),
        (Status.ENTERED_IN_ERROR, Intent.TRANSFER, True, {"sender"}),
    ],
)
def test_both_keep_a_part_of_a_referral_and_the_recipient_alone_of_a_transfer_that_began(
    status: Status, intent: Intent, *, begun: bool, who: set[str]
) -> None:
    handoff = at(status, intent, begun=begun)
    assert set(handoff.keepers) == {getattr(handoff, side) for side in who}


@pytest.mark.parametrize("intent", list(Intent))
def test_whoever_transferred_somebody_does_not_take_them_back(intent: Intent) -> None:
    handoff = at(Status.IN_PROGRESS, intent, begun=True)
    may_cancel = Action.CANCEL in allowed_actions(handoff, Party.SENDER)
    assert may_cancel is (intent is not Intent.TRANSFER)
    assert Action.CANCEL in allowed_actions(handoff, Party.RECIPIENT)


def test_nor_sends_them_elsewhere() -> None:
    referral = Referral(
        id=examples.REFERRAL,
        sender=examples.WARD,
        person_id=examples.MESSAGE,
        standing=Standing.ACTIVE,
        intent=Intent.TRANSFER,
        urgency=Urgency.ROUTINE,
        purpose="direct-care",
        lawful_basis="direct-care",
        created_at=examples.NOON,
        created_by="worker:kim",
    )
    with pytest.raises(ConflictError) as refused:
        require_routable(referral, at(Status.FAILED, Intent.TRANSFER, begun=True))
    assert refused.value.code == "handed-over"
    require_routable(referral, at(Status.FAILED, Intent.REFERRAL, begun=True))
