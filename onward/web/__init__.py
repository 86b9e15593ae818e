"""The web kit: one application factory, and what every service's routes and pages are made of."""

from onward.web.access import allow, public
from onward.web.app import create_app
from onward.web.blueprints import Blueprint
from onward.web.bodies import accepts
from onward.web.callers import change_session, sign_in, sign_out
from onward.web.context import (
    TEAM,
    Caller,
    current_actor,
    current_caller,
    current_correlation_id,
    current_running,
    current_uow,
)
from onward.web.pages import safe_next
from onward.web.paging import Page, PageQuery
from onward.web.transactions import transactional
from onward.web.versions import etag, require_version, revalidated

__all__ = [
    "TEAM",
    "Blueprint",
    "Caller",
    "Page",
    "PageQuery",
    "accepts",
    "allow",
    "change_session",
    "create_app",
    "current_actor",
    "current_caller",
    "current_correlation_id",
    "current_running",
    "current_uow",
    "etag",
    "public",
    "require_version",
    "revalidated",
    "safe_next",
    "sign_in",
    "sign_out",
    "transactional",
]
