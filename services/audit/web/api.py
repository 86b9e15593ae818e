"""The audit service's API, put together from what each of its modules answers."""

from services.audit.web import cases_api, exports_api, log_api, proofs_api, reports_api
from services.audit.web.blueprint import blp

PARTS = (log_api, reports_api, proofs_api, exports_api, cases_api)
"""Importing them hangs their routes on the blueprint; documented in this order."""
__all__ = ["PARTS", "blp"]
