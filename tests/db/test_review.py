"""The review's table: every pair of state and event, its one event, its lock, and nothing that leaves a final state."""

import re
import threading
from collections.abc import Callable
from itertools import product

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.settings import ROOT
from covenant import deciding, review
from covenant.review import Actor, Event, LetterMissing, NotAllowed, ReasonMissing, TakenByAnother
from db.engine import Sessions
from db.messages import Outbound
from db.milestones import Reminder
from db.people import Purpose
from db.records import Application, ApplicationEvent
from db.records import ApplicationState as State
from tests.db.applicants import NOW, Town, events, in_review, reviewer, signed, town
from tests.people import somebody

# Written apart from the code: what each event makes of each state, "-" where it is refused.
EXPECTED = """
state            letter_issued    letter_received  amended          signatory_confirmed  mended     taken_up   taken_over returned accepted declined withdrawn
submitted        letter_issued    letter_received  submitted        submitted            -          in_review  -          -        -        -        withdrawn
letter_issued    letter_issued    letter_received  letter_issued    letter_issued        -          in_review  -          -        -        -        withdrawn
letter_received  letter_received  letter_received  letter_received  letter_received      -          in_review  -          -        -        -        withdrawn
in_review        in_review        in_review        in_review        in_review            -          -          in_review  returned accepted declined withdrawn
returned         returned         returned         returned         returned             in_review  in_review  -          -        -        -        withdrawn
accepted         -                -                -                -                    -          -          -          -        -        -        -
declined         -                -                -                -                    -          -          -          -        -        -        -
withdrawn        -                -                -                -                    -          -          -          -        -        -        -
"""


def rows() -> dict[tuple[State, Event], State | None]:
    head, *lines = [line.split() for line in EXPECTED.strip().splitlines()]
    return {
        (State(line[0]), Event(event)): None if cell == "-" else State(cell)
        for line in lines
        for event, cell in zip(head[1:], line[1:], strict=True)
    }


def test_the_expected_table_has_every_pair() -> None:
    assert set(rows()) == set(product(State, [one for one in Event if one is not Event.SUBMITTED]))


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_an_event_makes_one_step_with_one_event_or_changes_nothing(
    session: Session, state: State, event: Event
) -> None:
    by, place = reviewer(session), town(session)
    signed(session, place)
    application, before = place.at(state, by.contact), len(events(session, place.application))
    after = rows().get((state, event))
    step = Actor(by.contact.id, NOW)
    if after is None:
        with pytest.raises(NotAllowed):
            review.move(session, application, event, step, reason="The date is missing.")
        session.expire_all()
        assert (application.state, len(events(session, application))) == (state, before)
        return
    review.move(session, application, event, step, reason="The date is missing.")
    session.expire_all()
    assert application.state == after
    assert events(session, application)[before:] == [(event, state, after)]
    assert application.moved_at == (NOW if after != state else application.moved_at)
    assert (application.decided_at == NOW) == (after in review.FINAL)


def test_nothing_leaves_a_final_state() -> None:
    assert {state for state, _event in review.TABLE} & review.FINAL == set()


def test_the_event_keeps_who_when_and_why(session: Session) -> None:
    by, place = reviewer(session), town(session)
    application = in_review(session, place, by)
    deciding.send_back(session, application, Actor(by.contact.id, NOW), "No stamp.", ["letter"])
    row = session.scalars(select(ApplicationEvent).order_by(ApplicationEvent.id.desc())).first()
    assert row
    assert (row.contact_id, row.at, row.reason, row.change) == (by.contact.id, NOW, "No stamp.", {"fields": ["letter"]})


def test_who_did_not_take_it_up_decides_nothing(session: Session) -> None:
    by, other, place = reviewer(session), reviewer(session), town(session)
    application = in_review(session, place, by)
    for event in (Event.ACCEPTED, Event.RETURNED, Event.DECLINED):
        with pytest.raises(TakenByAnother):
            review.move(session, application, event, Actor(other.contact.id, NOW), reason="No.")
    review.move(session, application, Event.TAKEN_OVER, Actor(other.contact.id, NOW))
    review.move(session, application, Event.DECLINED, Actor(other.contact.id, NOW), reason="No.")
    assert application.state == State.DECLINED


def test_nothing_is_accepted_without_a_letter_or_returned_without_a_reason(session: Session) -> None:
    by, place = reviewer(session), town(session)
    application, step = place.at(State.IN_REVIEW, by.contact), Actor(by.contact.id, NOW)
    with pytest.raises(LetterMissing):
        review.move(session, application, Event.ACCEPTED, step)
    for event, reason in product((Event.RETURNED, Event.DECLINED), (None, "", "  ")):
        with pytest.raises(ReasonMissing):
            review.move(session, application, event, step, reason=reason)
    assert application.state == State.IN_REVIEW


