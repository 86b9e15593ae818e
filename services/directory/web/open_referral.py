"""The public listing: Open Referral UK 3.0, for anybody and any web page, without a key."""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from math import ceil
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson
from flask import Response, request
from flask.views import MethodView
from werkzeug.exceptions import PreconditionFailed

from onward.errors import InvalidError, NotFoundError, TooManyRequestsError
from onward.web import Blueprint, current_running, public, transactional
from onward.web.context import current_web
from services.directory.domain.open_referral import (
    TAXONOMIES,
    TERMS,
    in_brief,
    write_service,
    write_service_at_location,
)
from services.directory.handlers.listing import named_by
from services.directory.storage.open_referral import Asked, Hours, Near, Portion
from services.directory.web.callers import address
from services.directory.web.open_referral_schemas import (
    AboutSchema,
    EntrySchema,
    ListingQuery,
    ListingSchema,
    PageOfQuery,
)
from services.directory.web.reach import this_uow

PREFIX: Final = "/open-referral/v3"
PROFILE: Final = "https://docs.openreferraluk.org/en/3.0/"
FRESH: Final = 300
"""Seconds for which an answer may be used without asking again."""
T = TypeVar("T")

open_referral = Blueprint(
    "open_referral",
    __name__,
    url_prefix=PREFIX,
    description="What the directory lists for everybody (Open Referral UK 3.0).",
)


@open_referral.before_request  # type: ignore[untyped-decorator]
def check_allowance() -> None:
    """Refuse an address that asks too often: nobody has to say who they are here."""
    wait = current_web().allowance.take(f"public {address()}")
    if wait:
        raise TooManyRequestsError(
            "too-many-requests",
            "Your address has asked too often: wait as long as Retry-After says.",
            retry_after=max(1, round(wait + 0.5)),
        )


@open_referral.after_request  # type: ignore[untyped-decorator]
def open_up(response: Response) -> Response:
    """Let the scripts of any web page read the answer."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@open_referral.route("/")
class About(MethodView):
    """What this is."""

    @public
    @open_referral.response(200, AboutSchema)
    def get(self) -> Response:
        """Say which version and profile this is."""
        document = f"{current_running().settings.public_url}/api/v1/directory/openapi.json"
        return _answer({"version": "3.0", "profile": PROFILE, "openapi_url": document})


@open_referral.route("/services")
class Services(MethodView):
    """Services that the public may see."""

    @public
    @transactional
    @open_referral.arguments(ListingQuery, location="query")
    @open_referral.response(200, ListingSchema)
    def get(self, query: Mapping[str, Any]) -> Response:
        """List services by name, in brief."""
        store = this_uow().store
        found = store.public.services(_asked(query), _portion(query))
        entries = store.services.many(found.changed_at)
        named = named_by(store, list(entries.values()), found.changed_at)
        contents = [
            in_brief(write_service(entries[id_], named(entries[id_]))) for id_ in found.changed_at
        ]
        return _page(query, contents, found.total)


@open_referral.route("/services/<uuid:service_id>")
class OneService(MethodView):
    """One service."""

    @public
    @transactional
    @open_referral.response(200, EntrySchema)
    @open_referral.alt_response(404, description="The public sees no such service.")
    def get(self, service_id: UUID) -> Response:
        """Read a service with everything that belongs to it."""
        store = this_uow().store
        changed_at = store.public.service(service_id)
        if changed_at is None:
            raise NotFoundError("service")
        found = store.services.get(service_id)
        named = named_by(store, [found], {service_id: changed_at})
        return _answer(write_service(found, named(found)))


@open_referral.route("/service_at_locations")
class ServicesAtLocations(MethodView):
    """Places where services are."""

    @public
    @transactional
    @open_referral.arguments(ListingQuery, location="query")
    @open_referral.response(200, ListingSchema)
    def get(self, query: Mapping[str, Any]) -> Response:
        """List places of services by the service's name, in brief."""
        store = this_uow().store
        places, total = store.public.places(_asked(query), _portion(query))
        changed_at = {place.service_id: place.changed_at for place in places}
        entries = store.services.many(changed_at)
        named = named_by(store, list(entries.values()), changed_at)
        contents = []
        for place in places:
            service = entries[place.service_id]
            site = service.sites[place.number - 1]
            whole = write_service_at_location(service, site, named(service))
            contents.append(in_brief(whole))
        return _page(query, contents, total)


@open_referral.route("/service_at_locations/<uuid:service_at_location_id>")
class OneServiceAtLocation(MethodView):
    """One place where a service is."""

    @public
    @transactional
    @open_referral.response(200, EntrySchema)
    @open_referral.alt_response(404, description="The public sees no such place.")
    def get(self, service_at_location_id: UUID) -> Response:
        """Read a place of a service, with both whole."""
        store = this_uow().store
        place = store.public.place(service_at_location_id)
        if place is None:
            raise NotFoundError("place of a service")
        service = store.services.get(place.service_id)
        site = service.sites[place.number - 1]
        named = named_by(store, [service], {service.id: place.changed_at})
        return _answer(write_service_at_location(service, site, named(service)))


