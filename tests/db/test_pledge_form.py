"""The form of a pledge: what a sentence fills, several answers to one question, what is odd, correcting afterwards."""

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.inhabitant import Inhabitant
from covenant import pledge_book, pledge_form
from covenant.messages import Say
from covenant.review import Actor
from db.people import Purpose, Role
from db.pledges import Campaign, Counting, Pledge, PledgeState, TargetKind
from db.records import Draft, Membership, Municipality
from locales import render_text
from tests.db.applicants import NOW, keys, officer, phone

MANGROVES = "kami akan tanam 400 mangrove untuk 1.200 warga pesisir sampai 2028"


def at(session: Session, *, town: str | None = None, role: Role = Role.COMMUNITY) -> Inhabitant:
    person = officer(session, Purpose.KEEPING)
    person.contact.role, person.contact.language = role, "id"
    if town:
        row = Municipality(name=town, country="ID")
        session.add(row)
        session.flush()
        session.add(Membership(municipality_id=row.id, contact_id=person.contact.id))
        session.flush()
    return phone(session, person)


def draft_of(person: Inhabitant) -> Draft:
    return person.session.get_one(Draft, person.contact.draft_id)


def asked(person: Inhabitant) -> str | None:
    return draft_of(person).field


def the_pledge(session: Session) -> Pledge:
    return session.scalars(select(Pledge).order_by(Pledge.id.desc())).one()


def text(person: Inhabitant, said: list[Say]) -> str:
    catalogue = person.catalogues["en"]
    return "\n".join(render_text(catalogue, one.key, one.args) for one in said)


def enough(person: Inhabitant) -> None:
    """Answer what is left of a community's pledge with no details, and send it."""
    for field, value in (
        ("pledge_campaign", "resilience"),
        ("pledge_hazards", "flood: flash/surface flood"),
        ("pledge_hazards", "keep"),
        ("pledge_people", 1200),
        ("pledge_year", 2028),
    ):
        if field not in draft_of(person).values or value == "keep":
            person.choose(field, value)
    while asked(person) == "pledge_place":
        person.press("skip")
    person.choose("pledge_more", "no")
    person.press("affirm")


# --- a sentence in one go -------------------------------------------------------------------------------------------


def test_what_a_sentence_says_is_read_back_and_not_asked_again(session: Session) -> None:
    person = at(session)
    said = person.write("log_pledge", MANGROVES)
    assert keys(said) == ["utter_pledge_understood", "utter_step"]
    shown = text(person, said)
    assert "1,200" in shown
    assert "2028" in shown
    assert "Coast and fishers" in shown
    assert asked(person) == "pledge_campaign"
    person.choose("pledge_campaign", "resilience")
    assert asked(person) == "pledge_hazards"
    person.tell("banjir rob dan abrasi")
    assert asked(person) == "pledge_place"
    person.press("skip")
    assert asked(person) == "pledge_more"


def test_a_sentence_told_as_the_action_fills_the_rest(session: Session) -> None:
    person = at(session)
    person.press("log_pledge")
    person.tell(MANGROVES)
    assert asked(person) == "pledge_campaign"
    assert draft_of(person).values["pledge_people"] == 1200
    assert draft_of(person).values["pledge_year"] == 2028


def test_going_back_leads_to_what_was_asked_and_not_to_what_was_said(session: Session) -> None:
    person = at(session)
    person.write("log_pledge", MANGROVES)
    person.choose("pledge_campaign", "resilience")
    person.tell("banjir")
    assert asked(person) == "pledge_place"
    said = person.press("go_back")
    assert asked(person) == "pledge_hazards", "the people and the year were in the sentence"
    assert "Flood" in text(person, said)
    person.press("go_back")
    assert asked(person) == "pledge_campaign"
    person.press("go_back")
    assert asked(person) == "pledge_campaign", "it was the first question"
    person.press("correct", field="pledge_year")
    person.press("go_back")
    assert asked(person) == "pledge_hazards"


def test_a_mere_wish_is_no_action(session: Session) -> None:
    person = at(session)
    said = person.write("log_pledge", "kami mau mencatat ikrar soal banjir")
    assert asked(person) == "pledge_action"
    assert keys(said) == ["utter_pledge_understood", "utter_step"]
    assert draft_of(person).values["pledge_hazards"] == ["flood: flash/surface flood"]


def test_a_whole_pledge_is_one_whatever_the_classifier_made_of_it(session: Session) -> None:
    person = at(session)
    said = person.write("unclear", MANGROVES)
    assert keys(said)[0] == "utter_pledge_understood"
    assert asked(person) == "pledge_campaign"


def test_what_is_no_pledge_stays_unclear(session: Session) -> None:
    person = at(session)
    assert "utter_pledge_understood" not in keys(person.write("unclear", "1.200 warga"))
    assert person.contact.draft_id is None


