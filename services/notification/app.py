"""Composition root of the notification service."""

from importlib.resources import files
from pathlib import Path

from flask import Flask

from onward.contracts.base import prompt
from onward.languages import FOLDER
from onward.service import RunningService, Service
from onward.web import create_app
from services.notification.handlers import HANDLERS
from services.notification.storage import tables
from services.notification.storage.store import Store
from services.notification.timers import TICKS
from services.notification.web import (
    calendars,
    catching_up,
    integrations,
    notifications,
    pages,
    people,
    settings,
    subscriptions,
    telling,
    webhooks,
)


def make_app(running: RunningService) -> Flask:
    """Return the service's API and pages."""
    return create_app(
        running,
        api=[
            notifications.blp,
            webhooks.blp,
            catching_up.blp,
            subscriptions.blp,
            people.blp,
            people.rules_blp,
        ],
        languages=files("services.notification.web") / FOLDER,
        pages=[
            pages.pages,
            settings.pages,
            calendars.pages,
            integrations.integrations,
            telling.pages,
        ],
    )


def entrypoints() -> type:
    """Return what Nameko runs; imported late, because only a running service needs Nameko."""
    from services.notification.service import NotificationService  # noqa: PLC0415

    return NotificationService


SERVICE = Service(
    name="notification",
    store=Store,
    metadata=tables.metadata,
    migrations=Path(__file__).parent / "storage" / "migrations",
    handlers=HANDLERS,
    create_app=make_app,
    paths=(
        "/api/v1/notifications",
        "/api/v1/webhooks",
        "/api/v1/subscriptions",
        "/notifications",
        "/integrations",
    ),
    entrypoints=entrypoints,
    ticks=TICKS,
    at_once=prompt(),
    told_apart=0.1,  # and nobody waits for receipts
)
