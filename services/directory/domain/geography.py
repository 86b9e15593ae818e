"""Where somebody lives, against whose people a service is for; and how far two places are apart.

Areas go by the codes of the Office for National Statistics (GSS): the first letters say of which tier one
is, and only areas of one tier exclude one another.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Final

from services.directory.domain.eligibility.facts import Facts
from services.directory.domain.facts import Area, By

EARTH_KM: Final = 6371.0088
"""Mean radius."""
DISTRICTS: Final = frozenset({"E06", "E07", "E08", "E09", "W06"})
"""Unitary authorities, districts and boroughs: everybody lives in exactly one."""
IN_COUNTIES: Final = "E07"
"""Districts that lie in a county; all the others lie in none."""
COUNTIES: Final = frozenset({"E10"})
NATIONS: Final[Mapping[str, str]] = {"E": "E92000001", "W": "W92000004"}
OXFORDSHIRE: Final = "E10000025"
COUNTY_OF: Final[Mapping[str, str]] = dict.fromkeys(
    ("E07000177", "E07000178", "E07000179", "E07000180", "E07000181"), OXFORDSHIRE
)
"""Counties of the districts in the partnerships that Onward began with; others have to be stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place on the earth, in degrees (WGS 84)."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where somebody lives, as far as it is known."""

    codes: frozenset[str] = frozenset()
    """GSS codes of every tier that is known."""
    outcode: str | None = None

    @classmethod
    def of(cls, facts: Facts) -> "Home":
        """Return what *facts* say of it."""
        district, county = facts.get("district"), facts.get("county")
        codes = {code for code in (district, county) if isinstance(code, str)}
        if isinstance(district, str):
            codes |= {COUNTY_OF.get(district, district), NATIONS.get(district[0], district)}
        outcode = facts.get("outcode")
        return cls(codes=frozenset(codes), outcode=outcode if isinstance(outcode, str) else None)

    def lies_in(self, area: Area) -> bool | None:
        """Tell whether it lies in *area*; None where that is not known.

        A district says so for certain; an outcode may lie in an area in part and is taken at its word.
        """
        if area.code is not None:
            if area.code in self.codes:
                return True
            if tier(area.code) in {found for code in self.codes for found in tiers(code)}:
                return False
        if self.outcode is None or not area.outcodes:
            return None
        return self.outcode in area.outcodes


def tier(code: str) -> str:
    """Return what two areas must share to exclude one another."""
    head = code[:3]
    return "district" if head in DISTRICTS else "county" if head in COUNTIES else head[1:]


def tiers(code: str) -> Iterator[str]:
    """Return every tier of which who lives in *code* can have no other area."""
    yield tier(code)
    if code[:3] in DISTRICTS - {IN_COUNTIES}:
        yield "county"


def is_served(areas: Sequence[Area], home: Home) -> bool | None:
    """Tell whether a service of *areas* is for somebody of *home*; None where that is not known.

    Being registered with a practice is not known from where somebody lives, so an area that goes by
    it never says no.
    """
    if not areas:
        return True
    found = [_serves(area, home) for area in areas]
    if True in found:
        return True
    return None if None in found else False


def _serves(area: Area, home: Home) -> bool | None:
    return None if area.by is By.REGISTRATION else home.lies_in(area)


def nearest_km(points: Iterable[Point], place: Point) -> float | None:
    """Return how far the nearest of *points* is from *place*, along the earth; None without any."""
    return min((distance_km(point, place) for point in points), default=None)


def distance_km(one: Point, other: Point) -> float:
    """Return the great-circle distance (haversine), to some metres in a hundred kilometres."""
    lat1, lat2 = radians(one.latitude), radians(other.latitude)
    half_lat = sin((lat2 - lat1) / 2)
    half_long = sin(radians(other.longitude - one.longitude) / 2)
    root = half_lat**2 + cos(lat1) * cos(lat2) * half_long**2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(root)))