def test_an_open_form_is_gone_on_with(session: Session) -> None:
    person = at(session)
    person.write("log_pledge", MANGROVES)
    person.choose("pledge_campaign", "resilience")
    assert keys(person.write("log_pledge", "mau catat ikrar"))[0] == "utter_go_on"
    assert draft_of(person).values["pledge_people"] == 1200


# --- several answers ------------------------------------------------------------------------------------------------


def test_hazards_are_chosen_one_by_one_and_taken_back(session: Session) -> None:
    person = at(session)
    person.write("log_pledge", MANGROVES)
    person.choose("pledge_campaign", "resilience")
    said = person.choose("pledge_hazards", "flood: flash/surface flood")
    assert "Flood" in text(person, said)
    titles = [choice.title for choice in said[-1].choices]
    assert titles[0] == {"say": "utter_chosen", "args": {"option": {"button": "Flood"}}}
    person.choose("pledge_hazards", "water: drought")
    person.choose("pledge_hazards", "flood: flash/surface flood")
    assert draft_of(person).values["pledge_hazards"] == ["water: drought"]
    assert asked(person) == "pledge_hazards"
    person.choose("pledge_hazards", "keep")
    assert asked(person) == "pledge_place"


def test_that_is_all_with_nothing_chosen_asks_again(session: Session) -> None:
    person = at(session)
    person.write("log_pledge", MANGROVES)
    person.choose("pledge_campaign", "resilience")
    person.choose("pledge_hazards", "keep")
    assert asked(person) == "pledge_hazards"
    person.choose("pledge_hazards", "water: drought")
    person.choose("pledge_hazards", "water: drought")
    person.choose("pledge_hazards", "keep")
    assert asked(person) == "pledge_hazards"


def test_no_more_than_the_most_are_taken(session: Session) -> None:
    person = at(session)
    person.write("log_pledge", MANGROVES)
    person.press("correct", field="pledge_audiences")
    for audience in ("farmer", "business"):
        person.choose("pledge_audiences", audience)
    assert draft_of(person).values["pledge_audiences"] == ["coast/fisher", "farmer", "business"]
    assert asked(person) == "pledge_campaign"


# --- what is odd ----------------------------------------------------------------------------------------------------


def test_a_past_year_is_asked_back_and_may_be_right(session: Session) -> None:
    person = at(session)
    person.write("log_pledge", MANGROVES)
    said = person.choose("pledge_year", 2020)
    assert keys(said) == ["utter_odd_year_past"]
    said = person.choose("pledge_year", "keep")
    assert asked(person) == "pledge_campaign"
    person.choose("pledge_year", 2019)
    assert asked(person) == "pledge_year", "another odd value is another question"


def test_families_are_not_people(session: Session) -> None:
    person = at(session)
    person.write("log_pledge", "kami mau mencatat ikrar soal banjir")
    person.choose("pledge_people", "300 KK")
    assert "pledge_people" not in draft_of(person).values


def test_a_target_of_race_to_zero_is_checked(session: Session) -> None:
    person = at(session, town="Kota Lama", role=Role.MUNICIPAL)
    person.press("log_pledge")
    person.tell("kami ganti semua lampu jalan dengan LED")
    person.choose("pledge_campaign", "zero")
    assert asked(person) == "pledge_target"
    person.choose("pledge_target", "base_year")
    person.tell("2019")
    assert keys(person.choose("pledge_percent", "400%")) == ["utter_odd_percent"]
    person.choose("pledge_percent", 40)
    assert keys(person.choose("pledge_year", 2055)) == ["utter_odd_year_zero"]
    person.choose("pledge_year", 2035)
    person.choose("pledge_more", "yes")
    assert asked(person) == "pledge_audiences"
    person.press("skip")
    person.press("skip")
    person.choose("pledge_boundary", "community")
    for _ in range(3):
        person.press("skip")
    assert asked(person) is None
    person.press("affirm")
    pledge = the_pledge(session)
    assert pledge.campaign == Campaign.ZERO
    assert pledge.people_min is None
    assert (pledge.target.kind, pledge.target.base_year, pledge.target.percent) == (TargetKind.BASE_YEAR, 2019, 40)
    assert pledge.target.boundary == "community"
    assert pledge.municipality.name == "Kota Lama"


# --- recorded -------------------------------------------------------------------------------------------------------


