"""The edge proxy sends every path to the service that says it answers it, as the embedded platform does."""

import re
from pathlib import Path

import pytest

from onward.service import installed

PROXY = Path(__file__).parents[2] / "deploy" / "proxy" / "onward.conf"


def routes() -> tuple[list[tuple[str, str]], str]:
    """Return the proxy's rules in order, and where all the rest goes."""
    block = re.search(r"map \$uri \$service \{(.*?)\n\}", PROXY.read_text(), re.DOTALL)
    assert block
    rules = re.findall(r"^\s+(\S+)\s+(\w+);", block[1], re.MULTILINE)
    (default,) = (service for pattern, service in rules if pattern == "default")
    return [rule for rule in rules if rule[0] != "default"], default


def service_for(path: str) -> str:
    """Return where the proxy sends *path*; a plain string must match whole, as nginx does it."""
    rules, default = routes()
    for pattern, service in rules:
        if pattern == path or (pattern[0] == "~" and re.search(pattern[1:], path)):
            return service
    return default


DECLARED = [
    (service.name, path.rstrip("/") or "/")
    for service in installed().values()
    for path in service.paths
]


@pytest.mark.parametrize(("service", "path"), DECLARED)
def test_a_path_goes_to_the_service_that_declares_it(service: str, path: str) -> None:
    assert service_for(path) == service
    if not path.endswith(".json"):
        assert service_for(f"{path.rstrip('/')}/0190cafe") == service


@pytest.mark.parametrize("service", [name for name, _ in DECLARED])
def test_each_service_shows_its_health_and_its_api_at_the_one_origin(service: str) -> None:
    for path in (f"/{service}/readyz", f"/{service}/metrics", f"/api/v1/{service}/openapi.json"):
        assert service_for(path) == service


def test_a_path_that_only_begins_like_another_is_not_taken_for_it() -> None:
    assert service_for("/auditors") == "referral"
    assert service_for("/api/v1/servicesx") == "referral"
