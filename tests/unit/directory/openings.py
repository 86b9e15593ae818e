"""Opening hours to test with: an office's, and strategies for hours of every kind."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st

from services.directory.domain.opening.times import DAYS

LONDON = ZoneInfo("Europe/London")
unhurried = settings(deadline=None, max_examples=60)
OFFICE = {
    "weekly": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "17:00"}],
    "bank_holidays": "closed",
}


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


minutes = st.integers(0, 24 * 12 - 1).map(lambda step: step * 5)


@st.composite
def week(draw: st.DrawFn) -> dict[str, Any]:
    """Draw usual hours: some days, each with one stretch that may go past midnight."""
    hours = []
    for day in draw(st.lists(st.sampled_from(sorted(DAYS)), unique=True, max_size=7)):
        begins = draw(minutes)
        ends = (begins + draw(st.integers(1, 24 * 12 - 1)) * 5) % (24 * 60)
        hours.append({"days": [day], "from": _clock(begins), "to": _clock(ends)})
    return {"weekly": hours, "bank_holidays": "as_usual"}


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def session(draw: st.DrawFn) -> dict[str, Any]:
    rule = draw(
        st.sampled_from(
            [
                "FREQ=DAILY",
                "FREQ=DAILY;INTERVAL=3",
                "FREQ=DAILY;COUNT=200",
                "FREQ=WEEKLY;BYDAY=MO",
                "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SU",
                "FREQ=WEEKLY;BYDAY=MO;UNTIL=20270101",
                "FREQ=MONTHLY;BYDAY=1MO,-1FR",
                "FREQ=MONTHLY;INTERVAL=5;BYDAY=1MO,5FR",
                "FREQ=MONTHLY;BYMONTHDAY=2,-1",
            ]
        )
    )
    return {"rule": rule, "starts": "2026-02-02T18:00", "minutes": draw(st.integers(5, 1440))}
