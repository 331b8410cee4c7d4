"""When milestones are due, and that what the data file says of them can be trusted."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covenant.milestones import due_on, followers, schedule

DAYS = st.dates(min_value=date(2017, 1, 1), max_value=date(2060, 12, 31))
DATED = [one for one in schedule().milestones if one.months is not None]
MILESTONES = st.sampled_from(DATED)


@given(DAYS, MILESTONES)
def test_a_milestone_is_due_so_many_months_later_on_the_same_day_or_the_months_last(day: date, milestone) -> None:
    due = due_on(day, milestone)
    assert (due.year * 12 + due.month) - (day.year * 12 + day.month) == milestone.months
    assert due.day == day.day or (due.day < day.day and (due + timedelta(days=1)).day == 1)


@given(DAYS, DAYS, MILESTONES)
def test_who_committed_earlier_is_never_due_later(one: date, other: date, milestone) -> None:
    assert due_on(min(one, other), milestone) <= due_on(max(one, other), milestone)


def test_a_leap_day_becomes_the_last_of_february() -> None:
    assert due_on(date(2028, 2, 29), schedule().rule("milestone_inventory")) == date(2030, 2, 28)
    assert due_on(date(2026, 2, 28), schedule().rule("milestone_inventory")) == date(2028, 2, 28)


def test_only_confirmed_dates_are_certain() -> None:
    months = {one.key: one.months for one in schedule().milestones if one.is_certain}
    assert months == {"milestone_inventory": 24, "milestone_assessment": 24, "milestone_plan": 36}


def test_where_no_date_is_known_none_is_made_up() -> None:
    assert due_on(date(2026, 1, 1), schedule().rule("milestone_energy")) is None


def test_progress_follows_the_plan_and_then_itself() -> None:
    assert [one.key for one in followers("milestone_plan")] == ["milestone_progress"]
    assert [one.key for one in followers("milestone_progress")] == ["milestone_progress"]
    assert followers("milestone_inventory") == ()


def test_every_fact_has_a_source_and_a_status() -> None:
    for one in (*schedule().milestones, *schedule().badges):
        assert one.source.startswith("https://")
        assert one.status in {"confirmed", "recalled", "unknown"}
    assert all(one.contents_source.startswith("https://") for one in schedule().milestones)


def test_every_badge_is_of_a_milestone_and_a_pillar_of_it() -> None:
    for badge in schedule().badges:
        assert badge.pillar in schedule().rule(badge.milestone).pillars
    names = [one.badge for one in schedule().badges]
    assert len(names) == len(set(names))


def test_a_milestone_that_is_not_in_the_data_file_is_an_error() -> None:
    with pytest.raises(KeyError):
        schedule().rule("milestone_nothing")
