"""Review in the chat: the town hands in, mends and withdraws; the secretariat takes up, accepts, returns, declines."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from covenant import access, deciding, review
from covenant.handing_in import PAGES_WITHIN, READABLE
from covenant.messages import Say, render_all
from covenant.review import Actor, Event
from covenant.reviewing import SHOWN
from db.messages import File
from db.records import ApplicationEvent, Draft, DraftState, Letter, Membership
from db.records import ApplicationState as State
from locales import Catalogues
from tests.db.applicants import (
    NOW,
    Town,
    events,
    file_of,
    in_review,
    keys,
    officer,
    payloads,
    phone,
    reviewer,
    signed,
    told,
    town,
)


def text(catalogues: Catalogues, said: list[Say]) -> str:
    return render_all(catalogues, "en", [one.as_json() for one in said]).text


def letters(session: Session, place: Town) -> list[tuple[int, list[str]]]:
    query = select(Letter).where(Letter.application_id == place.application.id).order_by(Letter.version)
    return [(one.version, one.pages) for one in session.scalars(query)]


def photo(session: Session, place: Town, long_side: int = 3000) -> File:
    return file_of(session, place.person, "image/jpeg", long_side)


# --- handing in -----------------------------------------------------------------------------------------------------


def test_a_second_letter_is_a_second_version(session: Session) -> None:
    place = town(session)
    first, second = (file_of(session, place.person) for _ in range(2))
    assert keys(place.officer.press("send_document", file=first.public_id)) == ["utter_letter_received"]
    assert place.application.letter_id == first.id
    place.officer.press("send_document", file=second.public_id)
    assert letters(session, place) == [(1, [first.public_id]), (2, [second.public_id])]
    assert (place.application.letter_id, place.application.state) == (second.id, State.LETTER_RECEIVED)
    assert [one[0] for one in events(session, place.application)] == ["submitted", "letter_received", "letter_received"]


def test_pictures_one_after_the_other_are_pages_of_one_letter(session: Session, catalogues: Catalogues) -> None:
    place = town(session)
    one, two, three = (photo(session, place) for _ in range(3))
    place.officer.press("send_document", file=one.public_id)
    said = place.officer.press("send_document", file=two.public_id)
    assert letters(session, place)[-1] == (2, [one.public_id, two.public_id])
    assert "It has 2 pages so far" in text(catalogues, said)
    place.officer.wait(minutes=PAGES_WITHIN.total_seconds() / 60)
    place.officer.press("send_document", file=three.public_id)
    assert letters(session, place)[-1] == (3, [three.public_id])


def test_an_album_is_one_version_with_its_pages_in_order(session: Session) -> None:
    place = town(session)
    pages = [photo(session, place).public_id for _ in range(3)]
    place.officer.press("send_document", file=pages[0], files=",".join(pages))
    assert letters(session, place) == [(1, pages)]


def test_the_last_page_alone_may_be_the_letter(session: Session) -> None:
    place = town(session)
    wrong, right = photo(session, place), photo(session, place)
    place.officer.press("send_document", file=wrong.public_id)
    said = place.officer.press("send_document", file=right.public_id)
    assert payloads(said) == [f'/send_document{{"file": "{right.public_id}", "do": "anew"}}']
    place.officer.press("send_document", file=right.public_id, do="anew")
    assert letters(session, place)[-1] == (3, [right.public_id])


@pytest.mark.parametrize(("long_side", "small"), [(READABLE - 1, True), (READABLE, False)])
def test_a_small_picture_is_taken_with_a_hint(session: Session, long_side: int, small: bool) -> None:
    place = town(session)
    said = place.officer.press("send_document", file=photo(session, place, long_side).public_id)
    assert ("utter_letter_small" in keys(said)) is small
    assert place.application.state == State.LETTER_RECEIVED


@pytest.mark.parametrize("state", sorted(review.FINAL))
def test_what_comes_after_the_decision_is_passed_to_a_person(session: Session, state: State) -> None:
    place = town(session)
    place.at(state)
    assert keys(place.officer.press("send_document", file=photo(session, place).public_id)) == ["utter_document_passed"]
    assert letters(session, place) == []


def test_a_letter_is_read_by_its_town_and_the_secretariat_and_by_nobody_else(session: Session) -> None:
    place, by, stranger = town(session), reviewer(session), officer(session)
    letter, other = file_of(session, place.person), file_of(session, place.person)
    place.officer.press("send_document", file=letter.public_id)
    may = [access.file_for(session, letter.public_id, one.id) for one in (place.person.contact, by.contact)]
    assert may == [letter, letter]
    assert access.file_for(session, letter.public_id, stranger.contact.id) is None
    assert access.file_for(session, other.public_id, by.contact.id) is None
    assert access.file_for(session, "nothing", by.contact.id) is None


# --- where we are, and back out ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "marks"),
    [
        (State.SUBMITTED, ["done", "now", "next", "next", "next"]),
        (State.LETTER_ISSUED, ["done", "done", "now", "next", "next"]),
        (State.LETTER_RECEIVED, ["done", "done", "done", "now", "next"]),
        (State.IN_REVIEW, ["done", "done", "done", "now", "next"]),
        (State.RETURNED, ["done", "done", "done", "now", "next"]),
        (State.ACCEPTED, ["done"] * 5),
    ],
)
def test_where_we_are_shows_what_is_done_and_what_is_next(
    session: Session, catalogues: Catalogues, state: State, marks: list[str]
) -> None:
    place = town(session)
    place.at(state)
    said = place.officer.press("check_status")
    assert keys(said) == ["utter_stages", "utter_status"]
    lines = said[0].args["lines"]["lines"]
    assert [mark["say"].removeprefix("utter_stage_") for _stage, mark in lines] == marks
    assert place.application.reference in text(catalogues, said)
    assert "{" not in text(catalogues, said)


def test_withdrawing_is_asked_back_and_leaves_team_and_history(session: Session) -> None:
    place = town(session)
    asked = place.officer.press("check_status", application=place.application.reference, do="withdraw")
    assert (keys(asked), place.application.state) == (["utter_withdraw_sure"], State.SUBMITTED)
    assert '"sure": "yes"' in payloads(asked)[0]
    said = place.officer.press("check_status", do="withdraw", sure="yes")
    assert (keys(said), place.application.state) == (["utter_status"], State.WITHDRAWN)
    assert events(session, place.application)[-1] == ("withdrawn", "submitted", "withdrawn")
    team = session.scalars(select(Membership.contact_id).where(Membership.pending.is_(False))).all()
    assert place.person.contact.id in team
    again = place.officer.press("check_status", do="withdraw", sure="yes")
    assert keys(again) == ["utter_status"]
    assert len(events(session, place.application)) == 2


def test_a_button_about_an_earlier_request_withdraws_nothing(session: Session) -> None:
    place = town(session)
    said = place.officer.press("check_status", application="AAAAAAAA", do="withdraw", sure="yes")
    assert (keys(said), place.application.state) == (["utter_stages", "utter_status"], State.SUBMITTED)


def test_withdrawing_can_be_confirmed_while_another_question_is_open(session: Session) -> None:
    place = town(session)
    place.officer.press("log_pledge")
    said = place.officer.press("check_status", do="withdraw")
    assert keys(said) == ["utter_withdraw_sure"]
    assert len(payloads(said)) == 2


@pytest.mark.parametrize(("state", "anew"), [(State.WITHDRAWN, True), (State.DECLINED, True), (State.RETURNED, False)])
def test_after_the_end_a_new_request_may_follow(session: Session, state: State, *, anew: bool) -> None:
    place = town(session)
    place.at(state)
    said = place.officer.press("join_covenant")
    assert ("utter_join_already" not in keys(said)) is anew


# --- the secretariat ------------------------------------------------------------------------------------------------


def test_nobody_else_sees_or_decides_anything(session: Session) -> None:
    by, place = reviewer(session), town(session)
    in_review(session, place, by)
    for do in ("take", "over", "accept", "return", "decline", "none"):
        said = place.officer.press("review_queue", application=place.application.reference, do=do, sure="yes")
        assert keys(said) == ["utter_figures"]
    assert place.application.state == State.IN_REVIEW


def test_more_than_eight_are_shown_in_pages_what_can_be_decided_first(session: Session) -> None:
    by = reviewer(session)
    places = [town(session, f"Town {number}") for number in range(SHOWN + 3)]
    signed(session, places[-1])
    first = payloads(by.press("review_queue"))
    assert places[-1].application.reference in first[0]
    assert (len(first), first[-1]) == (SHOWN + 1, '/review_queue{"page": 1}')
    second = payloads(by.press("review_queue", page=1))
    assert len(second) == 3
    shown = " ".join(first + second)
    assert all(place.application.reference in shown for place in places)
    assert keys(by.press("review_queue", page="x")) == ["utter_queue"]


def test_an_application_is_taken_up_and_accepted_after_a_question(session: Session) -> None:
    by, place = reviewer(session), town(session)
    application = signed(session, place)
    name = application.reference
    shown = by.press("review_queue", application=name)
    assert [one.file for one in shown] == [session.get_one(File, application.letter_id).public_id]
    assert payloads(shown)[0] == f'/review_queue{{"application": "{name}", "do": "take"}}'
    assert f'/review_queue{{"application": "{name}", "do": "accept"}}' in payloads(
        by.press("review_queue", application=name, do="take")
    )
    assert keys(by.press("review_queue", application=name, do="accept")) == ["utter_accept_sure"]
    assert application.state == State.IN_REVIEW
    assert keys(by.press("review_queue", application=name, do="accept", sure="yes")) == ["utter_accept_done"]
    assert application.state == State.ACCEPTED
    assert application.municipality.committed_on == NOW.date()
    assert [one["response"] for one in told(session, place.person)] == ["utter_accepted"]
    assert keys(by.press("review_queue", application=name, do="accept", sure="yes")) == ["utter_accept_already"]
    assert len(told(session, place.person)) == 1


def test_who_comes_second_hears_since_when_and_nothing_about_the_colleague(
    session: Session, catalogues: Catalogues
) -> None:
    by, other, place = reviewer(session), reviewer(session), town(session)
    application = in_review(session, place, by)
    for do in ("take", "accept", "return", "decline", "look"):
        said = other.press("review_queue", application=application.reference, do=do, sure="yes")
        assert keys(said) == ["utter_review_taken", "utter_queue_item"]
        assert by.contact.public_id not in text(catalogues, said)
        assert payloads(said)[0].endswith('"do": "over"}')
    assert other.contact.draft_id is None
    other.press("review_queue", application=application.reference, do="over")
    assert application.reviewer_id == other.contact.id
    assert keys(by.press("review_queue", application=application.reference, do="accept")) == [
        "utter_review_taken",
        "utter_queue_item",
    ]


def test_what_is_not_taken_up_or_has_no_letter_is_not_accepted(session: Session) -> None:
    by, place = reviewer(session), town(session)
    name = place.application.reference
    assert keys(by.press("review_queue", application=name, do="accept", sure="yes")) == ["utter_queue_item"]
    by.press("review_queue", application=name, do="take")
    assert keys(by.press("review_queue", application=name, do="accept", sure="yes")) == ["utter_accept_no_letter"]
    assert place.application.state == State.IN_REVIEW


def test_an_application_is_returned_for_two_fields_mended_just_there_and_back_in_review(
    session: Session, catalogues: Catalogues
) -> None:
    by, place = reviewer(session), town(session)
    application = in_review(session, place, by)
    assert keys(by.press("review_queue", application=application.reference, do="return")) == ["utter_ask_verdict_field"]
    by.choose("verdict_field", "focal_email")
    by.choose("verdict_field", "focal_email")  # an old button, pressed again
    by.choose("verdict_field", "nonsense")
    offered = by.choose("verdict_field", "signatory_title")
    assert not [one for one in payloads(offered) if "focal_email" in one]
    by.press("skip")
    by.tell("The address bounces; who signs?")
    assert application.state == State.IN_REVIEW
    assert keys(by.press("repeat")) == ["utter_return_sure"]
    assert keys(by.press("affirm")) == ["utter_verdict_done"]
    assert (application.state, application.returned_fields) == (State.RETURNED, ["focal_email", "signatory_title"])

    (news,) = told(session, place.person)
    shown = render_all(catalogues, "en", [news])
    assert "mend E-mail and Title of the signatory: The address bounces; who signs?" in shown.text
    assert shown.buttons[0][1] == f'/correct{{"application": "{application.reference}", "do": "mend"}}'

    said = place.officer.press("correct", application=application.reference, do="mend")
    assert keys(said) == ["utter_status", "utter_step"]
    assert said[-1].args["steps"] == 2
    place.officer.tell("Vice Mayor")
    place.officer.tell("bappeda@blitar.example.org")
    review_said = place.officer.press("repeat")
    assert len(review_said[0].args["lines"]["lines"]) == 2
    place.officer.press("affirm")
    assert (application.state, application.returned_fields) == (State.IN_REVIEW, [])
    assert (application.focal_email, application.signatory_title) == ("bappeda@blitar.example.org", "Vice Mayor")
    assert application.focal_phone == "+6281234567801"
    assert [one[0] for one in events(session, application)][-3:] == ["returned", "amended", "mended"]
    assert application.reviewer_id == by.contact.id


def test_a_return_for_the_letter_is_mended_by_a_new_letter(session: Session) -> None:
    by, place = reviewer(session), town(session)
    application = in_review(session, place, by)
    step = Actor(by.contact.id, NOW)
    deciding.send_back(session, application, step, "No stamp.", ["letter"])
    said = place.officer.press("correct", application=application.reference, do="mend")
    assert keys(said) == ["utter_status", "utter_send_document"]
    place.officer.press("send_document", file=file_of(session, place.person).public_id)
    assert application.state == State.IN_REVIEW
    assert len(letters(session, place)) == 2


def test_what_is_left_to_mend_is_said_again(session: Session) -> None:
    by, place = reviewer(session), town(session)
    application = in_review(session, place, by)
    deciding.send_back(session, application, Actor(by.contact.id, NOW), "Both.", ["letter", "focal_post"])
    said = place.officer.press("send_document", file=file_of(session, place.person).public_id)
    assert (keys(said), application.state) == (["utter_letter_received", "utter_status"], State.RETURNED)
    place.officer.press("correct", application=application.reference, do="mend")
    place.officer.tell("Head of environment")
    place.officer.press("affirm")
    assert application.state == State.IN_REVIEW


def test_a_return_without_fields_is_mended_by_any_change(session: Session) -> None:
    by, place = reviewer(session), town(session)
    application = in_review(session, place, by)
    deciding.send_back(session, application, Actor(by.contact.id, NOW), "Please look again.", [])
    place.officer.press("correct", application=application.reference)
    place.officer.press("affirm")
    assert application.state == State.IN_REVIEW


def test_a_change_that_comes_after_the_decision_changes_nothing(session: Session) -> None:
    by, place = reviewer(session), town(session)
    application = in_review(session, place, by)
    place.officer.press("correct", application=application.reference)
    place.officer.choose("focal_post", "Deputy")
    deciding.decline(session, application, Actor(by.contact.id, NOW), "No mandate.")
    assert keys(place.officer.press("affirm")) == ["utter_amend_decided"]
    assert application.focal_post == "Head of planning"


def test_declining_is_asked_back_and_the_team_reads_why(session: Session, catalogues: Catalogues) -> None:
    by, place = reviewer(session), town(session)
    application = in_review(session, place, by)
    assert keys(by.press("review_queue", application=application.reference, do="decline")) == [
        "utter_ask_verdict_reason"
    ]
    by.tell("A province cannot sign for its towns.")
    assert keys(by.press("repeat")) == ["utter_decline_sure"]
    assert application.state == State.IN_REVIEW
    by.press("affirm")
    assert application.state == State.DECLINED
    assert "A province cannot sign for its towns." in render_all(catalogues, "en", told(session, place.person)).text


def test_a_verdict_is_refused_when_somebody_was_faster(session: Session) -> None:
    by, other, place = reviewer(session), reviewer(session), town(session)
    application = in_review(session, place, by)
    by.press("review_queue", application=application.reference, do="decline")
    by.tell("No mandate.")
    review.move(session, application, Event.TAKEN_OVER, Actor(other.contact.id, NOW))
    assert keys(by.press("affirm")) == ["utter_review_taken", "utter_queue_item"]
    assert application.state == State.IN_REVIEW
    assert told(session, place.person) == []


def test_who_lost_the_right_meanwhile_decides_nothing(session: Session) -> None:
    by, place = reviewer(session), town(session)
    application = in_review(session, place, by)
    by.press("review_queue", application=application.reference, do="decline")
    by.tell("No mandate.")
    by.contact.is_secretariat = False
    assert keys(by.press("affirm")) == ["utter_not_for_you"]
    assert application.state == State.IN_REVIEW


def test_a_new_verdict_takes_the_place_of_the_one_that_was_begun(session: Session) -> None:
    by, place = reviewer(session), town(session)
    application = in_review(session, place, by)
    by.press("review_queue", application=application.reference, do="decline")
    by.press("review_queue", application=application.reference, do="return")
    open_ones = session.scalars(select(Draft).where(Draft.contact_id == by.contact.id, Draft.state == DraftState.OPEN))
    assert [one.values["do"] for one in open_ones] == ["return"]


def test_an_unknown_field_is_not_returned(session: Session) -> None:
    by, place = reviewer(session), town(session)
    application = in_review(session, place, by)
    with pytest.raises(LookupError):
        deciding.send_back(session, application, Actor(by.contact.id, NOW), "No.", ["municipality"])
    assert application.state == State.IN_REVIEW


def test_every_field_that_can_be_returned_has_a_name(catalogues: Catalogues) -> None:
    assert {f"utter_label_{one}" for one in deciding.RETURNABLE} <= set(catalogues["en"].sources)
    assert {f"utter_state_{state}" for state in State} <= set(catalogues["en"].sources)


def test_a_colleague_of_the_team_may_mend_and_is_told_as_well(session: Session) -> None:
    by, place, colleague = reviewer(session), town(session), officer(session)
    session.add(Membership(municipality_id=place.application.municipality_id, contact_id=colleague.contact.id))
    application = in_review(session, place, by)
    deciding.send_back(session, application, Actor(by.contact.id, NOW), "Post?", ["focal_post"])
    assert len(told(session, colleague)) == len(told(session, place.person)) == 1
    at_chat = phone(session, colleague)
    at_chat.press("correct", application=application.reference, do="mend")
    at_chat.tell("Head of environment")
    at_chat.press("affirm")
    assert (application.state, application.focal_post) == (State.IN_REVIEW, "Head of environment")
    rows = session.scalars(select(ApplicationEvent).where(ApplicationEvent.event == "amended")).all()
    assert [one.contact_id for one in rows] == [colleague.contact.id]
    assert rows[0].change == {"focal_post": ["Head of planning", "Head of environment"]}
