"""Pledges through the worker, with a Rasa that is dead: what is answered apart needs none."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from actions.door import Door
from bot import ports
from bot.conversation import Turns
from bot.rasa import Rasa
from covenant import pledge_book
from covenant.review import Actor
from db.engine import Sessions
from db.people import Contact
from db.pledges import Pledge, PledgeState
from locales import Catalogues
from tests.db.applicants import NOW
from tests.db.test_linking import Phone


@pytest.fixture
def turns(nobody_yet: Sessions, catalogues: Catalogues) -> Iterator[Turns]:
    rasa = Rasa(f"http://127.0.0.1:{ports.free_port()}")
    yield Turns(nobody_yet, catalogues, rasa, Door(nobody_yet, catalogues))
    rasa.close()


def pledged(turns: Turns, phone: Phone) -> str:
    with turns.sessions.begin() as session:
        pledge = Pledge(contact_id=phone.contact, action="400 mangroves", people_min=1200, people_max=1200)
        return pledge_book.record(session, pledge, Actor(phone.contact, NOW)).reference


def state(turns: Turns) -> PledgeState:
    with turns.sessions() as session:
        return session.scalars(select(Pledge.state)).one()


def test_a_typed_reference_leads_to_the_page_and_its_buttons_on(turns: Turns) -> None:
    phone = Phone(turns).agree()
    reference = pledged(turns, phone)
    assert "400 mangroves" in phone.ask(f" {reference.lower()}.")
    report, correct, withdraw = phone.buttons()
    assert "How far is it?" in phone.ask(payload=report)
    assert "What would you like to change?" in phone.ask(payload=correct)
    assert "final" in phone.ask(payload=withdraw)
    assert state(turns) == PledgeState.RECORDED


def test_the_secretariat_verifies_by_buttons_and_the_pledger_hears_of_it_once(turns: Turns) -> None:
    phone, office = Phone(turns).agree(), Phone(turns).agree()
    reference = pledged(turns, phone)
    with turns.sessions.begin() as session:
        session.get_one(Contact, office.contact).is_secretariat = True
    assert reference in office.ask(payload="/verify_pledge")
    assert "How reliable" in office.ask(payload=office.buttons()[0])
    high = office.buttons()[0]
    assert f"Pledge {reference}: verified." in office.ask(payload=high)
    assert "Somebody was quicker" in office.ask(payload=high)
    assert (state(turns), phone.heard()) == (PledgeState.VERIFIED, ["utter_pledge_verified"])
