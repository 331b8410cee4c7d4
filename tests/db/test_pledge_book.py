"""The book of pledges: what may follow what, every change with who and when, and nothing half written."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from covenant import pledge_book
from covenant.pledge_book import TABLE, Event, News, NotAllowed, ReasonMissing
from covenant.review import Actor
from db.pledges import Campaign, Confidence, Counting, Pledge, PledgeState, Progress, Target, TargetKind
from tests.people import Somebody, somebody

NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=40)
STEPS: dict[Event, Callable[[Session, Pledge, Actor], Any]] = {
    Event.AMENDED: lambda session, pledge, by: pledge_book.amend(session, pledge, {"end_year": 2033}, by),
    Event.REPORTED: lambda session, pledge, by: pledge_book.report(session, pledge, News(Progress.UNDER_WAY), by),
    Event.VERIFIED: pledge_book.verify,
    Event.RETURNED: lambda session, pledge, by: pledge_book.send_back(session, pledge, "How were they counted?", by),
    Event.WITHDRAWN: pledge_book.withdraw,
}


@pytest.fixture
def person(session: Session) -> Somebody:
    return somebody(session)


@pytest.fixture
def by(person: Somebody) -> Actor:
    return Actor(person.contact.id, LATER)


@pytest.fixture
def pledge(session: Session, person: Somebody) -> Pledge:
    new = Pledge(
        contact_id=person.contact.id,
        action="400 mangroves",
        hazards=["flood: coastal flood"],
        people_min=1200,
        people_max=1200,
        counting=Counting.OFFICIAL,
        end_year=2028,
    )
    return pledge_book.record(session, new, Actor(person.contact.id, NOW))


def events(session: Session, pledge: Pledge) -> list[str]:
    return [one.event for one in pledge_book.history(session, pledge)]


def test_a_new_pledge_is_unverified_and_its_first_event_holds_all_that_was_said(
    session: Session, pledge: Pledge
) -> None:
    assert (pledge.state, pledge.progress, pledge.created_at) == (PledgeState.RECORDED, Progress.NOT_STARTED, NOW)
    [first] = pledge_book.history(session, pledge)
    assert (first.event, first.contact_id, first.at) == (Event.RECORDED, pledge.contact_id, NOW)
    assert first.change["people_min"] == [None, 1200]
    assert first.change["hazards"] == [None, ["flood: coastal flood"]]
    assert "office" not in first.change


@pytest.mark.parametrize(
    ("counting", "confidence"),
    [
        (Counting.LISTED, Confidence.HIGH),
        (Counting.OFFICIAL, Confidence.MEDIUM),
        (Counting.ESTIMATED, Confidence.LOW),
        (None, None),
    ],
)
def test_how_reliable_a_figure_is_follows_from_how_it_was_counted(
    session: Session, pledge: Pledge, by: Actor, counting: Counting | None, confidence: Confidence | None
) -> None:
    pledge_book.amend(session, pledge, {"counting": counting}, by)
    assert pledge.confidence == confidence


@pytest.mark.parametrize("state", PledgeState)
@pytest.mark.parametrize("event", STEPS)
def test_what_may_follow_what(session: Session, pledge: Pledge, by: Actor, state: PledgeState, event: Event) -> None:
    pledge.state = state
    before = events(session, pledge)
    follows = TABLE.get((state, event))
    if follows is None:
        with pytest.raises(NotAllowed):
            STEPS[event](session, pledge, by)
        assert (pledge.state, events(session, pledge)) == (state, before)
        return
    STEPS[event](session, pledge, by)
    session.expire_all()
    assert (pledge.state, events(session, pledge)) == (follows, [*before, event])


def test_what_was_withdrawn_stays_so() -> None:
    assert not [pair for pair in TABLE if pair[0] == PledgeState.WITHDRAWN]


def test_a_correction_after_verification_goes_to_review_again(session: Session, pledge: Pledge, by: Actor) -> None:
    pledge_book.verify(session, pledge, by, Confidence.HIGH)
    assert (pledge.state, pledge.confidence, pledge.decided_at) == (PledgeState.VERIFIED, Confidence.HIGH, LATER)
    change = pledge_book.amend(session, pledge, {"people_min": 900, "people_max": 1100}, by)
    assert change == {"people_min": [1200, 900], "people_max": [1200, 1100]}
    assert pledge.state == PledgeState.RECORDED
    assert pledge_book.history(session, pledge)[-1].change == change


def test_changing_nothing_leaves_a_verified_pledge_verified(session: Session, pledge: Pledge, by: Actor) -> None:
    pledge_book.verify(session, pledge, by)
    before = events(session, pledge)
    assert pledge_book.amend(session, pledge, {"end_year": 2028, "action": "400 mangroves"}, by) == {}
    assert (pledge.state, events(session, pledge)) == (PledgeState.VERIFIED, before)


def test_a_return_has_a_reason_and_a_correction_settles_it(session: Session, pledge: Pledge, by: Actor) -> None:
    with pytest.raises(ReasonMissing):
        pledge_book.send_back(session, pledge, "  ", by)
    pledge_book.send_back(session, pledge, "How were they counted?", by)
    assert (pledge.state, pledge.reason) == (PledgeState.RETURNED, "How were they counted?")
    pledge_book.amend(session, pledge, {"counting": Counting.LISTED}, by)
    assert (pledge.state, pledge.reason) == (PledgeState.RECORDED, None)


def test_a_target_comes_changes_and_goes_with_its_history(session: Session, pledge: Pledge, by: Actor) -> None:
    target = {"kind": TargetKind.BASE_YEAR, "base_year": 2015, "percent": 30.0, "boundary": "community"}
    pledge_book.amend(session, pledge, {"campaign": Campaign.COVENANT, "target": target}, by)
    session.expire_all()
    assert pledge.target
    assert (pledge.target.base_year, pledge.target.percent) == (2015, 30.0)
    assert pledge_book.amend(session, pledge, {"target": target | {"percent": 40.0}}, by) == {
        "target_percent": [30.0, 40.0]
    }
    pledge_book.amend(session, pledge, {"target": None}, by)
    session.expire_all()
    assert session.get(Target, pledge.id) is None


def test_the_last_report_says_how_far_it_is(session: Session, pledge: Pledge, by: Actor) -> None:
    pledge_book.report(session, pledge, News(Progress.UNDER_WAY, reached=(300, 400), note="first row stands"), by)
    pledge_book.report(session, pledge, News(Progress.DONE, reached=(1150, 1150)), by)
    assert pledge.progress == Progress.DONE
    assert [(one.progress, one.reached_max) for one in pledge_book.reports(session, pledge)] == [
        (Progress.DONE, 1150),
        (Progress.UNDER_WAY, 400),
    ]


def test_what_is_no_field_of_a_pledge_is_refused_before_anything_changes(
    session: Session, pledge: Pledge, by: Actor
) -> None:
    with pytest.raises(KeyError):
        pledge_book.amend(session, pledge, {"end_year": 2040, "state": "verified"}, by)
    assert (pledge.end_year, events(session, pledge)) == (2028, ["recorded"])


def test_a_pledge_is_found_by_its_reference_however_it_is_typed(session: Session, pledge: Pledge) -> None:
    assert pledge_book.find(session, pledge.reference.lower()) is pledge
    assert pledge_book.find(session, "22222222") is None