@open_referral.route("/taxonomies")
class Taxonomies(MethodView):
    """Code lists."""

    @public
    @open_referral.arguments(PageOfQuery, location="query")
    @open_referral.response(200, ListingSchema)
    def get(self, query: Mapping[str, Any]) -> Response:
        """List the code lists."""
        return _page_of(query, TAXONOMIES.values(), lambda one: one.document())


@open_referral.route("/taxonomies/<uuid:taxonomy_id>")
class OneTaxonomy(MethodView):
    """One code list."""

    @public
    @open_referral.response(200, EntrySchema)
    @open_referral.alt_response(404, description="There is none.")
    def get(self, taxonomy_id: UUID) -> Response:
        """Read a code list with its terms."""
        found = TAXONOMIES.get(taxonomy_id)
        if found is None:
            raise NotFoundError("taxonomy")
        terms = [term.document() for term in TERMS.values() if term.taxonomy is found]
        return _answer({**found.document(), "taxonomy_terms": terms})


@open_referral.route("/taxonomy_terms")
class TaxonomyTerms(MethodView):
    """Codes."""

    @public
    @open_referral.arguments(PageOfQuery, location="query")
    @open_referral.response(200, ListingSchema)
    def get(self, query: Mapping[str, Any]) -> Response:
        """List the codes of all code lists."""
        return _page_of(query, TERMS.values(), lambda one: one.document())


@open_referral.route("/taxonomy_terms/<uuid:term_id>")
class OneTaxonomyTerm(MethodView):
    """One code."""

    @public
    @open_referral.response(200, EntrySchema)
    @open_referral.alt_response(404, description="There is none.")
    def get(self, term_id: UUID) -> Response:
        """Read a code."""
        found = TERMS.get(term_id)
        if found is None:
            raise NotFoundError("taxonomy term")
        return _answer(found.document())


def _asked(query: Mapping[str, Any]) -> Asked:
    postcode: str | None = query.get("postcode")
    term, taxonomy = query.get("taxonomy_term_id"), query.get("taxonomy_id")
    hours = Hours(day=query.get("day"), starts=query.get("start_time"), ends=query.get("end_time"))
    return Asked(
        words=tuple(query.get("search", "").split()),
        term=TERMS.get(term) if term else None,
        taxonomy=TAXONOMIES.get(taxonomy) if taxonomy else None,
        nothing=term not in {None, *TERMS} or taxonomy not in {None, *TAXONOMIES},
        minimum_age=query.get("minimum_age"),
        maximum_age=query.get("maximum_age"),
        hours=hours if hours != Hours() else None,
        outcode=postcode.partition(" ")[0] if postcode else None,
        near=_near(postcode, query.get("proximity")),
    )


def _near(postcode: str | None, metres: int | None) -> Near | None:
    if postcode is None or metres is None:
        return None
    point = this_uow().store.public.position(postcode)
    if point is None:
        raise InvalidError(
            "postcode-unplaced",
            "The directory does not know where that postcode is: use one of a listed place, or leave"
            " proximity out.",
        )
    return Near(point=point, metres=metres)


def _portion(query: Mapping[str, Any]) -> Portion:
    return Portion(offset=(query["page"] - 1) * query["per_page"], limit=query["per_page"])


def _page_of(
    query: Mapping[str, Any], everything: Iterable[T], write: Callable[[T], dict[str, Any]]
) -> Response:
    part, rows = _portion(query), list(everything)
    shown = rows[part.offset : part.offset + part.limit]
    return _page(query, [write(one) for one in shown], len(rows))


def _page(query: Mapping[str, Any], contents: list[dict[str, Any]], total: int) -> Response:
    pages = ceil(total / query["per_page"])
    number = query["page"]
    return _answer(
        {
            "total_items": total,
            "total_pages": pages,
            "page_number": number,
            "size": len(contents),
            "first_page": number == 1,
            "last_page": number >= pages,
            "empty": not contents,
            "contents": contents,
        }
    )


def _answer(document: Mapping[str, Any]) -> Response:
    """Return *document* with what lets it be kept; only that nothing has changed where that is so.

    Raises `PreconditionFailed` where the asker wants a version that it is not.
    """
    response = Response(orjson.dumps(document), content_type="application/json")
    response.headers["Cache-Control"] = f"public, max-age={FRESH}"
    response.add_etag()
    response.make_conditional(request)
    if response.status_code == HTTPStatus.PRECONDITION_FAILED:
        raise PreconditionFailed  # else the document goes out whole under that status
    return response
