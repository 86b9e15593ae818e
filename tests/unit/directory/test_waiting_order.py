"""The order of waiting, and how it is explained."""

from services.directory.domain import ledger as rules
from services.directory.domain.claims import Urgency
from services.directory.domain.seats import Ledger
from services.directory.domain.waiting import Standing, standings
from tests.unit.directory.ledgers import NOW, asked, house, wish


def waiting(*wishes: rules.Wish) -> list[Standing]:
    """Return how *wishes* stand while the house is full."""
    ledger: Ledger = house(beds=0)
    for one in wishes:
        ledger = rules.request(ledger, one, at=NOW).ledger
    return standings(ledger.queue)


def test_urgency_goes_before_waiting_time_and_waiting_time_before_the_id() -> None:
    queue = waiting(
        wish(1, Urgency.ROUTINE, minutes_ago=90),
        wish(5, Urgency.URGENT, minutes_ago=10),
        wish(4, Urgency.URGENT, minutes_ago=10),
        wish(3, Urgency.URGENT, minutes_ago=20),
        wish(2, Urgency.EMERGENCY, minutes_ago=1),
    )

    order = [standing.claim.handoff_id for standing in queue]
    assert order == [asked(number).handoff_id for number in (2, 3, 4, 5, 1)]
    assert [standing.position for standing in queue] == [1, 2, 3, 4, 5]


def test_the_first_in_line_is_told_that_nobody_is_before_them() -> None:
    (first,) = waiting(wish(1, Urgency.URGENT))

    assert [reason.sentence for reason in first.reasons] == [
        "Nobody who waits is in a more urgent band than urgent.",
        "Nobody as urgent has waited longer.",
    ]


def test_each_rule_says_how_many_it_puts_first() -> None:
    *_, last = waiting(
        wish(1, Urgency.EMERGENCY, minutes_ago=5),
        wish(2, Urgency.URGENT, minutes_ago=5),
        wish(3, Urgency.ROUTINE, minutes_ago=30),
        wish(4, Urgency.ROUTINE, minutes_ago=20),
        wish(5, Urgency.ROUTINE, minutes_ago=20),
    )

    told = [(reason.code, reason.ahead, reason.sentence) for reason in last.reasons]
    assert told == [
        ("urgency", 2, "2 people in more urgent bands than routine go first."),
        ("waiting-time", 1, "1 person as urgent has waited longer."),
        (
            "tie",
            1,
            "1 person goes first who began to wait at the same moment: the handoff's id decides.",
        ),
    ]
    assert sum(reason.ahead for reason in last.reasons) == last.position - 1


def test_after_a_lapsed_offer_the_reason_says_from_when_waiting_counts() -> None:
    ledger = rules.request(house(), wish(1, minutes_ago=60), at=NOW).ledger
    ledger = rules.request(ledger, wish(2, minutes_ago=5), at=NOW).ledger
    ledger = rules.lapse(ledger, asked(1), offer_hours=24, at=NOW).ledger

    (standing,) = standings(ledger.queue)

    assert standing.claim.handoff_id == asked(1).handoff_id
    assert "An earlier offer lapsed" in standing.reasons[1].sentence
