"""Answers with a secret that is told once: what is kept for a repeated request has none."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import orjson
from flask import Response, g

from onward.web.idempotency import REPLAYED

P = ParamSpec("P")


def tells_once(field: str) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """Write what the view gave to `tell` into *field* of its answer, after the answer was kept.

    Put it around ``@transactional``: the idempotency table holds no secret then.
    """

    def around(view: Callable[P, Response]) -> Callable[P, Response]:
        @wraps(view)
        def answered(*args: P.args, **kwargs: P.kwargs) -> Response:
            response = view(*args, **kwargs)
            secret = g.pop("told_once", None)
            if secret is not None and REPLAYED not in response.headers:
                body = orjson.loads(response.get_data())
                response.set_data(orjson.dumps({**body, field: secret}))
            return response

        return answered

    return around


def tell(secret: str | None) -> None:
    """Tell *secret* in this answer only."""
    g.told_once = secret
