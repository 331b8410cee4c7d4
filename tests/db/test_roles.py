"""A focal point sees the team, changes and ends roles; nobody else does, and no town is ever without a focal point."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from covenant import outbox, teams
from covenant.messages import Say, render_all
from db.people import Address, Contact
from db.records import Membership, TeamRole
from db.teams import MembershipEvent
from locales import Catalogues
from tests.db.applicants import Town, keys, officer, payloads, phone, told, town
from tests.db.test_succession import press
from tests.people import Somebody


@pytest.fixture
def place(session: Session) -> Town:
    """A town with its focal point alone."""
    found = town(session)
    session.query(Membership).update({Membership.role: TeamRole.FOCAL})
    return found


def member(session: Session, place: Town, role: TeamRole = TeamRole.OFFICER, name: str | None = None) -> Somebody:
    """Somebody of the town's team."""
    person = officer(session)
    municipality_id = place.application.municipality_id
    session.add(Membership(municipality_id=municipality_id, contact_id=person.contact.id, role=role, asked_as=name))
    session.flush()
    return person


def number(session: Session, person: Somebody) -> int:
    return session.scalars(select(Membership.id).where(Membership.contact_id == person.contact.id)).one()


def role(session: Session, place: Town, person: Somebody) -> TeamRole | None:
    session.expire_all()
    return teams.role_of(session, person.contact, place.application.municipality)


def do(session: Session, place: Town, person: Somebody, what: str, sure: str = "") -> list[Say]:
    more = f', "sure": "{sure}"' if sure else ""
    return press(place.officer, f'/team{{"id": {number(session, person)}, "do": "{what}"{more}}}')


def history(session: Session) -> list[tuple[str, int | None, int | None]]:
    columns = MembershipEvent.event, MembershipEvent.contact_id, MembershipEvent.by_id
    return [tuple(row) for row in session.execute(select(*columns).order_by(MembershipEvent.id))]


def test_the_focal_point_sees_everybody_with_name_and_role(
    session: Session, place: Town, catalogues: Catalogues
) -> None:
    member(session, place, TeamRole.SIGNATORY)
    member(session, place, TeamRole.SECOND, "Sri Wahyuni")
    nameless, waiting = member(session, place), officer(session)
    session.add(
        Membership(
            municipality_id=place.application.municipality_id,
            contact_id=waiting.contact.id,
            pending=True,
            asked_as="Not Yet",
        )
    )
    offered = press(place.officer, "/invite")
    assert "/team" in payloads(offered)
    [said] = press(place.officer, "/team")
    text = render_all(catalogues, "en", [said.as_json()]).text
    for line in ("Agus Wibowo: Focal point", "Sri Wahyuni: Second focal point", "Ratna Sari: Who signs", "since"):
        assert line in text
    assert ": Officer" in text
    assert "Not Yet" not in text
    assert "{" not in text
    assert len([one for one in payloads([said]) if one.startswith("/team{")]) == 3, "not the focal point"
    assert f'/team{{"id": {number(session, nameless)}}}' in payloads([said])


def test_an_address_is_no_name(session: Session, place: Town, catalogues: Catalogues) -> None:
    person = member(session, place)
    session.query(Address).filter_by(id=person.address.id).update(
        {Address.channel: outbox.EMAIL, Address.external_id: "dewi@example.org"}
    )
    session.expire_all()
    text = render_all(catalogues, "en", [one.as_json() for one in press(place.officer, "/team")]).text
    assert "dewi" not in text


