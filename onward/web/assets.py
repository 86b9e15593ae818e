"""Our stylesheet and script, served so that a browser fetches each version once."""

import hashlib
import mimetypes
from functools import cache
from importlib.resources import files
from typing import Final

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from onward.web.access import impersonal

_FOLDER: Final = files("onward.web") / "static"
assets = Blueprint("assets", __name__)


def asset_url(name: str) -> str:
    """Return the address of the asset *name*, which changes whenever its content does."""
    digest, _ = _read(name)
    return f"/static/{digest}/{name}"


@assets.get("/static/<digest>/<name>")
@impersonal
def asset(digest: str, name: str) -> Response:
    """Send an asset: for ever under its own digest, for a minute under an old one."""
    if name not in _names():
        raise NotFound
    current, content = _read(name)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = Response(content, content_type=f"{kind}; charset=utf-8" if "text" in kind else kind)
    fresh = "public, max-age=31536000, immutable"
    response.headers["Cache-Control"] = fresh if digest == current else "public, max-age=60"
    return response


@cache
def _names() -> frozenset[str]:
    return frozenset(entry.name for entry in _FOLDER.iterdir() if entry.is_file())


@cache
def _read(name: str) -> tuple[str, bytes]:
    content = (_FOLDER / name).read_bytes()
    return hashlib.sha256(content).hexdigest()[:12], content
