"""Read the instruments that come with the service from their YAML file."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from services.referral.domain.outcomes import Better, Instrument, Score, Scoring


@cache
def instruments() -> Mapping[str, Instrument]:
    """Return every instrument by its code."""
    text = files(__package__).joinpath("instruments.yaml").read_text()
    return {code: _instrument(code, told) for code, told in yaml.safe_load(text).items()}


def _instrument(code: str, told: Mapping[str, Any]) -> Instrument:
    return Instrument(
        code=code,
        name=told["name"],
        licence=told["licence"],
        items={item: (low, high) for item, (low, high) in told["items"].items()},
        scores=tuple(_score(name, how) for name, how in told["scores"].items()),
    )


def _score(code: str, told: Mapping[str, Any]) -> Score:
    return Score(
        code=code,
        of=tuple(told["of"]),
        by=Scoring(told["by"]),
        better=Better(told["better"]),
        table=told.get("table", {}),
    )
