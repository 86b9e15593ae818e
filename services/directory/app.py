"""Put the directory service together."""

from pathlib import Path

from flask import Flask

from onward import bank_holidays
from onward.service import RunningService, Service
from onward.web import create_app
from onward.web.reference import reference
from services.directory.exchange import jobs
from services.directory.handlers import HANDLERS
from services.directory.handlers.tidying import check_users
from services.directory.storage.store import Store
from services.directory.storage.tables import metadata
from services.directory.timers import TICKS
from services.directory.web.agreements import agreements
from services.directory.web.editing.history_pages import looking_back
from services.directory.web.editing.new_pages import listing_new
from services.directory.web.editing.pages import editing
from services.directory.web.eligibility import eligibility, schemas
from services.directory.web.finding import finding
from services.directory.web.headcount_pages import heads
from services.directory.web.imports import importing, imports
from services.directory.web.keys import keys
from services.directory.web.matches import matches
from services.directory.web.measures import measures
from services.directory.web.oauth import oauth
from services.directory.web.open_referral import PREFIX, open_referral
from services.directory.web.opening import opening
from services.directory.web.organisations import organisations
from services.directory.web.pages import pages
from services.directory.web.partners import partners
from services.directory.web.place_pages import placing
from services.directory.web.placement_pages import sitting
from services.directory.web.placements import placements
from services.directory.web.places import places
from services.directory.web.programmes import programmes
from services.directory.web.sandboxes import playing, sandboxes
from services.directory.web.services import services
from services.directory.web.sharing_pages import sharing
from services.directory.web.sign_in import door
from services.directory.web.system_pages import systems
from services.directory.web.use_pages import using
from services.directory.web.workers import workers


def make_app(running: RunningService) -> Flask:
    """Return the web application of *running*."""
    bank_holidays.prepare()
    return create_app(
        running,
        api=[
            organisations,
            programmes,
            services,
            eligibility,
            opening,
            matches,
            agreements,
            places,
            measures,
            workers,
            placements,
            partners,
            sandboxes,
            oauth,
            imports,
            open_referral,
        ],
        pages=[
            door,
            pages,
            finding,
            placing,
            sitting,
            using,
            playing,
            systems,
            heads,
            importing,
            listing_new,
            editing,
            looking_back,
            sharing,
            schemas,
            keys,
            reference,
        ],
    )


def entrypoints() -> type:
    """Return the Nameko class; only a running service imports Nameko."""
    from services.directory.service import DirectoryService  # noqa: PLC0415

    return DirectoryService


SERVICE = Service(
    name="directory",
    store=Store,
    metadata=metadata,
    migrations=Path(__file__).parent / "storage" / "migrations",
    handlers=HANDLERS,
    create_app=make_app,
    paths=(
        "/directory",
        PREFIX,
        "/login",
        "/logout",
        "/docs",
        "/asyncapi.json",
        "/.well-known/jwks.json",
        "/api/v1/directory",
        "/api/v1/organisations",
        "/api/v1/programmes",
        "/api/v1/services",
        "/api/v1/agreements",
        "/api/v1/places",
        "/api/v1/matches",
        "/api/v1/workers",
        "/api/v1/partners",
        "/api/v1/sandboxes",
        "/api/v1/oauth",
        "/api/v1/imports",
    ),
    entrypoints=entrypoints,
    ticks=(*TICKS, *jobs.TICKS),
    checks=(check_users,),
)
