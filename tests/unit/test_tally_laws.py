"""The truth lies in the range: people are made up, pledges reach some of them, and the tally is told only numbers."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covenant.tally import BREAKDOWNS, Counted, Path, Range, once, people_of, tally
from db.pledges import Area, Attribute, Campaign

# Two of everything: countries, provinces in each, places in each; three people live in each place.
PLACES = [path[: length + 1] for path in itertools.product("AB", "12", "34") for length in range(-1, 3)]
NODES: list[Path] = sorted(set(PLACES), key=lambda path: (len(path), path))
PEOPLE = [(*path, number) for path in NODES if len(path) == 3 for number in range(3)]
HAZARDS = ["hot: heatwave", "hot: hot days", "flood: river", "flood: coast"]


@dataclass(frozen=True)
class Made:
    """A pledge, and who is really reached."""

    row: Counted
    reached: frozenset[Path]


@st.composite
def pledges(draw: st.DrawFn) -> list[Made]:
    """Pledges for places of every size, whose people overlap as they like."""
    return [_made(draw, f"P{number}") for number in range(draw(st.integers(0, 9)))]


def _made(draw: st.DrawFn, reference: str) -> Made:
    path = draw(st.sampled_from(NODES))
    living = [person for person in PEOPLE if person[: len(path)] == path]
    reached = draw(st.just(frozenset(living)) | st.frozensets(st.sampled_from(living)))  # all of them: much overlap
    low, high = (draw(st.integers(0, 2)) for _ in range(2))
    row = Counted(
        reference=reference,
        verified=draw(st.booleans()),
        campaign=draw(st.sampled_from(Campaign)),
        country=str(path[0]) if path else None,
        path=path,
        hazards=draw(st.frozensets(st.sampled_from(HAZARDS))),
        area=draw(st.none() | st.sampled_from(Area)),
        attributes=draw(st.frozensets(st.sampled_from(Attribute))),
        people=Range(max(0, len(reached) - low), len(reached) + high),
    )
    return Made(row, reached)


def truth(made: Sequence[Made]) -> int:
    return len(frozenset().union(*(one.reached for one in made)))


def rows(made: Sequence[Made]) -> list[Counted]:
    return [one.row for one in made]


@given(pledges())
def test_the_truth_lies_in_the_range(made: list[Made]) -> None:
    found = people_of(rows(made))
    assert found.low <= truth(made) <= found.high


@given(pledges())
def test_the_truth_lies_in_every_range_of_every_breakdown(made: list[Made]) -> None:
    found = tally(rows(made))
    for verified, part in ((True, found.verified), (False, found.unverified)):
        of_part = [one for one in made if one.row.verified == verified]
        assert part.whole.pledges == len(of_part)
        for name, values in part.by.items():
            assert set(values) == {str(value) for one in of_part for value in BREAKDOWNS[name](one.row)}
            for value, count in values.items():
                having = [one for one in of_part if value in BREAKDOWNS[name](one.row)]
                assert count.pledges == len(having)
                assert count.people.low <= truth(having) <= count.people.high


@given(pledges(), st.randoms())
def test_the_order_does_not_matter(made: list[Made], random: Random) -> None:
    mixed = rows(made)
    random.shuffle(mixed)
    assert tally(mixed) == tally(rows(made))


@given(pledges(), pledges())
def test_one_that_comes_only_widens_and_leaving_restores(made: list[Made], more: list[Made]) -> None:
    before = rows(made)
    added = [replace(one.row, reference=f"Q{one.row.reference}") for one in more]
    with_them = people_of([*before, *added])
    assert with_them.low >= people_of(before).low
    assert with_them.high >= people_of(before).high
    left = {row.reference for row in added}
    assert tally([row for row in [*added, *before] if row.reference not in left]) == tally(before)


@given(pledges())
def test_verified_and_unverified_never_mix(made: list[Made]) -> None:
    given_rows = rows(made)
    alone = tally([row for row in given_rows if row.verified])
    assert alone.verified == tally(given_rows).verified
    assert alone.unverified == tally([]).unverified
    turned = tally([replace(row, verified=not row.verified) for row in given_rows])
    assert (turned.unverified, turned.verified) == (tally(given_rows).verified, tally(given_rows).unverified)


@given(pledges())
def test_a_pledge_given_twice_is_counted_once(made: list[Made]) -> None:
    assert tally(rows(made) * 2) == tally(rows(made))
    assert people_of(rows(made) * 2) == people_of(rows(made))


def row(reference: str, path: Path, low: int, high: int | None = None) -> Counted:
    return Counted(reference, True, Campaign.RESILIENCE, "ID", path, people=Range(low, high or low))


def test_two_pledges_of_one_reference_are_refused() -> None:
    with pytest.raises(ValueError, match="P1"):
        once([row("P1", (), 5), row("P1", (), 6)])


def test_the_example_of_the_documentation() -> None:
    lines = [
        row("P1", ("ID", 1, 2), 500, 800),
        row("P2", ("ID", 1, 2), 300),
        row("P3", ("ID", 1, 3), 200),
        row("P4", ("ID", 1), 600),
    ]
    found = [people_of(lines[:number]) for number in (2, 3, 4)]
    assert found == [Range(500, 1100), Range(700, 1300), Range(700, 1900)]


def test_without_a_number_it_is_a_pledge_but_nobody_more() -> None:
    found = tally([replace(row("P1", ("ID",), 5), people=None)]).verified.whole
    assert (found.pledges, found.people) == (1, Range(0, 0))
