"""The referral service over HTTP: its API and its pages."""

from importlib.resources import files

from flask import Flask

from onward import bank_holidays, web
from onward.languages import FOLDER
from onward.service import RunningService
from services.referral.web.advice import advice
from services.referral.web.advice_pages import advice_pages
from services.referral.web.attachments import attachment_pages, attachments
from services.referral.web.consents import consent_pages, consents
from services.referral.web.conversation import conversation
from services.referral.web.correcting import correction_pages, corrections
from services.referral.web.deadlines import deadlines
from services.referral.web.emergency import emergencies, emergency_pages
from services.referral.web.finding import finding
from services.referral.web.goals import goal_pages, goals
from services.referral.web.handoffs import handoffs
from services.referral.web.lists import list_pages, lists
from services.referral.web.outcome_pages import outcome_pages
from services.referral.web.outcomes import figures, outcomes
from services.referral.web.own_news import own_news, wishes
from services.referral.web.own_page import own_page
from services.referral.web.pages import pages
from services.referral.web.people import people
from services.referral.web.printing import printing
from services.referral.web.refer import refer
from services.referral.web.referrals import referrals
from services.referral.web.request import this_uow
from services.referral.web.retention import retention, retention_pages
from services.referral.web.talk import talk_pages
from services.referral.web.teams import teams
from services.referral.web.unfinished import unfinished
from services.referral.web.working import working

API = (
    referrals,
    handoffs,
    conversation,
    attachments,
    outcomes,
    goals,
    consents,
    corrections,
    emergencies,
    people,
    retention,
    deadlines,
    figures,
    lists,
    advice,
    wishes,
)
PAGES = (
    pages,
    finding,
    refer,
    list_pages,
    talk_pages,
    attachment_pages,
    working,
    outcome_pages,
    goal_pages,
    consent_pages,
    correction_pages,
    emergency_pages,
    own_page,
    own_news,
    teams,
    unfinished,
    printing,
    retention_pages,
    advice_pages,
)


def create_app(running: RunningService) -> Flask:
    """Return the service's web application."""
    bank_holidays.prepare()
    return web.create_app(
        running, api=API, pages=PAGES, admit=this_uow, languages=files(__package__) / FOLDER
    )
