"""One of a thing is not said as many are."""

from onward.plurals import counted, noun


def test_only_one_is_said_without_an_s() -> None:
    said = [counted(count, "message") for count in (0, 1, 2, 1000)]
    assert said == ["0 messages", "1 message", "2 messages", "1,000 messages"]


def test_what_has_a_plural_of_its_own_says_it() -> None:
    assert counted(1, "leaf", "leaves") == "1 leaf"
    assert counted(3, "leaf", "leaves") == "3 leaves"


def test_where_the_number_stands_by_itself_the_word_still_follows_it() -> None:
    assert [noun(count, "pause") for count in (0, 1, 2)] == ["pauses", "pause", "pauses"]
    assert noun(1, "step is", "steps are") == "step is"
