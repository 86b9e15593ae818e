"""Nobody answers: whom each rung of the ladder tells, from the sending to the last reminder."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from onward.clock import ManualClock
from onward.identity import Actor, Role
from services.directory.domain.organisations import Organisation, OrganisationKind
from services.directory.domain.services import Terms
from services.directory.handlers import entries
from services.notification.timers.mail import send_mail
from services.referral.timers import watch_deadlines
from tests.chaos import town
from tests.chaos.together import Together, together
from tests.support.databases import Databases
from tests.support.smtp import MailServer

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
INBOX = "/api/v1/notifications"
MAILBOXES = {town.WARD: "office@ward.test", town.RESPONSE: "office@response.test"}


def _worker(name: str, organisation: UUID, role: Role) -> Actor:
    return Actor(principal=f"worker:{name}", organisation=organisation, role=role)


STAFF = {
    "worker@ward.test": _worker("ann", town.WARD, Role.CASEWORKER),
    "lead@ward.test": _worker("amy", town.WARD, Role.TEAM_LEAD),
    "worker@response.test": _worker("kim", town.RESPONSE, Role.CASEWORKER),
    "lead@response.test": _worker("lee", town.RESPONSE, Role.TEAM_LEAD),
    "lead@strangers.test": _worker("eve", town.STRANGERS, Role.TEAM_LEAD),
}
"""By the address at which each wants to hear all that their organisation hears."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Both organisations' people at their inboxes and mailboxes, and the clock."""

    here: Together
    mail_server: MailServer

    def told(self) -> dict[str, list[str]]:
        """Return what each has found new in the inbox; whoever found nothing is left out."""
        found = {}
        for address, who in STAFF.items():
            news = self.here.ask("notification", who, "GET", f"{INBOX}?unread=true").json
            if news:
                read = {"ids": [notice["id"] for notice in news]}
                self.here.ask("notification", who, "POST", f"{INBOX}/read", json=read)
                found[address] = [f"{one['urgency']} {one['template']}" for one in news]
        return found

    def mailed(self) -> list[str]:
        """Return the addresses to which e-mails have gone since the last look."""
        send_mail(self.here.running["notification"])
        addresses = sorted(mail.to for mail in self.mail_server.mails)
        self.mail_server.mails.clear()
        return addresses

    def at(self, moment: datetime) -> tuple[dict[str, list[str]], list[str]]:
        """Let it become *moment*; return who was told in the inbox, and where e-mails went."""
        self.here.clock.at = moment
        watch_deadlines(self.here.running["referral"])
        self.here.post.carry()
        return self.told(), self.mailed()


@pytest.fixture
def watch(databases: Databases) -> Iterator[Watch]:
    services = ("directory", "notification", "referral")
    with (
        MailServer() as mail_server,
        together(databases, ManualClock(NOON), *services, smtp_url=mail_server.url) as here,
    ):
        town.publish(here)
        with here.running["directory"].database.transaction(actor=town.OPERATOR) as uow:
            for id_, mailbox in MAILBOXES.items():
                entries.change_organisation(uow, _listed(id_, mailbox))
        with here.running["notification"].database.transaction() as uow:
            uow.store.people.keep((who, True) for who in STAFF.values())
        for address, who in STAFF.items():
            chosen = {"json": {"email": address, "follow": True}, "headers": {"If-Match": '"0"'}}
            kept = here.ask("notification", who, "PUT", f"{INBOX}/preferences", **chosen)
            assert kept.status_code == 200, kept.json
        here.post.carry()
        yield Watch(here, mail_server)


def _listed(id_: UUID, mailbox: str) -> Organisation:
    name, kind = town.NAMES[id_], OrganisationKind.CHARITY
    return Organisation(id=id_, name=name, kind=kind, mailbox=mailbox)


def test_each_rung_tells_more_people_and_the_last_the_team_leads(watch: Watch) -> None:
    here = watch.here
    handoff = town.refer(here)
    seen = town.act(here, town.RECIPIENTS[town.HOUSE.id], handoff, "acknowledge", version=1)
    assert seen.status_code == 200, seen.json
    due = datetime.fromisoformat(seen.json["due"]["answer_by"])
    assert due == NOON + 72 * HOUR
    watch.at(NOON)

    # What the service promises from now on moves nothing that was frozen when this was sent.
    with here.running["directory"].database.transaction(actor=town.OPERATOR) as uow:
        entries.change_service(uow, replace(town.HOUSE, terms=Terms(answer_hours=1)))
    here.post.carry()

    house = {address: ["urgent answer-due"] for address in STAFF if "@response" in address}
    ward = {address: ["urgent answer-due-elsewhere"] for address in STAFF if "@ward" in address}
    leads = {
        "lead@response.test": ["emergency answer-due"],
        "lead@ward.test": ["emergency answer-due-elsewhere"],
    }
    both = [*MAILBOXES.values()]
    for hours, told, mailboxes in (
        (0, house, ["office@response.test"]),
        (24, house | ward, both),
        (72, leads, both),
    ):
        rung = due + hours * HOUR
        assert watch.at(rung - MINUTE) == ({}, []), hours
        assert watch.at(rung) == (told, sorted([*told, *mailboxes])), hours
    assert watch.at(NOON + 14 * 24 * HOUR - MINUTE) == ({}, []), "there is no fourth rung"
