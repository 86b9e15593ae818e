"""What arrives in inboxes, mailboxes and queues when something happens."""

from uuid import uuid4

import sqlalchemy as sa

from onward import migrate
from onward.codec import encode
from onward.contracts import directory as contracts
from onward.contracts import referral
from onward.database import connect
from onward.inbox import Arrival
from onward.service import RunningService
from services.notification.app import SERVICE
from tests.integration.notification.conftest import Hear, Rows
from tests.integration.notification.story import (
    AUD,
    HOUSE,
    RESPONSE,
    STRANGERS,
    WARD,
    Told,
    accepted,
    organisation,
    requested,
    sides,
    tampering,
)
from tests.support.fixtures import LendDatabase

NOTICES = "SELECT organisation, template FROM notices ORDER BY position"
MAIL = "SELECT organisation, template FROM messages WHERE channel = 'email' ORDER BY created_at"


def test_the_tables_are_those_the_code_declares_and_can_be_taken_away(
    service_database: LendDatabase,
) -> None:
    lent = service_database(SERVICE)
    engine = connect(lent.owner_url, name="test", pool_size=1)
    with engine.connect() as connection:
        assert not migrate.differences(SERVICE, connection)
    migrate.downgrade(SERVICE, lent.owner_url)
    assert not set(sa.inspect(engine).get_table_names()) & set(SERVICE.metadata.tables)
    migrate.upgrade(SERVICE, lent.owner_url)
    engine.dispose()


def test_the_recipient_finds_a_request_in_its_inbox_and_its_mailbox(
    directory: None, hear: Hear, rows: Rows
) -> None:
    hear(requested())
    assert rows(NOTICES) == [(RESPONSE, "handoff-requested")]
    assert rows(MAIL) == [(RESPONSE, "handoff-requested")]


def test_a_batch_of_many_referrals_is_told_in_their_order(
    directory: None, hear: Hear, rows: Rows
) -> None:
    many = [requested() for _ in range(50)]
    hear(*many, *[accepted(each) for each in many])
    assert [
        about for (about,) in rows("SELECT about FROM notices ORDER BY position LIMIT 50")
    ] == [each.referral_id for each in many]
    assert rows("SELECT organisation, count(*) FROM notices GROUP BY 1 ORDER BY 1") == [
        (WARD, 50),
        (RESPONSE, 50),
    ]


def test_the_same_event_delivered_again_tells_nobody_twice(
    directory: None, hear: Hear, rows: Rows, running: RunningService
) -> None:
    (event,) = hear(requested())
    running.inbox.receive([Arrival(encode(event)), Arrival(encode(event))])
    assert len(rows(NOTICES)) == 1
    assert len(rows(MAIL)) == 1


def test_an_organisation_without_a_mailbox_is_told_in_the_application_alone(
    directory: None, hear: Hear, rows: Rows
) -> None:
    hear(requested(recipient=STRANGERS))
    assert rows(NOTICES) == [(STRANGERS, "handoff-requested")]
    assert rows(MAIL) == []


def test_an_organisation_the_directory_has_not_told_of_yet_is_written_to_later(
    hear: Hear, rows: Rows
) -> None:
    hear(requested())
    assert rows(MAIL) == [(RESPONSE, "handoff-requested")]


def test_a_closed_organisation_is_sent_no_mail(directory: None, hear: Hear, rows: Rows) -> None:
    gone = contracts.OrganisationPublished(
        organisation_id=RESPONSE, name="Response", kind="charity", active=False, mailbox="a@b.test"
    )
    hear(gone)
    hear(requested())
    assert rows(MAIL) == []


def test_a_refused_place_is_told_to_whoever_answers_for_the_service(
    directory: None, hear: Hear, rows: Rows
) -> None:
    hear(
        contracts.PlaceRefused(
            handoff_id=uuid4(), referral_id=uuid4(), service_id=HOUSE, code="not-held"
        )
    )
    assert rows(NOTICES) == [(RESPONSE, "place-refused")]


def test_a_refused_place_of_a_service_not_known_yet_is_tried_again(hear: Hear, rows: Rows) -> None:
    hear(
        contracts.PlaceRefused(
            handoff_id=uuid4(), referral_id=uuid4(), service_id=HOUSE, code="not-held"
        )
    )
    assert rows("SELECT status, code FROM parked") == [("retrying", "Retryable")]


def test_an_alarm_reaches_every_auditor_and_the_mailboxes_of_those_seen_at_work(
    directory: None, hear: Hear, rows: Rows, told: Told
) -> None:
    sign_in = contracts.SignedIn(session_id=uuid4(), organisation_id=STRANGERS)
    hear(organisation(STRANGERS, "Strangers", "alarm@strangers.test"), told(sign_in, by=AUD))
    hear(tampering())
    assert rows("SELECT organisation, urgency, roles FROM notices ORDER BY organisation") == [
        (organisation_id, "emergency", ["auditor", "operator"])
        for organisation_id in (WARD, RESPONSE, STRANGERS)
    ]
    assert rows(MAIL) == [(STRANGERS, "tampering-found")]


def test_an_urgency_we_do_not_know_yet_is_told_as_urgent(
    directory: None, hear: Hear, rows: Rows
) -> None:
    hear(requested("volcanic"))
    assert rows("SELECT urgency FROM notices") == [("urgent",)]


def test_nothing_that_says_who_or_what_is_kept(directory: None, hear: Hear, rows: Rows) -> None:
    hear(requested(), referral.HandoffRejected(**sides(), reason="risk", decided_by="service"))
    kept = str(rows("SELECT notices::text FROM notices")) + str(
        rows("SELECT messages::text FROM messages")
    )
    assert str(sides()["service_id"]) in kept
    for secret in ("0000000000ee", "housing", "risk"):
        assert secret not in kept