def test_everything_that_was_answered_is_recorded(session: Session) -> None:
    person = at(session)
    person.write("log_pledge", MANGROVES)
    answers: dict[str, Any] = {
        "pledge_campaign": "resilience",
        "pledge_place": {"name": "Desa Tanjung Sari"},
        "pledge_more": "yes",
        "pledge_counting": "listed",
        "pledge_area": "coastal",
        "pledge_start": 2027,
    }
    person.choose("pledge_campaign", "resilience")
    person.tell("banjir rob, abrasi")
    for field, value in answers.items():
        person.choose(field, value)
    person.press("correct", field="pledge_attributes")
    person.choose("pledge_attributes", "assets")
    person.choose("pledge_attributes", "preparedness")
    person.choose("pledge_attributes", "keep")
    person.tell("Kelompok Tani Bahari")
    person.choose("pledge_public", "yes")
    assert asked(person) is None
    person.press("affirm")
    pledge = the_pledge(session)
    assert pledge.action == MANGROVES
    assert pledge.audiences == ["coast/fisher"]
    assert pledge.hazards[0] == "flood: coastal flood"
    assert (pledge.people_min, pledge.people_max, pledge.counting) == (1200, 1200, Counting.LISTED)
    assert (pledge.area, pledge.start_year, pledge.end_year) == ("coastal", 2027, 2028)
    assert (pledge.office, pledge.is_public, pledge.place_name) == ("Kelompok Tani Bahari", True, "Desa Tanjung Sari")
    assert sorted(pledge.attributes) == ["assets", "preparedness"]


def test_an_answer_that_no_longer_applies_is_not_recorded(session: Session) -> None:
    person = at(session)
    person.write("log_pledge", MANGROVES)
    person.choose("pledge_campaign", "zero")
    person.choose("pledge_target", "fixed_level")
    person.choose("pledge_level", 25000)
    person.press("skip")
    person.choose("pledge_more", "no")
    person.press("affirm")
    pledge = the_pledge(session)
    assert (pledge.people_min, pledge.hazards) == (None, [])
    assert (pledge.target.level, pledge.target.percent) == (25000, None)


# --- corrected ------------------------------------------------------------------------------------------------------


def recorded(session: Session, person: Inhabitant) -> Pledge:
    person.write("log_pledge", MANGROVES)
    enough(person)
    return the_pledge(session)


def test_a_verified_pledge_that_is_corrected_waits_again(session: Session) -> None:
    person = at(session)
    pledge = recorded(session, person)
    pledge_book.verify(session, pledge, Actor(None, NOW))
    said = pledge_form.correct(person._turn("list_pledges"), pledge)
    assert keys(said) == ["utter_which_field"]
    person.press("correct", field="pledge_people")
    person.choose("pledge_people", 900)
    assert asked(person) is None
    assert keys(person.press("affirm"))[0] == "utter_pledge_corrected_anew"
    session.refresh(pledge)
    assert (pledge.people_min, pledge.state) == (900, PledgeState.RECORDED)
    assert pledge.action == MANGROVES
    assert session.scalars(select(Pledge)).all() == [pledge]


def test_a_correction_that_changes_nothing_leaves_it_verified(session: Session) -> None:
    person = at(session)
    pledge = recorded(session, person)
    pledge_book.verify(session, pledge, Actor(None, NOW))
    pledge_form.correct(person._turn("list_pledges"), pledge)
    draft_of(person).field = None
    assert keys(person.press("affirm"))[0] == "utter_pledge_unchanged"
    session.refresh(pledge)
    assert pledge.state == PledgeState.VERIFIED


def test_what_was_withdrawn_meanwhile_is_not_corrected(session: Session) -> None:
    person = at(session)
    pledge = recorded(session, person)
    pledge_form.correct(person._turn("list_pledges"), pledge)
    pledge_book.withdraw(session, pledge, Actor(None, NOW))
    person.press("correct", field="pledge_people")
    person.choose("pledge_people", 900)
    assert keys(person.press("affirm"))[0] == "utter_pledge_closed"
    assert pledge.people_min == 1200


def test_a_correction_leaves_a_pledge_where_it_was_made(session: Session) -> None:
    person = at(session)
    person.write("log_pledge", MANGROVES)
    person.choose("pledge_campaign", "resilience")
    person.tell("banjir rob, abrasi")
    person.choose("pledge_place", {"name": "Desa Tanjung Sari"})
    person.choose("pledge_more", "no")
    person.press("affirm")
    pledge = the_pledge(session)
    row = Municipality(name="Kota Baru", country="MY")
    session.add(row)
    session.flush()
    session.add(Membership(municipality_id=row.id, contact_id=person.contact.id))
    session.flush()
    pledge_form.correct(person._turn("list_pledges"), pledge)
    person.press("correct", field="pledge_people")
    person.choose("pledge_people", 900)
    person.press("affirm")
    session.refresh(pledge)
    assert (pledge.people_min, pledge.place_name, pledge.country) == (900, "Desa Tanjung Sari", "ID")
    assert pledge.municipality_id is None


def test_who_has_left_the_team_corrects_nothing_any_more(session: Session) -> None:
    person = at(session, town="Kota Lama", role=Role.MUNICIPAL)
    person.write("log_pledge", MANGROVES)
    enough(person)
    pledge = the_pledge(session)
    pledge_form.correct(person._turn("list_pledges"), pledge)
    pledge.contact_id = None
    session.execute(delete(Membership))
    person.press("correct", field="pledge_people")
    person.choose("pledge_people", 900)
    assert keys(person.press("affirm"))[0] == "utter_pledge_unknown"
    assert pledge.people_min == 1200
