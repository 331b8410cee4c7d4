"""When people work: the hours of a day where somebody is, weekends and public holidays by country."""

import functools
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from covenant.turn import HOME

OPENS, CLOSES = 9, 17  # local hours
AT = time(9, 30)  # when what is due on a day leaves; the officer is at the desk
# The capital's zone; a contact's own zone, once known, says when they read.
TIME_ZONES = {
    "ID": "Asia/Jakarta",
    "MY": "Asia/Kuala_Lumpur",
    "PH": "Asia/Manila",
    "VN": "Asia/Ho_Chi_Minh",
    "TH": "Asia/Bangkok",
    "KH": "Asia/Phnom_Penh",
    "LA": "Asia/Vientiane",
    "MM": "Asia/Yangon",
    "TL": "Asia/Dili",
    "BN": "Asia/Brunei",
    "SG": "Asia/Singapore",
}


@functools.cache
def zone_of(time_zone: str | None, country: str) -> ZoneInfo:
    """Return somebody's own time zone where it is known, else that of the country's capital."""
    try:
        return ZoneInfo(time_zone or TIME_ZONES.get(country, HOME))
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(TIME_ZONES.get(country, HOME))


@functools.cache
def _calendar(country: str) -> holidays.HolidayBase:
    """The weekends and holidays of a country (Brunei rests on Friday and Sunday); Saturdays and Sundays at least."""
    try:
        return holidays.country_holidays(country)
    except NotImplementedError:
        return holidays.HolidayBase()


@functools.cache
def is_working_day(day: date, country: str) -> bool:
    """Tell whether offices of a country are open on a day; feasts that follow the moon are the package's estimates."""
    return bool(_calendar(country).is_working_day(day))


def is_working(moment: datetime, country: str, zone: ZoneInfo) -> bool:
    """Tell whether somebody in `zone` who works for an office of `country` is at work."""
    local = moment.astimezone(zone)
    return OPENS <= local.hour < CLOSES and is_working_day(local.date(), country)


def moment(day: date, country: str, zone: ZoneInfo | None = None) -> datetime:
    """Return half past nine of a day, or of the first working day after it."""
    while not is_working_day(day, country):
        day += timedelta(days=1)
    return datetime.combine(day, AT, zone or zone_of(None, country))


def next_working(now: datetime, country: str, zone: ZoneInfo) -> datetime:
    """Return `now` when somebody in `zone` is at work, else half past nine of their next working day."""
    if is_working(now, country, zone):
        return now
    local = now.astimezone(zone)
    before = local.time() < AT  # nine to half past is at work, so this is before nine or a day off
    return moment(local.date() if before else local.date() + timedelta(days=1), country, zone)


def day_after(now: datetime, country: str, zone: ZoneInfo, days: int = 1) -> datetime:
    """Return half past nine of the first working day so many days from now."""
    return moment(now.astimezone(zone).date() + timedelta(days=days), country, zone)
