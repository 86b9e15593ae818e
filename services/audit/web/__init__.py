"""What the audit service answers over HTTP: its API under ``/api/v1/audit``, its pages."""

from flask import Flask

from onward import web
from onward.service import RunningService
from services.audit.web.api import blp
from services.audit.web.case_pages import case_pages
from services.audit.web.pages import pages


def create_app(running: RunningService) -> Flask:
    """Return the service's web application."""
    return web.create_app(running, api=[blp], pages=[pages, case_pages])
