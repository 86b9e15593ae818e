"""What partners send is read strictly, and what is sealed for us only we can open."""

from contextlib import suppress

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import ECKey

from onward.contracts.intake import taken_by
from onward.errors import InvalidError, MalformedError, Refused
from onward.intake.reading import data_of, document_in, id_in, read
from onward.intake.sealing import ALGORITHM, ENCRYPTION, published_keys, unseal

SECRET = "not-a-secret-only-a-rehearsal-0123456789"
(EVENT,) = (event for event in taken_by("referral") if event.name == "referral-sent.v1")
GOOD = {
    "specversion": "1.0",
    "id": "1",
    "source": "crm",
    "type": "uk.onward.referral-sent.v1",
    "data": {"referral_id": "1"},
}


def seal(secret: str, plain: bytes, **header: str) -> str:
    (published,) = published_keys(secret)["keys"]
    return jwe.encrypt_compact(
        {"alg": ALGORITHM, "enc": ENCRYPTION, **header}, plain, ECKey.import_key(published)
    )


def test_the_published_key_is_public_and_the_same_in_every_process() -> None:
    (key,) = published_keys(SECRET)["keys"]
    assert "d" not in key
    assert published_keys(SECRET) == published_keys(SECRET)
    assert key["kid"] != published_keys(f"another {SECRET}")["keys"][0]["kid"]


def test_what_was_sealed_for_us_is_read() -> None:
    sealed = seal(SECRET, b'{"anything": "may be said"}')
    event = {**GOOD, "datacontenttype": "application/jose", "data": sealed}
    heard = read(event, EVENT.name)
    assert data_of(heard, EVENT, SECRET) == {"anything": "may be said"}


@pytest.mark.parametrize(
    "sealed",
    [
        seal(f"another {SECRET}", b"{}"),
        seal(SECRET, b"{}" * 100_000, zip="DEF"),
        seal(SECRET, b"{}")[:-3],
        "",
        "a.b.c.d.e",
        "\N{SNOWMAN}",
    ],
    ids=["for another", "compressed", "cut", "empty", "letters", "no ASCII"],
)
def test_what_was_not_sealed_for_us_is_refused(sealed: str) -> None:
    with pytest.raises(InvalidError, match="event-sealed"):
        unseal(SECRET, sealed)


def test_a_field_that_may_be_personal_is_refused_in_the_open() -> None:
    hidden = {"person": {"name": "Sam"}, "urgency": "urgent", "sections": {}, "Sam": True}
    heard = read({**GOOD, "data": hidden}, EVENT.name)
    with pytest.raises(InvalidError, match="personal-details-in-the-open") as refused:
        data_of(heard, EVENT, SECRET)
    assert [wrong.pointer for wrong in refused.value.errors] == [
        "/data",
        "/data/person",
        "/data/sections",
    ]
    assert "Sam" not in f"{refused.value.detail} {refused.value.errors}"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"specversion": "0.3"}, "/specversion"),
        ({"id": ""}, "/id"),
        ({"id": 7}, "/id"),
        ({"source": "two words"}, "/source"),
        ({"type": "uk.onward.handoff-moved.v1"}, "/type"),
        ({"datacontenttype": "text/plain"}, "/datacontenttype"),
        ({"datacontenttype": []}, "/datacontenttype"),
        ({"time": "yesterday"}, "/time"),
        ({"time": "2026-11-21T09:30:00"}, "/time"),
        ({"time": 1_700_000_000}, "/time"),
    ],
)
def test_each_mistake_in_an_event_is_pointed_at(changes: dict[str, object], pointer: str) -> None:
    with pytest.raises(MalformedError) as refused:
        read({**GOOD, **changes}, EVENT.name)
    assert [error.pointer for error in refused.value.errors] == [pointer]


@pytest.mark.parametrize("time", ["2026-11-21T09:30:00Z", "2026-11-21T09:30:00.5+01:00", None])
def test_a_moment_may_be_told_as_cloudevents_writes_it(time: str | None) -> None:
    assert read({**GOOD, "time": time}, EVENT.name).id == "1"


def test_an_event_that_is_wrong_elsewhere_is_known_by_its_id() -> None:
    assert id_in(document_in(orjson.dumps({**GOOD, "specversion": "0.3"}))) == "1"
    assert id_in({**GOOD, "id": 7}) is None


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
anything = st.fixed_dictionaries(
    {}, optional={name: json | st.just(good) for name, good in GOOD.items()}
)


@given(st.binary() | anything.map(lambda value: str(value).encode()) | anything.map(orjson.dumps))
def test_whatever_arrives_is_read_or_refused(body: bytes) -> None:
    with suppress(Refused):
        heard = read(document_in(body), EVENT.name)
        assert data_of(heard, EVENT, SECRET).keys() <= set(EVENT.readable)
