"""How a pledge is shown, as arguments of messages: its state, all that is recorded, its reports, what was changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session, object_session

from covenant import pledge_book
from covenant.display import hazard_say, municipality_argument, place_argument, value_argument
from covenant.fields import Field, Option
from covenant.messages import Say, button, say
from covenant.pledge_book import Event
from covenant.pledge_fields import PLEDGE
from covenant.pledge_form import PLAIN, TARGET, values_of
from covenant.questions import review_lines
from covenant.turn import local_date
from db.pledges import Confidence, Pledge, PledgeEvent, PledgeReport, Progress
from db.records import Draft

BRIEF = 80  # letters of an action where several pledges are shown
REPORTS, EVENTS = 3, 6  # the newest that are shown
STATES = (
    Option(Progress.NOT_STARTED.value, "Not started", "not_started"),
    Option(Progress.UNDER_WAY.value, "Under way", "under_way"),
    Option(Progress.DONE.value, "Done", "done"),
    Option(Progress.DELAYED.value, "Delayed", "delayed"),
)
SURE = {Confidence.HIGH: button("High"), Confidence.MEDIUM: button("Medium"), Confidence.LOW: button("Low")}
# The question that each column of a pledge answers; several columns may belong to one.
ASKED = {
    **{column: key for key, column in PLAIN.items()},
    **{f"target_{column}": key for key, column in TARGET.items()},
    "people_min": "pledge_people",
    "people_max": "pledge_people",
    "place_id": "pledge_place",
    "place_name": "pledge_place",
    "is_public": "pledge_public",
}

Lines = list[list[Any]]


def brief(pledge: Pledge) -> str:
    """Return what is pledged, in the pledger's words, cut where it is long."""
    action = " ".join(pledge.action.split())
    return action if len(action) <= BRIEF else f"{action[: BRIEF - 1]}…"


def standing(pledge: Pledge) -> dict[str, Any]:
    """Return the pledge's state and progress."""
    return say("utter_pledge_pair", first=say(f"utter_pledge_was_{pledge.state}"), rest=progress(pledge.progress))


def progress(value: Progress) -> dict[str, Any]:
    """Return how far a pledge is."""
    return button(next(one.title for one in STATES if one.value == value))


def summary(pledge: Pledge) -> dict[str, Any]:
    """Return a pledge in one line: what, against what, for whom, by when, and where it stands."""
    args = {
        "action": brief(pledge),
        "hazard": {"list": [hazard_say(one) for one in pledge.hazards]} if pledge.hazards else None,
        "people": {"range": [pledge.people_min, pledge.people_max]} if pledge.people_min is not None else None,
        "year": {"year": pledge.end_year} if pledge.end_year else None,
    }
    return say("utter_pledge_pair", first=say("utter_pledge_line", **args), rest=standing(pledge))


def about(session: Session, pledge: Pledge, time_zone: str | None) -> list[Say]:
    """Say all that is recorded of a pledge, and what was reported last."""
    args = {"reference": pledge.reference, "standing": standing(pledge), "lines": {"lines": recorded(pledge)}}
    reports = reported(session, pledge, time_zone)
    told = [Say("utter_pledge_reports", {"lines": {"lines": reports}})] if reports else []
    return [Say("utter_pledge_page", args), *told]


def recorded(pledge: Pledge) -> Lines:
    """Return everything that is recorded of a pledge, with the names of its questions; and why it came back, if so."""
    where: Lines = [[say("utter_label_country"), {"country": pledge.country}]] if pledge.country else []
    values = values_of(pledge)
    named = place_argument(object_session(pledge), pledge.place_id, pledge.place_name)
    named = municipality_argument(pledge.municipality) if pledge.municipality else named
    if named:
        where = [[PLEDGE.by_key["pledge_place"].title, named], *where]
        values["pledge_place"] = None  # it stands above, in the reader's language
    lines = review_lines(Draft(journey=PLEDGE.key, values=values))["lines"]
    reason = [[say("utter_label_verdict_reason"), pledge.reason]] if pledge.reason else []
    return [*where, *lines, *reason]


def reported(session: Session, pledge: Pledge, time_zone: str | None) -> Lines:
    """Return the newest reports of a pledge: the day, how far it was, the people reached, the note and the link."""
    rows = list({(one.at, one.contact_id): one for one in pledge_book.reports(session, pledge)}.values())
    return [[_day(one.at, time_zone), _joined(_parts(one))] for one in rows[:REPORTS]]


def _parts(report: PledgeReport) -> Iterator[Any]:
    yield progress(report.progress)
    if report.reached_min is not None:
        yield say("utter_pledge_reached", people={"range": [report.reached_min, report.reached_max]})
    yield from (one for one in (report.note, report.link) if one)


def _joined(parts: Iterable[Any]) -> Any:
    *before, shown = parts
    for one in reversed(before):
        shown = say("utter_pledge_pair", first=one, rest=shown)
    return shown


def happened(session: Session, pledge: Pledge, time_zone: str | None) -> Lines:
    """Return the newest events of a pledge, the oldest of them first: the day, what, and which answers changed."""
    events = pledge_book.history(session, pledge)[-EVENTS:]
    return [[_day(one.at, time_zone), _event(one)] for one in events]


def _event(event: PledgeEvent) -> dict[str, Any]:
    key = f"utter_pledge_was_{event.event}"
    if event.event != Event.AMENDED:
        return say(key)
    return say(key, fields={"list": [one.title for one in _fields(event.change)]})


def changed(session: Session, pledge: Pledge) -> Lines:
    """Return what was corrected since the secretariat last decided: each answer as it was then, and as it is now."""
    change: dict[str, Any] = {}
    for event in pledge_book.since_decision(session, pledge):
        for column, (old, _new) in event.change.items() if event.event == Event.AMENDED else ():
            change.setdefault(column, old)
    now = {column: getattr(pledge, column, None) for column in ASKED}
    now |= {f"target_{column}": getattr(pledge.target, column, None) for column in TARGET.values()}
    pairs = [(one, _shown(session, one, now | change), _shown(session, one, now)) for one in _fields(change)]
    return [[one.title, say("utter_pledge_change", old=old, new=new)] for one, old, new in pairs if old != new]


def _shown(session: Session, field: Field, columns: Mapping[str, Any]) -> Any:
    if field.key == "pledge_people":
        low, high = columns["people_min"], columns["people_max"]
        return {"range": [low, high]} if low is not None else value_argument(field, None)
    if field.key == "pledge_place":
        named = place_argument(session, columns["place_id"], columns["place_name"])
        return named or value_argument(field, None)
    if field.key == "pledge_public":
        return value_argument(field, "yes" if columns["is_public"] else "no")
    [column] = [column for column, key in ASKED.items() if key == field.key]
    return value_argument(field, columns[column])


def _fields(change: Mapping[str, Sequence[Any]]) -> list[Field]:
    keys = {ASKED[column] for column in change if column in ASKED}
    return [one for one in PLEDGE.fields if one.key in keys]


def _day(at: Any, time_zone: str | None) -> dict[str, str]:
    return {"date": local_date(time_zone, at).isoformat()}
