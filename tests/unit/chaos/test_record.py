"""A campaign's parts add up, and what is played again replaces what was found before."""

from tests.chaos.record import Entry

CHAPTER = "Every service dies"


def played(*seeds: int, commit: str, kills: int, most_seconds: float) -> Entry:
    entry = Entry(CHAPTER, "2026-11-22", commit)
    for seed in seeds:
        entry.add(seed, 10, {"kills": kills, "most_seconds": most_seconds})
    return entry


def test_seeds_that_were_not_played_before_are_added() -> None:
    earlier = played(0, 1, commit="aaa", kills=36, most_seconds=3)
    both = played(2, commit="bbb", kills=35, most_seconds=2).after(earlier)
    assert (both.seeds, both.seconds, both.commit) == ([0, 1, 2], 30, "aaa, bbb")
    assert both.counts == {"kills": 107, "most_seconds": 3}
    assert earlier.counts == {"kills": 72, "most_seconds": 3}


def test_a_seed_played_again_leaves_nothing_of_what_was_found_before() -> None:
    again = played(1, commit="bbb", kills=1, most_seconds=1)
    assert again.after(played(0, 1, commit="aaa", kills=36, most_seconds=3)) is again
