"""Read the rules of retention that come with the service from their YAML file."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from services.referral.domain.retention import Rule


@cache
def retention_rules() -> Mapping[str, Rule]:
    """Return every rule by its kind."""
    text = files(__package__).joinpath("retention.yaml").read_text()
    return {
        kind: Rule(
            kind=kind,
            what=told["what"],
            years=told["years"],
            source=told["source"],
            keepers=tuple(told.get("keepers", ())),
        )
        for kind, told in yaml.safe_load(text).items()
    }
