"""When milestones are due and reminders leave."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from covenant.reminders import TIME_ZONES, due_on, moment, schedule

DAYS = st.dates(min_value=date(2017, 1, 1), max_value=date(2060, 12, 31))
MILESTONES = st.sampled_from(schedule().milestones)


@given(DAYS, MILESTONES)
def test_a_milestone_is_due_so_many_months_later_on_the_same_day_or_the_months_last(day: date, milestone) -> None:
    due = due_on(day, milestone)
    assert (due.year * 12 + due.month) - (day.year * 12 + day.month) == milestone.months
    assert due.day == day.day or (due.day < day.day and (due + timedelta(days=1)).day == 1)


@given(DAYS, DAYS, MILESTONES)
def test_who_committed_earlier_is_never_due_later(one: date, other: date, milestone) -> None:
    assert due_on(min(one, other), milestone) <= due_on(max(one, other), milestone)


@given(DAYS, st.sampled_from(sorted(TIME_ZONES)))
def test_a_reminder_leaves_in_the_morning_where_the_town_is(day: date, country: str) -> None:
    left = moment(day, country)
    assert (left.hour, left.minute, left.date()) == (9, 30, day)


def test_the_inventory_comes_before_the_plan() -> None:
    months = {milestone.key: milestone.months for milestone in schedule().milestones}
    assert months == {"milestone_inventory": 24, "milestone_assessment": 24, "milestone_plan": 36}
    assert all(milestone.source.startswith("https://") for milestone in schedule().milestones)