def test_an_officer_becomes_the_second_focal_point_and_back(session: Session, place: Town) -> None:
    person, by = member(session, place), place.person.contact.id
    shown = press(place.officer, f'/team{{"id": {number(session, person)}}}')
    assert keys(shown) == ["utter_team_one"]
    assert keys(press(place.officer, payloads(shown)[0])) == ["utter_team"]
    assert role(session, place, person) == TeamRole.SECOND
    climb = teams.climbs(session, [place.application.municipality_id])[place.application.municipality_id]
    assert [one.id for one in climb] == [by, person.contact.id]
    do(session, place, person, "officer")
    do(session, place, person, "officer")
    assert role(session, place, person) == TeamRole.OFFICER
    assert [one["args"]["role"]["say"] for one in told(session, person)] == [  # type: ignore[index]
        "utter_label_second_name",
        "utter_team_officer",
    ]
    assert history(session) == [
        ("became_second", person.contact.id, by),
        ("became_officer", person.contact.id, by),
    ]


def test_a_role_is_ended_after_a_question_and_the_person_hears_it(session: Session, place: Town) -> None:
    person = member(session, place, TeamRole.SECOND)
    asked = do(session, place, person, "end")
    assert keys(asked) == ["utter_team_end_sure"]
    assert role(session, place, person) == TeamRole.SECOND
    press(place.officer, payloads(asked)[0])
    assert role(session, place, person) is None
    assert [one["response"] for one in told(session, person)] == ["utter_team_role_ended"]
    assert history(session) == [("ended", person.contact.id, place.person.contact.id)]
    assert keys(press(phone(session, person), "/invite"))[0] == "utter_hand_over", "they have nothing to hand over"


@pytest.mark.parametrize("what", ["second", "officer", "end"])
def test_the_focal_point_cannot_lock_the_town_out(session: Session, place: Town, what: str) -> None:
    said = do(session, place, place.person, what, sure="yes")
    assert keys(said) == ["utter_team_keep"]
    assert payloads(said)[0] == '/invite{"kind": "successor"}'
    assert role(session, place, place.person) == TeamRole.FOCAL


@pytest.mark.parametrize("by", [TeamRole.SECOND, TeamRole.OFFICER, TeamRole.SIGNATORY, None])
def test_nobody_else_sees_or_changes_anything(session: Session, place: Town, by: TeamRole | None) -> None:
    person = member(session, place)
    other = phone(session, member(session, place, by) if by else officer(session))
    for what in ("look", "second", "end"):
        pressed = f'/team{{"id": {number(session, person)}, "do": "{what}", "sure": "yes"}}'
        assert keys(press(other, pressed)) == ["utter_invite_not"]
    assert role(session, place, person) == TeamRole.OFFICER
    assert not told(session, person)


def test_people_of_another_town_stay_as_they_are(session: Session, place: Town) -> None:
    elsewhere = town(session, "Nganjuk")
    stranger = member(session, elsewhere)
    assert keys(do(session, place, stranger, "end", sure="yes")) == ["utter_team"]
    assert keys(press(place.officer, '/team{"id": "x", "do": "end"}')) == ["utter_team"]
    assert role(session, elsewhere, stranger) == TeamRole.OFFICER


@pytest.mark.parametrize("before", [None, TeamRole.OFFICER])
def test_who_accepts_to_be_second_is_it_also_out_of_the_team(
    session: Session, place: Town, before: TeamRole | None
) -> None:
    person = member(session, place, before) if before else officer(session)
    at = phone(session, person)
    made = press(place.officer, '/invite{"kind": "second"}')
    shown = press(at, str(made[0].args["code"]))
    assert keys(shown) == ["utter_invitation_second"]
    assert keys(press(at, payloads(shown)[0]))[0] == "utter_invitation_done"
    assert role(session, place, person) == TeamRole.SECOND
    assert role(session, place, place.person) == TeamRole.FOCAL


def test_an_invitation_takes_no_rank_away(session: Session, place: Town) -> None:
    person = member(session, place, TeamRole.SECOND)
    contact = session.get_one(Contact, person.contact.id)
    now = place.officer.now
    town_row = place.application.municipality
    assert teams.admit(session, contact, town_row, TeamRole.OFFICER, place.person.contact, now) == TeamRole.SECOND