def test_a_return_goes_back_to_review_when_the_last_of_it_is_mended(session: Session) -> None:
    by, place = reviewer(session), town(session)
    application, step = in_review(session, place, by), Actor(by.contact.id, NOW)
    deciding.send_back(session, application, step, "Two things.", ["focal_email", "letter"])
    assert not review.mend(session, application, ["focal_name"], step)
    assert not review.mend(session, application, ["focal_email"], step)
    assert (application.state, application.returned_fields) == (State.RETURNED, ["letter"])
    assert review.mend(session, application, ["letter"], step)
    assert (application.state, application.returned_fields, application.reviewer_id) == (
        State.IN_REVIEW,
        [],
        by.contact.id,
    )


def test_only_the_review_writes_the_state() -> None:
    writes = re.compile(r"application\.state = |state=(?:Application)?State\.(?!OPEN|SENT)|values\(state=(?:App|State)")
    code = [path for folder in ("bot", "actions", "covenant") for path in (ROOT / folder).rglob("*.py")]
    found = {path.name for path in code if "records import" in path.read_text() and writes.search(path.read_text())}
    assert found == {"review.py"}


# --- at the same time -----------------------------------------------------------------------------------------------


def at_once(*doings: Callable[[], None]) -> list[BaseException | None]:
    """Do things in threads that begin together; what each of them raised."""
    start, ends = threading.Barrier(len(doings)), [None] * len(doings)

    def run(place: int, do: Callable[[], None]) -> None:
        start.wait()
        try:
            do()
        except NotAllowed as problem:
            ends[place] = problem

    threads = [threading.Thread(target=run, args=each) for each in enumerate(doings)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def waiting_town(sessions: Sessions, people: int) -> tuple[Town, list[int], int]:
    """A town whose letter is here, its reviewers, and its application, all committed."""
    with sessions.begin() as session:
        reviewers = [reviewer(session).contact.id for _ in range(people)]
        place = town(session)
        signed(session, place)
        return place, reviewers, place.application.id


def doing(sessions: Sessions, application: int, do: Callable[[Session, Application], object]) -> Callable[[], None]:
    def run() -> None:
        with sessions.begin() as session:
            do(session, session.get_one(Application, application))

    return run


def test_of_reviewers_at_once_one_takes_it_up(nobody_yet: Sessions) -> None:
    _place, reviewers, number = waiting_town(nobody_yet, 4)
    ends = at_once(
        *(doing(nobody_yet, number, lambda s, a, who=who: deciding.take(s, a, Actor(who, NOW))) for who in reviewers)
    )
    assert ends.count(None) == 1
    with nobody_yet() as session:
        application = session.get_one(Application, number)
        assert application.reviewer_id == reviewers[ends.index(None)]
        assert [one for one in events(session, application) if one[0] == "taken_up"] == [
            ("taken_up", "letter_received", "in_review")
        ]


def test_of_decisions_at_once_one_counts_and_the_team_hears_of_that_alone(nobody_yet: Sessions) -> None:
    place, (who,), number = waiting_town(nobody_yet, 1)
    step = Actor(who, NOW)
    doing(nobody_yet, number, lambda s, a: deciding.take(s, a, step))()
    ends = at_once(
        doing(nobody_yet, number, lambda s, a: deciding.accept(s, a, step)),
        doing(nobody_yet, number, lambda s, a: deciding.decline(s, a, step, "No mandate.")),
        doing(nobody_yet, number, lambda s, a: deciding.accept(s, a, step)),
        doing(nobody_yet, number, lambda s, a: review.move(s, a, Event.WITHDRAWN, Actor(place.person.contact.id, NOW))),
    )
    assert ends.count(None) == 1
    with nobody_yet() as session:
        application = session.get_one(Application, number)
        assert application.state in review.FINAL
        assert len([one for one in events(session, application) if one[2] in review.FINAL]) == 1
        news = session.scalars(select(Outbound).where(Outbound.contact_id == place.person.contact.id)).all()
        assert len(news) == (0 if application.state == State.WITHDRAWN else 1)
        accepted = application.state == State.ACCEPTED
        assert (application.municipality.committed_on is not None) == accepted
        assert bool(session.scalars(select(Reminder)).first()) == accepted


def test_who_dies_in_the_middle_of_a_step_leaves_neither_state_nor_event(nobody_yet: Sessions) -> None:
    _place, (who,), number = waiting_town(nobody_yet, 1)
    with nobody_yet() as dying:
        deciding.take(dying, dying.get_one(Application, number), Actor(who, NOW))
        deciding.accept(dying, dying.get_one(Application, number), Actor(who, NOW))
        with nobody_yet() as other:
            assert other.get_one(Application, number).state == State.LETTER_RECEIVED
    with nobody_yet() as session:
        application = session.get_one(Application, number)
        assert application.state == State.LETTER_RECEIVED
        assert [one[0] for one in events(session, application)] == ["submitted", "letter_received"]
        assert application.municipality.committed_on is None
        assert not session.scalars(select(Outbound)).all()


def test_the_team_is_told_wherever_it_is_and_nobody_else(session: Session) -> None:
    by, place = reviewer(session), town(session)
    stranger = somebody(session, Purpose.KEEPING)
    deciding.accept(session, in_review(session, place, by), Actor(by.contact.id, NOW))
    rows = session.scalars(select(Outbound)).all()
    assert {one.contact_id for one in rows} == {place.person.contact.id}
    assert stranger.contact.id not in {one.contact_id for one in rows}
