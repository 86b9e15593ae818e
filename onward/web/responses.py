"""Finish an answer: the headers that were decided while it was being made."""

from http import HTTPStatus

from flask import Response, g


def complete(response: Response) -> Response:
    """Add the ETag and the links noted for this request; safe to do twice."""
    if "etag" in g and response.status_code < HTTPStatus.BAD_REQUEST:
        response.headers["ETag"] = g.etag
    if "link" in g:
        response.headers["Link"] = g.link
    if response.status_code == HTTPStatus.NO_CONTENT:
        response.set_data(b"")
        response.headers.pop("Content-Type", None)
    return response
