"""A pledge after it was recorded: the list, its page, who may see it, progress, and taking it back."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.apart import Wish, pledge_in
from covenant import places, pledge_book, pledge_form
from covenant.pledges import SHOWN
from covenant.race_guide import GUIDE
from covenant.review import Actor
from db.messages import File
from db.people import Role
from db.pledges import Pledge, PledgeReport, PledgeState, Progress
from db.records import Draft, DraftState, Membership, Ticket
from locales import render_text
from tests.committed import milestone
from tests.committed import town as committed
from tests.db.applicants import NOW, file_of, keys, officer, payloads, phone
from tests.db.pledgers import pledged, pledger, press, text, town_of

BY = Actor(None, NOW)


def last_event(session: Session, pledge: Pledge) -> str:
    return pledge_book.history(session, pledge)[-1].event


# --- the list -------------------------------------------------------------------------------------------------------


def test_the_list_tells_of_every_state_and_progress_and_leads_to_each_page(session: Session) -> None:
    person, recorded = pledger(session, action="one")
    somebody = officer(session)
    done, back, gone = (pledged(session, somebody, action=name) for name in ("two", "three", "four"))
    for one in (done, back, gone):
        one.contact_id = person.contact.id
    pledge_book.report(session, done, pledge_book.News(Progress.DONE), BY)
    pledge_book.verify(session, done, BY)
    pledge_book.send_back(session, back, "How many?", BY)
    pledge_book.withdraw(session, gone, BY)
    [said] = person.press("list_pledges")
    shown = text(person, [said])
    assert "4 pledges" in shown
    for name, standing in (
        ("one", "recorded; Not started"),
        ("two", "verified; Done"),
        ("three", "sent back to be corrected; Not started"),
        ("four", "withdrawn; Not started"),
    ):
        assert [line for line in shown.splitlines() if name in line and standing in line], name
    pages = [f'/pledge{{"reference": "{one.reference}"}}' for one in (gone, back, done, recorded)]
    assert payloads([said]) == [*pages, GUIDE.payload]


def test_more_than_a_message_shows_is_turned_over_to_the_end(session: Session) -> None:
    person = officer(session)
    made = [pledged(session, person).reference for _ in range(SHOWN + 3)]
    at = phone(session, person)
    first = payloads(at.press("list_pledges"))
    assert (len(first), first[-2:]) == (SHOWN + 2, ['/list_pledges{"page": 1}', GUIDE.payload])
    second = payloads(at.press("list_pledges", page=1))
    assert len(second) == 3 + len([GUIDE])
    assert all(one in " ".join(first + second) for one in made)
    for page in (7, 10**30, -1, "x"):
        assert keys(at.press("list_pledges", page=page)) == ["utter_pledges"]


def test_a_place_is_named_as_its_people_write_it(session: Session) -> None:
    found = next(one for one in places.find(session, "Cần Giờ", "VN") if one.name == "Can Gio")
    person, pledge = pledger(session, place_id=found.place_id, place_name=found.name)
    said = press(person, "pledge", reference=pledge.reference)
    shown = {code: [render_text(person.catalogues[code], one.key, one.args) for one in said] for code in ("vi", "en")}
    assert "Cần Giờ" in shown["vi"][0]
    assert "Can Gio" in shown["en"][0]
    assert shown["en"][0].count("Where:") == 1


def test_a_long_action_is_cut_in_the_list_and_whole_on_its_page(session: Session) -> None:
    person, pledge = pledger(session, action="ເຮົາ" * 100)
    assert pledge.action not in text(person, person.press("list_pledges"))
    assert pledge.action in text(person, press(person, "pledge", reference=pledge.reference))


def test_the_list_in_words_that_name_a_pledge_is_its_page(session: Session) -> None:
    person, pledge = pledger(session)
    pledged(session, officer(session))
    said = person.write("list_pledges", f"what about {pledge.reference.lower()}?")
    assert keys(said) == ["utter_pledge_page", "utter_pledge_history"]


# --- the page -------------------------------------------------------------------------------------------------------


def test_the_page_shows_what_is_recorded_reported_and_what_happened_when(session: Session) -> None:
    person = officer(session)
    town = town_of(session, person)
    pledge = pledged(session, person, town, office="Dinas LH")
    by = Actor(person.contact.id, NOW)
    pledge_book.amend(session, pledge, {"end_year": 2029, "people_max": 1500}, by)
    news = pledge_book.News(Progress.UNDER_WAY, (300, 400), "first row stands", "https://kupang.go.id/a")
    pledge_book.report(session, pledge, news, by)
    pledge_book.send_back(session, pledge, "How were they counted?", BY)
    at = phone(session, person)
    said = press(at, "pledge", reference=pledge.reference.lower())
    shown = text(at, said)
    for part in (
        f"Pledge {pledge.reference}: sent back to be corrected; Under way.",
        "Where: Kupang",
        "People: 1,200–1,500",
        "Dinas LH",
        "Reason: How were they counted?",
        "Under way; people reached so far: 300–400; first row stands; https://kupang.go.id/a",
        "2 December 2026: corrected: People and By the year",
    ):
        assert part in shown, part
    assert [one.title["button"] for one in said[-1].choices] == ["Report progress", "Correct it", "Withdraw it"]


@pytest.mark.parametrize("who", ["stranger", "asked only", "nobody's reference"])
def test_a_foreign_pledge_is_answered_as_one_that_does_not_exist(session: Session, who: str) -> None:
    owner, other = officer(session), officer(session)
    town = town_of(session, owner, *([other] if who == "asked only" else []))
    for one in places_of(session, town.id, other.contact.id):
        one.pending = True
    pledge = pledged(session, owner, town)
    at = phone(session, other)
    wanted = "22222222" if who == "nobody's reference" else pledge.reference
    for do in (None, "report", "correct", "withdraw"):
        said = press(at, "pledge", reference=wanted, do=do)
        assert (keys(said), payloads(said)) == (["utter_pledge_unknown"], ["/list_pledges"])
    assert at.contact.draft_id is None
    assert pledge_in(session, other.contact, pledge.reference) is None
    assert keys(at.write("report_progress", f"{pledge.reference} is done")) != ["utter_report_begin"]


def places_of(session: Session, town_id: int, *contact_ids: int) -> list[Membership]:
    query = select(Membership).where(Membership.municipality_id == town_id, Membership.contact_id.in_(contact_ids))
    return list(session.scalars(query))


def test_the_team_of_the_town_sees_it_too_and_who_left_sees_only_their_own(session: Session) -> None:
    person, colleague = officer(session), officer(session)
    town = town_of(session, person, colleague)
    pledge = pledged(session, person, town)
    at = phone(session, colleague)
    assert keys(press(at, "pledge", reference=pledge.reference))[0] == "utter_pledge_page"
    for one in places_of(session, town.id, colleague.contact.id, person.contact.id):
        session.delete(one)
    session.flush()
    assert keys(press(at, "pledge", reference=pledge.reference)) == ["utter_pledge_unknown"]
    assert keys(press(phone(session, person), "pledge", reference=pledge.reference))[0] == "utter_pledge_page"


@pytest.mark.parametrize(
    ("written", "is_it"),
    [("{}", True), (" #{}. ", True), ("{}?", True), ("is {} verified", False), ("{} {}", False), ("", False)],
)
def test_a_reference_by_itself_leads_to_the_page(session: Session, written: str, *, is_it: bool) -> None:
    person, pledge = pledger(session)
    for reference in (pledge.reference, pledge.reference.lower()):
        found = pledge_in(session, person.contact, written.format(reference, reference))
        assert found == (Wish("pledge", {"reference": pledge.reference}) if is_it else None)


def test_nothing_is_shown_in_a_group_or_before_the_consent(session: Session) -> None:
    person, pledge = pledger(session)
    person.contact.is_group = True
    assert keys(press(person, "pledge", reference=pledge.reference)) == ["utter_group_private"]
    person.contact.is_group, person.contact.role = False, None
    assert "utter_pledge_page" not in keys(press(person, "pledge", reference=pledge.reference))


def test_correct_opens_the_form_with_what_is_recorded(session: Session) -> None:
    person, pledge = pledger(session)
    assert keys(press(person, "pledge", reference=pledge.reference, do="correct")) == ["utter_which_field"]
    draft = session.get_one(Draft, person.contact.draft_id)
    assert (draft.values["pledge_people"], draft.values[pledge_form.CORRECTED]) == (1200, pledge.reference)


# --- withdrawing ----------------------------------------------------------------------------------------------------


def test_withdrawing_says_that_it_is_final_asks_back_and_keeps_the_reason(session: Session) -> None:
    person, pledge = pledger(session)
    [asked] = press(person, "pledge", reference=pledge.reference, do="withdraw")
    assert "final" in text(person, [asked])
    person.tell("The land was sold.")
    assert pledge.state == PledgeState.RECORDED
    sure = person.press("repeat")
    assert keys(sure) == ["utter_pledge_withdraw_sure"]
    assert "The land was sold." in text(person, sure)
    assert keys(person.press("affirm")) == ["utter_pledge_withdrawn"]
    assert (pledge.state, pledge.reason, last_event(session, pledge)) == (
        PledgeState.WITHDRAWN,
        "The land was sold.",
        "withdrawn",
    )
    for do in ("report", "correct", "withdraw"):
        assert keys(press(person, "pledge", reference=pledge.reference, do=do)) == ["utter_pledge_closed"]
    assert payloads(press(person, "pledge", reference=pledge.reference)) == ["/list_pledges"]


def test_the_reason_may_be_skipped_and_the_whole_cancelled(session: Session) -> None:
    person, pledge = pledger(session)
    press(person, "pledge", reference=pledge.reference, do="withdraw")
    person.press("skip")
    person.press("cancel")
    assert (pledge.state, person.contact.draft_id) == (PledgeState.RECORDED, None)
    press(person, "pledge", reference=pledge.reference, do="withdraw")
    person.press("skip")
    person.press("affirm")
    assert (pledge.state, pledge.reason) == (PledgeState.WITHDRAWN, None)


def test_what_a_colleague_withdrew_meanwhile_is_withdrawn_once(session: Session) -> None:
    person, pledge = pledger(session)
    press(person, "pledge", reference=pledge.reference, do="withdraw")
    person.press("skip")
    pledge_book.withdraw(session, pledge, BY, "No money.")
    assert keys(person.press("affirm")) == ["utter_pledge_closed"]
    assert (pledge.reason, len(pledge_book.history(session, pledge))) == ("No money.", 2)


def test_who_left_the_team_withdraws_and_reports_nothing_more(session: Session) -> None:
    person, colleague = officer(session), officer(session)
    town = town_of(session, person, colleague)
    pledge = pledged(session, person, town)
    at = phone(session, colleague)
    press(at, "pledge", reference=pledge.reference, do="report")
    at.choose("report_state", "done")
    press(at, "pledge", reference=pledge.reference, do="withdraw")
    at.press("skip")
    for one in places_of(session, town.id, colleague.contact.id):
        session.delete(one)
    session.flush()
    assert keys(at.press("affirm"))[0] == "utter_pledge_unknown"
    for _ in range(3):
        at.press("skip")
    assert keys(at.press("affirm"))[0] == "utter_pledge_unknown"
    assert (pledge.state, pledge.progress) == (PledgeState.RECORDED, Progress.NOT_STARTED)


# --- progress -------------------------------------------------------------------------------------------------------


def test_the_only_pledge_is_asked_about_and_a_report_with_a_photo_recorded(session: Session) -> None:
    person, pledge = pledger(session)
    said = person.press("report_progress")
    assert keys(said) == ["utter_report_begin", "utter_ask_report_state"]
    assert [one.title["button"] for one in said[-1].choices] == ["Not started", "Under way", "Done", "Delayed"]
    person.tell("in progress")
    person.tell("about 300")
    photo = file_of(session, officer(session), "image/jpeg")
    photo.contact_id = person.contact.id
    person.press("send_document", file=photo.public_id)
    person.tell("first row stands")
    review = text(person, person.press("repeat"))
    assert all(part in review for part in ("400 mangroves", "Under way", "300", photo.name, "first row stands"))
    assert not pledge_book.reports(session, pledge)
    said = person.press("affirm")
    assert keys(said) == ["utter_report_recorded"]
    assert "300" in text(person, said)
    [row] = pledge_book.reports(session, pledge)
    assert (row.progress, row.reached_min, row.note, row.file_id, row.contact_id) == (
        Progress.UNDER_WAY,
        300,
        "first row stands",
        photo.id,
        person.contact.id,
    )
    assert not session.scalars(select(Ticket)).all()


def test_a_report_needs_no_more_than_how_far_it_is_and_done_is_congratulated(session: Session) -> None:
    person, pledge = pledger(session)
    press(person, "pledge", reference=pledge.reference, do="report")
    person.choose("report_state", "done")
    for _ in range(3):
        person.press("skip")
    assert keys(person.press("affirm")) == ["utter_report_recorded", "utter_report_done"]
    assert (pledge.progress, last_event(session, pledge)) == (Progress.DONE, "reported")
    [row] = pledge_book.reports(session, pledge)
    assert (row.reached_min, row.note, row.link, row.file_id) == (None, None, None, None)


@pytest.mark.parametrize(
    ("told", "odd"),
    [(1201, "utter_odd_reached_more"), (299, "utter_odd_reached_less"), (300, None), (1200, None)],
)
def test_an_odd_number_is_asked_back_and_taken_when_it_is_right(session: Session, told: int, odd: str | None) -> None:
    person, pledge = pledger(session)
    pledge_book.report(session, pledge, pledge_book.News(Progress.UNDER_WAY, (300, 400)), BY)
    press(person, "pledge", reference=pledge.reference, do="report")
    person.choose("report_state", "under_way")
    said = person.choose("report_people", told)
    draft = session.get_one(Draft, person.contact.draft_id)
    if odd:
        assert (keys(said), draft.field) == ([odd], "report_people")
        assert keys(person.press("correct", field="report_people"))[-1] == "utter_ask_report_people"
        assert keys(person.choose("report_people", told)) == [odd]
        said = person.choose("report_people", "keep")
    assert keys(said) == ["utter_ask_report_files"]
    assert draft.values["report_people"] == told


def test_a_pledge_about_emissions_is_not_asked_for_people(session: Session) -> None:
    person, pledge = pledger(session, campaign="zero", people_min=None, people_max=None)
    press(person, "pledge", reference=pledge.reference, do="report")
    assert keys(person.choose("report_state", "delayed")) == ["utter_ask_report_files"]


def test_which_of_several_pledges_and_milestones_has_moved(session: Session) -> None:
    person = officer(session)
    town = committed(session, person)
    first, second = (pledged(session, person, town, action=name) for name in ("trees", "dikes"))
    done = pledged(session, person, town)
    pledge_book.report(session, done, pledge_book.News(Progress.DONE), BY)
    pledge_book.withdraw(session, pledged(session, person, town), BY)
    at = phone(session, person)
    [asked] = at.press("report_progress")
    named = [one for one in payloads([asked]) if one.startswith("/pledge")]
    assert named == [f'/pledge{{"reference": "{one.reference}", "do": "report"}}' for one in (second, first)]
    inventory = f'/report_progress{{"milestone": "{milestone(session, town).id}"}}'
    assert inventory in payloads([asked])
    assert len(payloads([asked])) <= 10
    number = str(milestone(session, town).id)
    assert keys(at.press("report_progress", milestone=number))[0] == "utter_evidence_begin"


def test_many_pledges_are_bounded_with_the_list_behind(session: Session) -> None:
    person = officer(session)
    for _ in range(12):
        pledged(session, person)
    offered = payloads(phone(session, person).press("report_progress"))
    assert (len(offered), offered[-1]) == (10, "/list_pledges")


def test_a_done_pledge_is_offered_where_nothing_else_is(session: Session) -> None:
    person, pledge = pledger(session)
    pledge_book.report(session, pledge, pledge_book.News(Progress.DONE), BY)
    assert keys(person.press("report_progress"))[0] == "utter_report_begin"


def test_who_has_nothing_to_report_on_hears_what_to_do(session: Session) -> None:
    person = officer(session)
    assert keys(phone(session, person).press("report_progress")) == ["utter_deadlines_general"]
    person.contact.role = Role.COMMUNITY
    said = phone(session, person).press("report_progress")
    assert (keys(said), payloads(said)) == (["utter_pledges_none"], ["/log_pledge"])


def test_a_report_goes_on_where_it_stopped_and_another_pledge_begins_anew(session: Session) -> None:
    person, pledge = pledger(session)
    other = pledged(session, officer(session))
    other.contact_id = person.contact.id
    press(person, "pledge", reference=pledge.reference, do="report")
    person.choose("report_state", "done")
    assert keys(person.press("report_progress"))[:2] == ["utter_go_on", "utter_ask_report_people"]
    assert keys(press(person, "pledge", reference=pledge.reference, do="report"))[0] == "utter_go_on"
    assert keys(press(person, "pledge", reference=other.reference, do="report"))[-1] == "utter_ask_report_state"
    states = session.scalars(select(Draft.state).where(Draft.contact_id == person.contact.id).order_by(Draft.id))
    assert list(states) == [DraftState.CANCELLED, DraftState.OPEN]


def test_several_files_are_one_report(session: Session) -> None:
    person, pledge = pledger(session)
    press(person, "pledge", reference=pledge.reference, do="report")
    person.choose("report_state", "done")
    files = [
        File(contact_id=person.contact.id, name=name, media_type="image/png", size=1, sha256="0" * 64) for name in "ab"
    ]
    session.add_all(files)
    session.flush()
    person.press("send_document", files=",".join(one.public_id for one in files))
    while session.get_one(Draft, person.contact.draft_id).field:
        person.press("skip")
    person.press("affirm")
    assert set(session.scalars(select(PledgeReport.file_id))) == {one.id for one in files}
    shown = text(person, press(person, "pledge", reference=pledge.reference))
    assert shown.count("progress reported") == 1
    assert shown.count(": Done") == 1


def test_what_was_withdrawn_meanwhile_takes_no_report(session: Session) -> None:
    person, pledge = pledger(session)
    press(person, "pledge", reference=pledge.reference, do="report")
    person.choose("report_state", "done")
    for _ in range(3):
        person.press("skip")
    pledge_book.withdraw(session, pledge, BY)
    assert keys(person.press("affirm")) == ["utter_pledge_closed"]
    assert not pledge_book.reports(session, pledge)
