"""Whatever is recorded: nothing held is called missing, nothing missing is left out; and the data file can be trusted."""

from collections.abc import Sequence
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from covenant.milestones import schedule
from covenant.reporting import Fact, State, begin_with, framework, heading_of, overview
from locales.sources import all_sources

ITEMS = {item.name: item for heading in framework() for item in heading.items}
MILESTONES = [one.milestone for one in framework() if one.milestone]
DAYS = st.dates(date(2027, 1, 1), date(2033, 1, 1))
FACTS = st.lists(
    st.builds(Fact, st.sampled_from(list(ITEMS)), st.just("x"), st.just("y"), DAYS, st.booleans()), max_size=30
)
WAIVED = st.sets(st.sampled_from(MILESTONES))
DUE = st.dictionaries(st.sampled_from(MILESTONES), DAYS)


@given(FACTS, WAIVED)
def test_nothing_recorded_is_missing_and_nothing_of_it_is_lost(facts: list[Fact], waived: set[str]) -> None:
    rows = [row for section in overview(facts, waived) for row in section.rows]
    assert {row.item.name for row in rows if row.is_missing}.isdisjoint(fact.item for fact in facts)
    assert sorted(map(repr, facts)) == sorted(repr(fact) for row in rows for fact in row.facts)


@given(FACTS, WAIVED)
def test_what_is_asked_is_held_or_missing_or_not_owed(facts: list[Fact], waived: set[str]) -> None:
    for section in overview(facts, waived):
        asked = {row.item.name for row in section.rows if not row.item.is_extra}
        told = {row.item.name for row in (*section.held, *section.missing)}
        assert asked <= told or section.state == State.NOT_NEEDED
        assert (section.state == State.NOT_NEEDED) == (section.heading.milestone in waived)


@given(FACTS)
def test_a_heading_is_held_where_nothing_of_it_is_open(facts: list[Fact]) -> None:
    good = {fact.item for fact in facts if not fact.is_returned}
    for section in overview(facts):
        asked = {row.item.name for row in section.rows if not row.item.is_extra}
        some = any(fact.item in {row.item.name for row in section.rows} for fact in facts)
        expected = State.HELD if asked <= good else State.PARTLY if some else State.MISSING
        assert section.state == expected


@given(FACTS, st.permutations(range(30)))
def test_the_order_of_records_changes_nothing(facts: list[Fact], order: Sequence[int]) -> None:
    mixed = [facts[place] for place in order if place < len(facts)]
    assert [one.state for one in overview(mixed)] == [one.state for one in overview(facts)]


@given(FACTS, WAIVED, DUE)
def test_one_begins_with_something_open_if_there_is_anything(
    facts: list[Fact], waived: set[str], due: dict[str, date]
) -> None:
    sections = overview(facts, waived)
    first = begin_with(sections, due)
    assert (first is None) == all(one.state in {State.HELD, State.NOT_NEEDED} for one in sections)
    if first and first.heading.milestone and first.state == State.MISSING:
        others = [one.heading.milestone for one in sections if one.state == State.MISSING]
        assert due.get(first.heading.milestone, date.max) == min(due.get(one, date.max) for one in others if one)


def test_the_commitment_comes_first_then_what_is_missing_altogether_and_due_earliest() -> None:
    day = date(2028, 1, 1)
    nothing = overview([])
    assert begin_with(nothing, {"milestone_plan": day}).heading.name == "commitment"
    facts = [Fact(f"commitment.{one}", "x", "y", day) for one in ("letter", "mandate", "start")]
    facts.append(Fact("target.document", "x", "y", day))
    due = {"milestone_target": day, "milestone_plan": date(2028, 6, 1), "milestone_inventory": date(2029, 1, 1)}
    assert begin_with(overview(facts), due).heading.name == "plan"
    rest = {key: day for key in MILESTONES if key != "milestone_target"}
    assert begin_with(overview(facts, rest), due).heading.name == "target"


def test_every_milestone_has_a_heading_and_every_text_exists() -> None:
    assert {one.key for one in schedule().milestones} == set(MILESTONES)
    assert heading_of("milestone_nothing") is None
    said = {heading.label for heading in framework()}
    said |= {key for item in ITEMS.values() for key in (item.label, item.asked)}
    assert said <= set(all_sources())
    assert all(item.source.startswith("https://") for item in ITEMS.values())
    assert {item.status for item in ITEMS.values()} == {"confirmed", "recalled"}


def test_what_nobody_confirmed_is_not_certain() -> None:
    """The parts of a target, the energy pillar's start and the progress report are recalled in our sources."""
    recalled = {"target.base", "target.size", "target.year", "energy.document", "progress.document"}
    assert not any(ITEMS[one].is_certain for one in recalled)
    assert ITEMS["inventory.document"].is_certain
