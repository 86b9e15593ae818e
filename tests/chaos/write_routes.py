"""One good request for each route that changes something, in a town where each would be taken."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.chaos import audit_routes, directory_routes, notification_routes, referral_routes
from tests.chaos.filled_town import Town
from tests.chaos.good import Good, Route
from tests.chaos.together import Together

WRITES = ("post", "put", "patch", "delete")


def routes(here: Together) -> Iterator[tuple[Route, dict[str, Any]]]:
    """Yield every route that changes something, as the services' own documents list them."""
    for name, app in here.apps.items():
        document: Any = app.test_client().get(f"/api/v1/{name}/openapi.json").json
        for path, methods in document["paths"].items():
            for method in WRITES:
                if method in methods:
                    yield (name, method.upper(), path), methods[method]


ROWS: dict[Route, Callable[[Town], Good]] = {
    **directory_routes.ROWS,
    **referral_routes.ROWS,
    **notification_routes.ROWS,
    **audit_routes.ROWS,
}
