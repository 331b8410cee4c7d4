"""The secretariat and pledges: what waits, verifying and sending back, once each; who is told; what was changed."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from bot.inhabitant import Inhabitant
from covenant import access, places, pledge_book, pledge_deciding, pledge_verdicts
from covenant.pledge_book import News, NotAllowed, Overtaken, OwnPledge
from covenant.review import Actor
from db.engine import Sessions
from db.messages import Outbound
from db.people import AddressState, Contact
from db.pledges import Confidence, Counting, Pledge, PledgeEvent, PledgeState, Progress
from db.records import Membership
from locales import render_text
from tests.db.applicants import NOW, file_of, keys, officer, payloads, phone, reviewer, signed, told, town
from tests.db.pledgers import pledged, pledger, press, text, town_of
from tests.people import Somebody, until

BY = Actor(None, NOW)
VERIFY = pledge_verdicts.VERIFY


def seen(session: Session, pledge: Pledge) -> int:
    return pledge_book.history(session, pledge)[-1].id


def decide(by: Inhabitant, pledge: Pledge, do: str, **more: object) -> list[str]:
    return keys(press(by, VERIFY, reference=pledge.reference, do=do, **more))


def news(session: Session, person: Somebody | Inhabitant) -> list[tuple[str, list[str]]]:
    return [(one["response"], [choice["payload"] for choice in one["choices"]]) for one in told(session, person)]


# --- what waits -----------------------------------------------------------------------------------------------------


def test_pledges_are_offered_behind_the_applications(session: Session) -> None:
    by = reviewer(session)
    assert keys(by.press("review_queue")) == ["utter_queue_empty"]
    _, pledge = pledger(session)
    assert keys(by.press("review_queue")) == ["utter_queue", "utter_pledges_wait"], "never that nothing waits"
    place = town(session)
    signed(session, place)
    said = by.press("review_queue")
    assert keys(said) == ["utter_queue", "utter_pledges_wait"]
    assert payloads(said[-1:]) == [f'/review_queue{{"application": "{place.application.reference}"}}', f"/{VERIFY}"]
    assert len([one for one in said if one.choices]) == 1, "the last buttons are shown, and they are all of them"
    pledge_book.withdraw(session, pledge, BY)
    assert keys(by.press("review_queue")) == ["utter_queue"]


def test_the_oldest_comes_first_and_next_goes_on_to_the_end(session: Session) -> None:
    by, person = reviewer(session), officer(session)
    first, second, third = (pledged(session, person) for _ in range(3))
    pledge_book.verify(session, second, BY)
    shown = press(by, VERIFY)
    assert f"Pledge {first.reference}" in text(by, shown)
    following = press(by, VERIFY, reference=first.reference, do="next")
    assert f"Pledge {third.reference}" in text(by, following)
    assert keys(press(by, VERIFY, reference=third.reference, do="next")) == ["utter_pledges_wait"]


def test_nobody_decides_on_a_pledge_that_they_recorded_themselves(session: Session) -> None:
    person, other = officer(session), officer(session)
    person.contact.is_secretariat = True
    by = phone(session, person)
    own, theirs = pledged(session, person), pledged(session, other)
    said = press(by, VERIFY)
    assert f"Pledge {own.reference}" in text(by, said)
    assert keys(said)[-2:] == ["utter_pledge_own", "utter_pledge_sure"]
    assert not any('"do": "verify"' in one or '"do": "return"' in one for one in payloads(said))
    for do in ("verify", "return"):
        assert "utter_pledge_own" in decide(by, own, do, seen=seen(session, own), sure="high")
    assert own.state == PledgeState.RECORDED
    with pytest.raises(OwnPledge):
        pledge_deciding.verify(session, own, Actor(person.contact.id, NOW))
    with pytest.raises(OwnPledge):
        pledge_deciding.send_back(session, own, "Where is it?", Actor(person.contact.id, NOW))
    following = press(by, VERIFY, reference=own.reference, do="next")
    assert f"Pledge {theirs.reference}" in text(by, following)
    pledge_deciding.verify(session, own, BY)
    assert own.state == PledgeState.VERIFIED, "the operator's command may"


def test_a_pledge_is_shown_with_its_town_figures_counting_and_files(session: Session) -> None:
    by, person = reviewer(session), officer(session)
    pledge = pledged(session, person, town_of(session, person), counting=Counting.LISTED)
    files = [file_of(session, person) for _ in range(2)]
    pledge_book.report(session, pledge, News(Progress.UNDER_WAY, files=files), Actor(person.contact.id, NOW))
    said = press(by, VERIFY)
    shown = text(by, said)
    for part in (
        "Where: Kupang",
        "Country: Indonesia",
        "People: 1,200",
        "How counted: From a list",
        "High",
        "show it: 2",
    ):
        assert part in shown, part
    assert said[-1].file == files[1].public_id
    assert press(by, VERIFY, reference=pledge.reference, file=1)[-1].file == files[0].public_id
    titles = [one.title["button"] for one in said[-1].choices]
    assert titles == ["Verify", "Send it back", "Another file", "Next pledge", "What waits for review"]


def test_the_secretariat_may_read_what_was_reported_and_nothing_else_of_a_pledger(session: Session) -> None:
    by, person, colleague = reviewer(session), officer(session), officer(session)
    pledge = pledged(session, person, town_of(session, person, colleague))
    shown, private = file_of(session, person), file_of(session, person)
    pledge_book.report(session, pledge, News(Progress.DONE, files=[shown]), Actor(person.contact.id, NOW))
    assert access.file_for(session, shown.public_id, by.contact.id) == shown
    assert access.file_for(session, private.public_id, by.contact.id) is None
    assert access.file_for(session, shown.public_id, colleague.contact.id) is None


def test_a_reference_in_words_shows_the_pledge_to_the_secretariat(session: Session) -> None:
    by, (_, pledge) = reviewer(session), pledger(session)
    assert keys(by.write("review_queue", f"what about {pledge.reference.lower()}?"))[0] == "utter_pledge_page"


def test_nobody_else_sees_or_decides_anything(session: Session) -> None:
    person, pledge = pledger(session)
    for do in (None, "verify", "return", "next"):
        said = press(person, VERIFY, reference=pledge.reference, do=do, sure="high", seen=seen(session, pledge))
        assert keys(said) == ["utter_not_for_you"]
    assert keys(press(person, VERIFY)) == ["utter_not_for_you"]
    assert pledge.state == PledgeState.RECORDED


# --- the verdict ----------------------------------------------------------------------------------------------------


def test_it_is_verified_with_how_reliable_it_is_and_the_pledger_is_told(session: Session) -> None:
    by, (person, pledge) = reviewer(session), pledger(session)
    number = seen(session, pledge)
    [asked] = press(by, VERIFY, reference=pledge.reference, do="verify", seen=number)
    assert (asked.key, [one.title["button"] for one in asked.choices]) == (
        "utter_pledge_how_sure",
        ["High", "Medium", "Low"],
    )
    assert pledge.state == PledgeState.RECORDED
    for one in asked.choices:
        assert f'"seen": {number}' in one.payload
    assert decide(by, pledge, "verify", seen=number, sure="low") == ["utter_pledge_decided"]
    assert (pledge.state, pledge.confidence) == (PledgeState.VERIFIED, Confidence.LOW)
    assert pledge_book.history(session, pledge)[-1].contact_id == by.contact.id
    assert news(session, person) == [("utter_pledge_verified", ["/list_pledges"])]


def test_it_goes_back_with_a_reason_in_own_words_and_a_button_to_correct_it(session: Session) -> None:
    by, (person, pledge) = reviewer(session), pledger(session)
    assert decide(by, pledge, "return", seen=seen(session, pledge)) == ["utter_ask_pledge_reason"]
    by.tell("How were the people counted?")
    assert pledge.state == PledgeState.RECORDED
    assert keys(by.press("repeat")) == ["utter_pledge_return_sure"]
    assert keys(by.press("affirm")) == ["utter_pledge_decided"]
    assert (pledge.state, pledge.reason) == (PledgeState.RETURNED, "How were the people counted?")
    correct = f'/pledge{{"reference": "{pledge.reference}", "do": "correct"}}'
    assert news(session, person) == [("utter_pledge_returned", [correct])]
    assert told(session, person)[0]["args"]["reason"] == "How were the people counted?"


def test_what_was_corrected_after_a_verdict_waits_again_with_what_changed(session: Session) -> None:
    by, (person, pledge) = reviewer(session), pledger(session, place_name="Ende")
    pledge_deciding.verify(session, pledge, BY)
    own = Actor(person.contact.id, NOW)
    pledge_book.amend(session, pledge, {"people_max": 1500, "end_year": 2030, "is_public": True}, own)
    pledge_book.amend(session, pledge, {"people_max": 1600, "end_year": 2028, "place_name": "Maumere"}, own)
    said = press(by, VERIFY)
    assert "utter_pledge_changed" in keys(said)
    [lines] = [one.args["lines"]["lines"] for one in said if one.key == "utter_pledge_changed"]
    shown = text(by, [one for one in said if one.key == "utter_pledge_changed"])
    assert len(lines) == 3, "the year is what it was"
    assert "People: 1,200–1,600 (before: 1,200)" in shown
    assert "Where: Maumere (before: Ende)" in shown
    assert "May be shown: Yes (before: No)" in shown


def test_a_corrected_place_is_named_as_its_people_write_it(session: Session) -> None:
    by, (person, pledge) = reviewer(session), pledger(session, place_name="Ende")
    pledge_deciding.verify(session, pledge, BY)
    found = next(one for one in places.find(session, "Cần Giờ", "VN") if one.name == "Can Gio")
    change = {"place_id": found.place_id, "place_name": found.name}
    pledge_book.amend(session, pledge, change, Actor(person.contact.id, NOW))
    said = next(one for one in press(by, VERIFY) if one.key == "utter_pledge_changed")
    shown = {code: render_text(by.catalogues[code], said.key, said.args) for code in ("vi", "en")}
    assert "Cần Giờ" in shown["vi"]
    assert "Can Gio (before: Ende)" in shown["en"]


def test_a_target_that_changed_is_shown_with_what_it_was(session: Session) -> None:
    by, (person, pledge) = reviewer(session), pledger(session, campaign="covenant")
    own = Actor(person.contact.id, NOW)
    pledge_book.amend(session, pledge, {"target": {"kind": "base_year", "base_year": 2015, "percent": 30.0}}, own)
    pledge_deciding.send_back(session, pledge, "Which year?", BY)
    pledge_book.amend(session, pledge, {"target": {"kind": "base_year", "base_year": 2019, "percent": 30.0}}, own)
    assert "Base year: 2019 (before: 2015)" in text(by, press(by, VERIFY))


def test_before_the_first_verdict_nothing_is_called_changed(session: Session) -> None:
    by, (person, pledge) = reviewer(session), pledger(session)
    pledge_book.amend(session, pledge, {"end_year": 2030}, Actor(person.contact.id, NOW))
    assert "utter_pledge_changed" not in keys(press(by, VERIFY))


def test_a_verdict_is_about_what_was_seen(session: Session) -> None:
    by, (person, pledge) = reviewer(session), pledger(session)
    number = seen(session, pledge)
    pledge_book.report(session, pledge, News(Progress.UNDER_WAY), BY)
    assert decide(by, pledge, "verify", seen=number) == ["utter_pledge_how_sure"], "a report changes nothing"
    decide(by, pledge, "return", seen=number)
    by.tell("Why?")
    pledge_book.amend(session, pledge, {"people_max": 9000}, Actor(person.contact.id, NOW))
    assert decide(by, pledge, "verify", seen=number, sure="high")[0] == "utter_pledge_moved"
    assert keys(by.press("affirm"))[0] == "utter_pledge_moved"
    assert decide(by, pledge, "verify", sure="high")[0] == "utter_pledge_moved"
    assert (pledge.state, told(session, person)) == (PledgeState.RECORDED, [])


def test_who_comes_second_decides_nothing_and_tells_nobody(session: Session) -> None:
    by, other, (person, pledge) = reviewer(session), reviewer(session), pledger(session)
    number = seen(session, pledge)
    decide(by, pledge, "verify", seen=number, sure="high")
    for do in ("verify", "return"):
        assert decide(other, pledge, do, seen=number, sure="low")[0] == "utter_pledge_moved"
    assert decide(other, pledge, "verify", seen=seen(session, pledge), sure="low")[0] == "utter_pledge_moved"
    assert (pledge.confidence, len(told(session, person))) == (Confidence.HIGH, 1)


def test_what_was_withdrawn_is_shown_without_a_verdict(session: Session) -> None:
    by, (_, pledge) = reviewer(session), pledger(session)
    pledge_book.withdraw(session, pledge, BY)
    offered = payloads(press(by, VERIFY, reference=pledge.reference))
    assert not [one for one in offered if '"verify"' in one or '"return"' in one]
    assert decide(by, pledge, "return", seen=seen(session, pledge))[0] == "utter_pledge_moved"


def test_who_is_no_longer_of_the_secretariat_sends_nothing_back(session: Session) -> None:
    by, (_, pledge) = reviewer(session), pledger(session)
    decide(by, pledge, "return", seen=seen(session, pledge))
    by.tell("Why?")
    by.contact.is_secretariat = False
    assert keys(by.press("affirm"))[0] == "utter_not_for_you"
    assert pledge.state == PledgeState.RECORDED


# --- who is told ----------------------------------------------------------------------------------------------------


def gone(session: Session, person: Somebody, pledge: Pledge) -> None:
    pledge.contact_id = None


def unreachable(session: Session, person: Somebody, pledge: Pledge) -> None:
    person.address.state = AddressState.OPTED_OUT


@pytest.mark.parametrize("how", [gone, unreachable])
def test_without_the_pledger_the_focal_points_are_told(
    session: Session, how: Callable[[Session, Somebody, Pledge], None]
) -> None:
    focal, person, waiting = officer(session), officer(session), officer(session)
    place = town_of(session, focal, person)
    session.add(Membership(municipality_id=place.id, contact_id=waiting.contact.id, pending=True))
    pledge = pledged(session, person, place)
    how(session, person, pledge)
    session.flush()
    pledge_deciding.verify(session, pledge, BY)
    assert [len(told(session, one)) for one in (focal, person, waiting)] == [1, 0, 0]


def test_two_returns_are_told_twice(session: Session) -> None:
    person, pledge = pledger(session)
    for reason in ("How?", "When?"):
        pledge_deciding.send_back(session, pledge, reason, BY)
        pledge_book.amend(session, pledge, {"action": reason}, Actor(person.contact.id, NOW))
    assert [one["args"]["reason"] for one in told(session, person)] == ["How?", "When?"]


def test_what_is_corrected_at_that_very_moment_is_not_verified(nobody_yet: Sessions) -> None:
    with nobody_yet.begin() as session:
        person, pledge = pledger(session)
        reference, number, own = pledge.reference, seen(session, pledge), Actor(person.contact.id, NOW)
    refused = []

    def decide_at_once() -> None:
        with nobody_yet.begin() as session:
            try:
                pledge_deciding.verify(session, pledge_book.find(session, reference), BY, seen=number)
            except Overtaken as problem:
                refused.append(problem)

    worker = threading.Thread(target=decide_at_once)
    with nobody_yet.begin() as session:
        pledge_book.amend(session, pledge_book.find(session, reference), {"people_max": 9000}, own)
        worker.start()
        until(lambda: is_waiting(nobody_yet))
    worker.join()
    with nobody_yet() as session:
        assert (session.scalars(select(Pledge.state)).one(), len(refused)) == (PledgeState.RECORDED, 1)


def is_waiting(sessions: Sessions) -> bool:
    with sessions() as session:
        return bool(session.scalar(sql("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def test_two_workers_decide_once(nobody_yet: Sessions) -> None:
    with nobody_yet.begin() as session:
        _, pledge = pledger(session)
        reference = pledge.reference
    start, refused = threading.Barrier(2), []

    def work() -> None:
        start.wait()
        with nobody_yet.begin() as session:
            found = pledge_book.find(session, reference)
            assert found
            try:
                pledge_deciding.verify(session, found, BY)
            except NotAllowed:
                refused.append(found.state)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with nobody_yet() as session:
        verified = select(func.count(PledgeEvent.id)).where(PledgeEvent.event == "verified")
        assert (session.scalar(verified), session.scalar(select(func.count(Outbound.id)))) == (1, 1)
        assert session.scalar(select(func.count(Contact.id))) == 1
    assert refused == [PledgeState.VERIFIED]
