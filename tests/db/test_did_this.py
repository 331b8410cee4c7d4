"""Did this: from a tip to a pledge that is filled in so far."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from covenant import did_this, pledge_fields
from covenant.tips import DID, HAZARDS, all_tips
from covenant.values.hazards import hazards
from db.pledges import Pledge
from db.records import Draft
from tests.db.applicants import keys, officer, payloads, phone
from tests.db.pledgers import press, text


def test_the_button_under_tips_asks_which_thanks_and_records(session: Session) -> None:
    person = phone(session, officer(session))
    offered = payloads(person.press("get_tips", hazard="flood"))
    [did] = [one for one in offered if one.startswith(f"/{DID}")]
    assert did == f'/{DID}{{"tips": "tip_F01,tip_F03"}}'
    asked = press(person, DID, tips="tip_F01,tip_F03")
    assert (keys(asked), payloads(asked)) == (
        ["utter_did_which"],
        [f'/{DID}{{"tips": "tip_F01"}}', f'/{DID}{{"tips": "tip_F03"}}'],
    )
    thanked = press(person, DID, tips="tip_F03")
    assert keys(thanked) == ["utter_did_thanks"]
    assert "Practise it." in text(person, thanked)
    assert person.contact.draft_id is None, "nothing is opened unasked"
    press(person, DID, tips="tip_F03", do="pledge")
    draft = session.get_one(Draft, person.contact.draft_id)
    assert draft.values["pledge_hazards"] == ["flood: flash/surface flood"]
    for field, value in (("pledge_campaign", "resilience"), ("pledge_people", 40), ("pledge_year", 2027)):
        person.choose(field, value)
    person.press("skip")
    person.choose("pledge_more", "no")
    person.press("affirm")
    pledge = session.scalars(select(Pledge)).one()
    assert (pledge.measure, pledge.hazards) == ("tip_F03", ["flood: flash/surface flood"])
    assert pledge.action.startswith("Make a plan with your household")


def test_the_measure_is_in_the_language_of_who_did_it(session: Session) -> None:
    person = phone(session, officer(session))
    person.contact.language = "id"
    press(person, DID, tips="tip_F03", do="pledge")
    action = session.get_one(Draft, person.contact.draft_id).values["pledge_action"]
    assert action == person.catalogues["id"].text("tip_F03")
    assert action != person.catalogues["en"].text("tip_F03")


@pytest.mark.parametrize("tips", ["", "tip_X99", None])
def test_a_button_of_an_earlier_time_leads_to_the_tips(session: Session, tips: str | None) -> None:
    said = press(phone(session, officer(session)), DID, tips=tips)
    assert (keys(said), payloads(said)) == (["utter_button_old"], ["/get_tips"])


def test_who_is_new_is_welcomed_before_anything_is_kept(session: Session) -> None:
    person = phone(session, officer(session))
    person.contact.role = None
    press(person, DID, tips="tip_F03", do="pledge")
    assert session.get_one(Draft, person.contact.draft_id).journey == "welcome"


def test_every_shelf_has_a_danger_of_the_framework_that_the_form_offers() -> None:
    assert set(did_this.HAZARDS) == set(HAZARDS) == {one.hazard for one in all_tips()}
    assert set(did_this.HAZARDS.values()) <= set(hazards())
    assert set(did_this.HAZARDS.values()) == {one.value for one in pledge_fields.HAZARDS}
