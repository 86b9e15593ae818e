"""The one way into the referral service's database: a store per concern, all on one connection."""

from functools import cached_property
from uuid import UUID

import sqlalchemy as sa

from onward.scope import act_as_platform
from services.referral.domain.handoff import Handoff
from services.referral.domain.referral import standing_after
from services.referral.storage.advice import Questions
from services.referral.storage.attachments import Attachments
from services.referral.storage.conversation import Appointments, Conversation
from services.referral.storage.copies import Copies
from services.referral.storage.deadlines import Deadlines
from services.referral.storage.emergency import Openings
from services.referral.storage.goals import Goals
from services.referral.storage.handoffs import Handoffs
from services.referral.storage.lists import Lists
from services.referral.storage.news import News
from services.referral.storage.outcomes import Outcomes
from services.referral.storage.own_pages import OwnPages
from services.referral.storage.packs import Packs
from services.referral.storage.people import People
from services.referral.storage.placements import Placements
from services.referral.storage.referrals import Referrals
from services.referral.storage.retention import Retention
from services.referral.storage.statements import Statements
from services.referral.storage.steps import Steps
from services.referral.storage.unfinished import Unfinished
from services.referral.storage.worklists import Worklists
from services.referral.storage.wrapping import Wrapping


class Store:
    """What a transaction of the referral service can read and write."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*, as the platform until somebody is acted for."""
        self.connection = connection
        self.team: UUID | None = None
        """In whose team an embedded worker acts in this transaction, once that is allowed."""
        act_as_platform(connection)

    @cached_property
    def people(self) -> People:
        """Who referrals are about."""
        return People(self.connection)

    @cached_property
    def referrals(self) -> Referrals:
        """What senders recorded."""
        return Referrals(self.connection)

    @cached_property
    def handoffs(self) -> Handoffs:
        """What was asked of whom."""
        return Handoffs(self.connection)

    @cached_property
    def packs(self) -> Packs:
        """What recipients may read, and were told."""
        return Packs(self.connection)

    @cached_property
    def steps(self) -> Steps:
        """Every move."""
        return Steps(self.connection)

    @cached_property
    def statements(self) -> Statements:
        """What the audit log was told to hold itself against."""
        return Statements(self.connection)

    @cached_property
    def retention(self) -> Retention:
        """What is due to be disposed of, and what is held."""
        return Retention(self.connection)

    @cached_property
    def deadlines(self) -> Deadlines:
        """What is due when."""
        return Deadlines(self.connection)

    @cached_property
    def openings(self) -> Openings:
        """Who broke the glass."""
        return Openings(self.connection)

    @cached_property
    def own_pages(self) -> OwnPages:
        """Pages for the people referrals are about."""
        return OwnPages(self.connection)

    @cached_property
    def news(self) -> News:
        """Who of them wants to be told that there is news."""
        return News(self.connection)

    @cached_property
    def unfinished(self) -> Unfinished:
        """Forms that somebody has begun."""
        return Unfinished(self.connection)

    @cached_property
    def lists(self) -> Lists:
        """Lists of people on their way."""
        return Lists(self.connection)

    @cached_property
    def advice(self) -> Questions:
        """What is asked without a referral."""
        return Questions(self.connection)

    @cached_property
    def wrapping(self) -> Wrapping:
        """Which of the platform's keys wraps whose."""
        return Wrapping(self.connection)

    @cached_property
    def copies(self) -> Copies:
        """What the directory told."""
        return Copies(self.connection)

    @cached_property
    def placements(self) -> Placements:
        """In whose teams workers of others sit."""
        return Placements(self.connection)

    @cached_property
    def conversation(self) -> Conversation:
        """What is said about handoffs."""
        return Conversation(self.connection)

    @cached_property
    def attachments(self) -> Attachments:
        """Files of handoffs."""
        return Attachments(self.connection)

    @cached_property
    def appointments(self) -> Appointments:
        """When people meet."""
        return Appointments(self.connection)

    @cached_property
    def outcomes(self) -> Outcomes:
        """How people are before and after."""
        return Outcomes(self.connection)

    @cached_property
    def goals(self) -> Goals:
        """What people want to reach."""
        return Goals(self.connection)

    @cached_property
    def worklists(self) -> Worklists:
        """Lists for people at work."""
        return Worklists(self.connection)

    def moved(self, *changes: tuple[Handoff, Handoff]) -> None:
        """Write what became of handoffs, before and after, whose rows this transaction has locked.

        Their deadlines and the standing of their referrals follow.
        """
        after = [handoff for _, handoff in changes]
        self.handoffs.change(*after)
        self.deadlines.follow(*changes)
        self.referrals.follow(
            *(
                new
                for old, new in changes
                if standing_after(old.status) != standing_after(new.status)
            )
        )
