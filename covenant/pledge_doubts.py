"""What is odd about a pledge and may be right all the same: it is asked back once, never refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from covenant import places
from covenant.drafts import SETTLED
from covenant.fields import KEEP
from covenant.messages import Choice, Say, button, payload
from covenant.pledge_fields import TOWN, is_about_emissions
from covenant.values.counts import ends
from db.pledges import Campaign

FAR = 30  # years ahead; few plan as far
ALL = 100  # per cent
# "by 2050 at the latest": the starting line of Race to Zero (docs/tally.md names the source)
LAST_YEAR_TO_ZERO = 2050

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Doubt:
    """A field whose value is odd, and how that is said."""

    field: str
    key: str
    args: Mapping[str, Any]

    def as_say(self) -> Say:
        """Return the question whether it is right."""
        yes = Choice(button("Yes, it is right"), payload("inform", field=self.field, value=KEEP))
        no = Choice(button("No, change it"), payload("correct", field=self.field))
        return Say(self.key, dict(self.args), (yes, no))


def first_doubt(session: Session, today: date, values: Values) -> Doubt | None:
    """Return the first odd value that nobody has said to be right, or None."""
    settled = values.get(SETTLED, ())
    found = (*_of_years(today, values), *_of_target(values), *_of_people(session, values))
    return next((doubt for doubt in found if doubt.field not in settled), None)


def _of_years(today: date, values: Values) -> Iterator[Doubt]:
    year, start = values.get("pledge_year"), values.get("pledge_start")
    if year and year < today.year:
        yield Doubt("pledge_year", "utter_odd_year_past", {"year": {"year": year}})
    elif year and values.get("pledge_campaign") == Campaign.ZERO and year > LAST_YEAR_TO_ZERO:
        args = {"year": {"year": year}, "latest": {"year": LAST_YEAR_TO_ZERO}}
        yield Doubt("pledge_year", "utter_odd_year_zero", args)
    elif year and year > today.year + FAR:
        yield Doubt("pledge_year", "utter_odd_year_far", {"year": {"year": year}})
    if year and start and start > year:
        yield Doubt("pledge_start", "utter_odd_start", {"start": {"year": start}, "year": {"year": year}})


def _of_target(values: Values) -> Iterator[Doubt]:
    percent, base, year = (values.get(f"pledge_{key}") for key in ("percent", "base_year", "year"))
    if not is_about_emissions(values):
        return
    if percent is not None and not 0 < percent <= ALL:
        yield Doubt("pledge_percent", "utter_odd_percent", {"percent": {"percent": percent}})
    if base and year and base >= year:
        yield Doubt("pledge_base_year", "utter_odd_base_year", {"base": {"year": base}, "year": {"year": year}})


def _of_people(session: Session, values: Values) -> Iterator[Doubt]:
    people, place = values.get("pledge_people"), _place_id(values)
    if people is None or place is None:
        return
    low, _high = ends(people)
    found = places.get(session, place)
    if found and found.population and low > found.population:
        args = {"people": low, "place": {"place": found.name, "own": found.local_name, "land": found.country}}
        yield Doubt("pledge_people", "utter_odd_people", args | {"inhabitants": places.about(found.population)})


def _place_id(values: Values) -> int | None:
    chosen = values.get("pledge_place")
    return values.get(TOWN, {}).get("place_id") if TOWN in values else (chosen or {}).get("place_id")
