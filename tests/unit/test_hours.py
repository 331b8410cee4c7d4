"""When people are at work: their own hours, their country's weekends and holidays."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covenant.hours import (
    CLOSES,
    OPENS,
    TIME_ZONES,
    day_after,
    is_working,
    is_working_day,
    moment,
    next_working,
    zone_of,
)

BETWEEN = (datetime(2026, 1, 1), datetime(2032, 12, 31))  # noqa: DTZ001 - hypothesis adds the zone
MOMENTS = st.datetimes(*BETWEEN, timezones=st.just(UTC))
COUNTRIES = st.sampled_from(sorted(TIME_ZONES))
ZONES = st.sampled_from([*TIME_ZONES.values(), "Europe/London", "America/New_York", "Australia/Lord_Howe"])


@settings(deadline=None)  # a country's calendar is made when it is first asked
@given(MOMENTS, COUNTRIES, ZONES)
def test_whenever_it_is_the_next_moment_of_work_is_at_work_and_not_before(
    now: datetime, country: str, name: str
) -> None:
    zone = ZoneInfo(name)
    found = next_working(now, country, zone)
    assert found >= now
    assert found - now < timedelta(days=16)
    assert is_working(found, country, zone)
    assert OPENS <= found.astimezone(zone).hour < CLOSES


@settings(deadline=None)  # a country's calendar is made when it is first asked
@given(MOMENTS, COUNTRIES, ZONES)
def test_who_is_at_work_does_not_wait(now: datetime, country: str, name: str) -> None:
    zone = ZoneInfo(name)
    found = next_working(now, country, zone)
    assert next_working(found, country, zone) == found


@pytest.mark.parametrize("country", sorted(TIME_ZONES))
def test_the_holidays_of_every_country_are_known(country: str) -> None:
    assert country in holidays.list_supported_countries()
    labour_day = date(2029, 5, 1)  # a Tuesday; Brunei alone works
    assert is_working_day(labour_day, country) == (country == "BN")
    free = [day for day in range(365) if not is_working_day(date(2027, 1, 1) + timedelta(days=day), country)]
    assert 104 < len(free) < 150


def test_brunei_rests_on_friday_and_sunday() -> None:
    monday = date(2027, 6, 14)
    assert [is_working_day(monday + timedelta(days=n), "BN") for n in range(7)] == [
        True,
        True,
        True,
        True,
        False,
        True,
        False,
    ]


def test_songkran_moves_a_reminder_to_the_next_working_day() -> None:
    assert moment(date(2027, 4, 13), "TH").astimezone(ZoneInfo("Asia/Bangkok")).isoformat()[:16] == "2027-04-16T09:30"


@pytest.mark.parametrize(
    ("country", "hour", "minute"), [("ID", 2, 30), ("PH", 1, 30), ("MM", 3, 0), ("LA", 2, 30), ("TL", 0, 30)]
)
def test_half_past_nine_is_the_towns_own(country: str, hour: int, minute: int) -> None:
    found = moment(date(2027, 6, 16), country).astimezone(UTC)
    assert (found.hour, found.minute) == (hour, minute)


def test_at_nine_in_the_morning_it_is_time_and_at_five_it_is_not() -> None:
    zone = ZoneInfo("Asia/Jakarta")
    day = datetime(2027, 6, 16, tzinfo=zone)
    at_work = [is_working(day.replace(hour=hour), "ID", zone) for hour in (8, 9, 16, 17)]
    assert at_work == [False, True, True, False]


def test_where_clocks_change_it_is_half_past_nine_on_both_sides() -> None:
    zone = ZoneInfo("Europe/London")
    friday = datetime(2027, 3, 26, 12, tzinfo=UTC)  # the hour is lost on Sunday
    found = day_after(friday, "SG", zone, 3).astimezone(zone)
    assert (found.isoformat()[:16], found.utcoffset()) == ("2027-03-29T09:30", timedelta(hours=1))


@pytest.mark.parametrize("nonsense", ["", None, "Mars/Olympus", "../etc/passwd"])
def test_a_zone_that_nobody_knows_is_the_capitals(nonsense: str | None) -> None:
    assert zone_of(nonsense, "MM").key == "Asia/Yangon"
