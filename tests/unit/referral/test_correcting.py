"""What a correction changes in a pack: never more than its recipient may be told."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.referral.domain.correcting import SAFE, corrected, differing

FIELDS = ("rules", "note", "phone", "email")
PERSON = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(["old", "new"]))
NAMES = st.frozensets(st.sampled_from([f"contact.{name}" for name in FIELDS]))


def contact(pack: dict[str, str], record: dict[str, str], **how: Any) -> dict[str, Any]:
    return corrected({"contact": pack}, {"contact": record}, **how)["contact"]


@given(pack=PERSON, record=PERSON, may=NAMES)
def test_a_recipient_is_told_what_it_was_told_before_or_may_be_told_today_and_how_not_to_get_in_touch(
    pack: dict[str, str], record: dict[str, str], may: frozenset[str]
) -> None:
    told = {f"contact.{name}" for name in pack}
    after = contact(pack, record, told=told, may=may, is_open=True)
    reached = told | may | (SAFE if told else set())
    assert after == {name: value for name, value in record.items() if f"contact.{name}" in reached}


@given(pack=PERSON, record=PERSON, may=NAMES)
def test_whoever_has_ended_is_told_of_no_new_number_but_of_every_new_danger(
    pack: dict[str, str], record: dict[str, str], may: frozenset[str]
) -> None:
    told = {f"contact.{name}" for name in pack}
    after = contact(pack, record, told=told, may=may, is_open=False)
    changed = set(differing({"contact": pack}, {"contact": after}))
    assert changed <= SAFE
    if told:
        assert after.get("rules") == record.get("rules")


def test_what_the_sender_wrote_itself_is_no_part_of_it() -> None:
    pack = {"housing": {"summary": "Evicted."}, "identity": {"given_name": "Sam"}}
    record = {"identity": {"given_name": "Samuel"}}
    after = corrected(pack, record, told={"identity.given_name"}, may=(), is_open=True)
    assert after == {"identity": {"given_name": "Samuel"}, "contact": {}}
    assert differing(pack, after) == ("identity.given_name",)
