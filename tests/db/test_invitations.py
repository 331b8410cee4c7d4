"""Change of staff: one-time links move exactly the rights they name, once, and only by who has them."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select, update

from actions.door import Door
from bot import ports, qr
from bot.clock import Clock
from bot.conversation import Turns
from bot.handouts import Handouts
from bot.rasa import Rasa
from bot.store import Folder
from covenant import privacy, teams
from covenant.codes import INVITING, code_in
from covenant.invitations import KEPT, MOST_OPEN, VALID
from covenant.linking import MOST_TRIES
from db.engine import Sessions
from db.messages import Conversation, Inbound, InboundState, Outbound, OutboundState
from db.people import Contact, Role
from db.records import (
    Application,
    ApplicationEvent,
    Draft,
    DraftEvent,
    DraftState,
    Membership,
    Municipality,
    TeamRole,
    Ticket,
)
from db.teams import Invitation, InvitationState, MembershipEvent
from locales import Catalogues
from tests.db.test_linking import DOORS, Phone, answer_all, english, together
from tests.people import SECRET


@pytest.fixture
def turns(nobody_yet: Sessions, catalogues: Catalogues) -> Iterator[Turns]:
    """What answers, with a Rasa that is dead: nothing here may need it."""
    rasa = Rasa(f"http://127.0.0.1:{ports.free_port()}")
    yield Turns(
        nobody_yet, catalogues, rasa, Door(nobody_yet, catalogues, doors=DOORS, telegram_name=lambda: "kawan_bot")
    )
    rasa.close()


class Town:
    """A town with its focal point, who sent its request, and perhaps others."""

    def __init__(self, turns: Turns, name: str = "Gianyar") -> None:
        self.turns, self.name = turns, name
        self.focal = Phone(turns).agree()
        with turns.sessions.begin() as session:
            row = Municipality(name=name, country="ID")
            session.add(row)
            session.flush()
            self.id, self.public_id = row.id, row.public_id
            teams.enter(session, session.get_one(Contact, self.focal.contact), row, datetime.now(UTC))
            application = Application(
                municipality_id=row.id,
                contact_id=self.focal.contact,
                signatory_name="I Made Mahayastra",
                signatory_title="Bupati",
                focal_name="Wayan Sudarsana",
                focal_phone="+6281234567890",
                focal_email="wayan@gianyar.go.id",
                submitted_at=datetime.now(UTC),
            )
            session.add(application)

    def member(self, role: TeamRole = TeamRole.OFFICER) -> Phone:
        phone = Phone(self.turns).agree()
        with self.turns.sessions.begin() as session:
            session.add(Membership(municipality_id=self.id, contact_id=phone.contact, role=role))
        return phone

    def roles(self) -> dict[int, str]:
        with self.turns.sessions() as session:
            team = select(Membership.contact_id, Membership.role).where(
                Membership.municipality_id == self.id, Membership.pending.is_(False)
            )
            return dict(session.execute(team).all())

    def events(self) -> list[tuple[str, int | None, int | None]]:
        with self.turns.sessions() as session:
            columns = MembershipEvent.event, MembershipEvent.contact_id, MembershipEvent.by_id
            return [
                (event, about, by)
                for event, about, by in session.execute(select(*columns).order_by(MembershipEvent.id))
            ]


def link(phone: Phone, kind: str, **more: str) -> str:
    """Make a link and return its code."""
    entities = "".join(f', "{key}": "{value}"' for key, value in more.items())
    code = code_in(phone.ask(payload=f'/invite{{"kind": "{kind}"{entities}}}'), INVITING)
    assert code
    return code


def handing_over(phone: Phone, *, stays: bool = False) -> str:
    return link(phone, "successor", stays="yes" if stays else "no")


def accept(phone: Phone, code: str) -> str:
    """Open a link and say yes."""
    phone.ask(code)
    return phone.ask(payload=phone.buttons()[0])


def wrong(turns: Turns) -> str:
    return english(turns, "utter_invitation_wrong")


# --- making one -----------------------------------------------------------------------------------------------------


def test_the_answer_brings_the_links_the_makers_own_app_first_and_until_when(turns: Turns) -> None:
    town = Town(turns)
    code = link(town.focal, "colleague")
    answer = town.focal.heard()[-1]
    telegram, whatsapp, web = (
        answer.index(one) for one in ("https://t.me/", "https://wa.me/", "https://kawan.example")
    )
    assert telegram < whatsapp < web
    assert f"https://t.me/kawan_bot?start={code}\n" in answer
    assert f"https://wa.me/14155550100?text={code}\n" in answer
    assert f"https://kawan.example/?start={code}\n" in answer
    assert "{" not in answer


def test_the_code_itself_is_not_kept_with_the_invitation(turns: Turns) -> None:
    code = link(Town(turns).focal, "colleague")
    with turns.sessions() as session:
        (row,) = session.scalars(select(Invitation)).all()
    assert code not in str(vars(row))
    assert timedelta(days=6, hours=23) < row.expires_at - datetime.now(UTC) <= VALID


def test_who_belongs_to_no_team_can_invite_nobody_and_the_secretariat_hears_of_the_wish(turns: Turns) -> None:
    stranger = Phone(turns).agree()
    for kind in ("successor", "second", "colleague", "signatory", "typist"):
        assert code_in(stranger.ask(payload=f'/invite{{"kind": "{kind}", "stays": "no"}}'), INVITING) is None
    with turns.sessions() as session:
        assert session.scalar(select(func.count(Invitation.id))) == 0
        assert set(session.scalars(select(Ticket.kind))) == {"hand_over_role"}


@pytest.mark.parametrize(
    ("role", "kinds"),
    [
        (TeamRole.FOCAL, {"successor", "second", "colleague", "signatory"}),
        (TeamRole.SECOND, {"colleague", "signatory"}),
        (TeamRole.OFFICER, {"colleague", "signatory"}),
        (TeamRole.SIGNATORY, set()),
    ],
)
def test_only_the_focal_point_hands_that_role_over_and_members_invite(
    turns: Turns, role: TeamRole, kinds: set[str]
) -> None:
    town = Town(turns)
    phone = town.focal if role == TeamRole.FOCAL else town.member(role)
    for kind in ("successor", "second", "colleague", "signatory", "typist"):
        answer = phone.ask(payload=f'/invite{{"kind": "{kind}", "stays": "no"}}')
        assert (code_in(answer, INVITING) is not None) is (kind in kinds), kind


def test_who_only_asked_to_belong_to_a_team_invites_nobody(turns: Turns) -> None:
    town, phone = Town(turns), Phone(turns).agree()
    with turns.sessions.begin() as session:
        session.add(Membership(municipality_id=town.id, contact_id=phone.contact, pending=True))
    assert code_in(phone.ask(payload='/invite{"kind": "colleague"}'), INVITING) is None


def test_the_focal_point_chooses_whether_to_stay(turns: Turns) -> None:
    town = Town(turns)
    assert town.focal.ask(payload='/invite{"kind": "successor"}') == english(turns, "utter_invite_stay")
    assert [one.count('"stays"') for one in town.focal.buttons()] == [1, 1]
    assert code_in(town.focal.ask(payload=town.focal.buttons()[0]), INVITING)


def test_nobody_has_more_than_a_few_open_links(turns: Turns) -> None:
    town = Town(turns)
    for _ in range(MOST_OPEN):
        link(town.focal, "colleague")
    assert town.focal.ask(payload='/invite{"kind": "colleague"}') == english(turns, "utter_invite_many")
    assert len(town.focal.buttons()) == MOST_OPEN
    town.focal.ask(payload=town.focal.buttons()[2])
    link(town.focal, "colleague")


def test_a_wish_to_hand_over_offers_what_the_person_may(turns: Turns) -> None:
    town = Town(turns)
    link(town.focal, "colleague")
    town.focal.ask(payload="/invite")
    offered = town.focal.buttons()
    assert [re.findall(r'"(?:kind|do)": "(\w+)"', one) for one in offered] == [
        ["successor"],
        ["second"],
        ["colleague"],
        ["signatory"],
        [],
        ["back"],
    ]


def test_the_picture_is_of_the_first_link_and_for_the_maker_alone(turns: Turns) -> None:
    town, stranger = Town(turns), Phone(turns).agree()
    code = link(town.focal, "colleague")
    row, theirs = town.focal.rows()[-1], Phone(turns).agree()
    theirs.ask(payload="/link_address")
    handouts = Handouts(turns.sessions, SECRET, "https://kawan.example", lambda _name: b"")
    file = row.content["file"]
    with turns.sessions.begin() as session:
        found = handouts.attach(session, row, file)
        assert found
        assert found.media_type == "image/png"
        stolen = Outbound(contact_id=stranger.contact, content=row.content)
        assert handouts.attach(session, stolen, file) is None
        assert handouts.attach(session, theirs.rows()[-1], file) is None, "another message does not know the code"
        session.execute(update(Invitation).values(state=InvitationState.TAKEN_BACK))
        assert handouts.attach(session, row, file) is None
    with Image.open(io.BytesIO(found.content)) as image:
        assert image.width == image.height >= 200
    assert found.content == qr.picture(f"https://t.me/kawan_bot?start={code}")


# --- a successor ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stays", [True, False])
def test_the_focal_points_rights_move_and_the_history_stays_with_the_town(turns: Turns, stays: bool) -> None:
    town, new = Town(turns), Phone(turns, "whatsapp").agree()
    old = town.focal
    shown = new.ask(handing_over(old, stays=stays))
    assert "Wayan Sudarsana" in shown
    assert "Gianyar" in shown
    assert "+62" not in shown
    assert town.roles() == {old.contact: TeamRole.FOCAL}, "nothing moves before the yes"
    new.ask(payload=new.buttons()[0])
    expected = {new.contact: TeamRole.FOCAL} | ({old.contact: TeamRole.OFFICER} if stays else {})
    assert town.roles() == expected
    assert old.heard()[-1] == ("utter_invite_accepted" if stays else "utter_invite_left")
    with turns.sessions() as session:
        assert session.scalars(select(Ticket.kind)).all() == ["handed_over"]
        successor, left = (session.get_one(Contact, one.contact) for one in (new, old))
        assert teams.municipality_of(session, successor).id == town.id  # type: ignore[union-attr]
        assert (teams.municipality_of(session, left) is not None) is stays
    assert town.events()[1:] == [
        ("stepped_down" if stays else "left", old.contact, old.contact),
        ("joined_as_focal", new.contact, old.contact),
    ]


def test_who_left_can_no_longer_change_the_request_nor_invite(turns: Turns) -> None:
    town, new = Town(turns), Phone(turns).agree()
    other = link(town.focal, "colleague")
    accept(new, handing_over(town.focal))
    assert code_in(town.focal.ask(payload='/invite{"kind": "colleague"}'), INVITING) is None
    assert Phone(turns).agree().ask(other) == wrong(turns), "nor by a link made before"
    assert link(new, "colleague")


def test_an_officer_of_the_team_may_become_the_focal_point(turns: Turns) -> None:
    town = Town(turns)
    officer = town.member()
    accept(officer, handing_over(town.focal))
    assert town.roles() == {officer.contact: TeamRole.FOCAL}


def test_a_role_that_was_handed_over_meanwhile_cannot_be_handed_over_again(turns: Turns) -> None:
    town, first, second = Town(turns), Phone(turns).agree(), Phone(turns).agree()
    codes = [handing_over(town.focal, stays=True) for _ in range(2)]
    second.ask(codes[1])
    shown = second.buttons()[0]
    accept(first, codes[0])
    assert second.ask(payload=shown) == wrong(turns)
    assert town.roles() == {town.focal.contact: TeamRole.OFFICER, first.contact: TeamRole.FOCAL}


# --- a colleague, the signatory, who types --------------------------------------------------------------------------


def test_a_colleague_joins_as_an_officer_whatever_they_were_before(turns: Turns) -> None:
    town, new = Town(turns), Phone(turns, "web").agree(Role.COMMUNITY)
    assert "Welcome to the team of Gianyar" in accept(new, link(town.focal, "colleague"))
    assert town.roles() == {town.focal.contact: TeamRole.FOCAL, new.contact: TeamRole.OFFICER}
    assert town.focal.heard()[-1] == "utter_invite_accepted"
    with turns.sessions() as session:
        assert session.get_one(Contact, new.contact).role == Role.MUNICIPAL


def test_the_signatory_sees_the_request_and_confirms_it_from_their_own_phone(turns: Turns) -> None:
    town, mayor = Town(turns), Phone(turns, "whatsapp").agree(Role.SIGNATORY)
    shown = mayor.ask(link(town.focal, "signatory"))
    assert all(one in shown for one in ("Gianyar", "I Made Mahayastra", "Bupati", "Wayan Sudarsana"))
    mayor.ask(payload=mayor.buttons()[0])
    with turns.sessions() as session:
        application = session.scalars(select(Application)).one()
        assert application.signatory_confirmed_at
        assert session.scalars(select(ApplicationEvent.event)).all() == ["signatory_confirmed"]
    assert town.roles()[mayor.contact] == TeamRole.SIGNATORY
    assert town.focal.heard()[-1] == "utter_invite_accepted"


def test_a_member_who_confirms_as_the_signatory_keeps_their_role(turns: Turns) -> None:
    town = Town(turns)
    officer = town.member()
    accept(officer, link(town.focal, "signatory"))
    assert town.roles()[officer.contact] == TeamRole.OFFICER


def begin_join(phone: Phone, **values: object) -> int:
    """Let somebody be in the middle of a request to join."""
    with phone.turns.sessions.begin() as session:
        draft = Draft(contact_id=phone.contact, journey="join", field="signatory_title", values=values, candidates={})
        session.add(draft)
        session.flush()
        session.get_one(Contact, phone.contact).draft_id = draft.id
        session.add(DraftEvent(draft_id=draft.id, contact_id=phone.contact, field="a", change={"new": "typed"}))
        return draft.id


BOGOR = {"name": "Bogor", "shown": ["Kota Bogor", "Jawa Barat"], "country": "ID", "place_id": None}


def test_a_mayor_hands_the_typing_to_an_officer_and_the_draft_moves(turns: Turns) -> None:
    mayor, officer = Phone(turns).agree(Role.SIGNATORY), Phone(turns, "whatsapp").agree()
    draft = begin_join(
        mayor, municipality=BOGOR, signatory_name="Bima Arya", country="ID", mandate_body="Council decision"
    )
    older = begin_join(officer)
    shown = officer.ask(link(mayor, "typist"))
    assert "Bima Arya" in shown
    assert "Kota Bogor" in shown
    answer = officer.ask(payload=officer.buttons()[0])
    assert "What is the title of Bima Arya" in answer
    with turns.sessions() as session:
        moved = session.get_one(Draft, draft)
        assert (moved.contact_id, moved.state) == (officer.contact, DraftState.OPEN)
        assert session.get_one(Draft, older).state == DraftState.CANCELLED
        assert session.get_one(Contact, officer.contact).draft_id == draft
        assert session.get_one(Contact, mayor.contact).draft_id is None
    assert mayor.heard()[-1] == "utter_invite_accepted"


def test_what_was_sent_meanwhile_is_not_handed_over(turns: Turns) -> None:
    mayor, officer = Phone(turns).agree(Role.SIGNATORY), Phone(turns).agree()
    draft, code = begin_join(mayor), link(mayor, "typist")
    with turns.sessions.begin() as session:
        session.get_one(Draft, draft).state = DraftState.SENT
    assert officer.ask(code) == wrong(turns)


def test_an_erased_mayor_leaves_no_typed_words_in_the_draft_that_was_handed_over(turns: Turns, tmp_path: Path) -> None:
    mayor, officer = Phone(turns).agree(Role.SIGNATORY), Phone(turns).agree()
    draft = begin_join(mayor)
    accept(officer, link(mayor, "typist"))
    erase(turns, mayor, tmp_path)
    with turns.sessions() as session:
        assert session.get_one(Draft, draft).contact_id == officer.contact
        changes = session.scalars(select(DraftEvent.change).where(DraftEvent.contact_id.is_(None))).all()
        assert changes == [{}, {}]


# --- opening and answering it ---------------------------------------------------------------------------------------


def test_somebody_new_sees_the_invitation_is_welcomed_and_comes_back_to_it(turns: Turns) -> None:
    town, new = Town(turns), Phone(turns, "whatsapp")
    first = new.ask(link(town.focal, "colleague"))
    assert first.startswith("Wayan Sudarsana invites you")
    assert not [one for one in new.buttons() if "/invitation" in one]
    answers = (("language", "en"), ("consent", "yes"), ("role", "municipal"), ("news", "no"))
    for field, value in answers:
        assert town.roles() == {town.focal.contact: TeamRole.FOCAL}
        press(new, field, value)
    assert "Wayan Sudarsana invites you" in new.heard()[-1]
    assert "Welcome to the team" in new.ask(payload=new.buttons()[0])
    assert town.roles()[new.contact] == TeamRole.OFFICER


def press(phone: Phone, field: str, value: object) -> None:
    """Press a button that answers a question, as Rasa would bring it: the action first, then the worker."""
    phone.write(payload="/inform")
    with phone.turns.sessions.begin() as session:
        number = session.scalars(select(Inbound.id).where(Inbound.state == InboundState.WAITING)).one()
    values = [{"entity": "field", "value": field}, {"entity": "value", "value": value}]
    phone.turns.door.replies_to("inform", {"text": "/inform", "entities": values, "metadata": {"turn": number}})
    answer_all(phone.turns)


def test_nothing_can_be_accepted_before_the_consent(turns: Turns) -> None:
    town, new = Town(turns), Phone(turns)
    new.ask(link(town.focal, "colleague"))
    with turns.sessions() as session:
        public_id = session.scalars(select(Invitation.public_id)).one()
    new.ask(payload=f'/invitation{{"id": "{public_id}", "do": "accept"}}')
    assert new.contact not in town.roles()


def test_a_no_changes_nothing_and_both_know(turns: Turns) -> None:
    town, new = Town(turns), Phone(turns).agree()
    new.ask(code := handing_over(town.focal))
    no = new.buttons()[1]
    assert new.ask(payload=no) == english(turns, "utter_invitation_no")
    assert town.roles() == {town.focal.contact: TeamRole.FOCAL}
    assert town.focal.heard()[-1] == "utter_invite_refused"
    assert Phone(turns).agree().ask(code) == wrong(turns)
    assert new.ask(payload=no) == english(turns, "utter_invitation_no"), "a second tap"
    assert town.focal.heard().count("utter_invite_refused") == 1


def test_a_second_tap_changes_nothing_and_says_so(turns: Turns) -> None:
    town, new = Town(turns), Phone(turns).agree()
    code = handing_over(town.focal)
    accept(new, code)
    with turns.sessions() as session:
        public_id = session.scalars(select(Invitation.public_id)).one()
    before = town.events(), town.roles()
    for verdict in ("accept", "no"):
        said = new.ask(payload=f'/invitation{{"id": "{public_id}", "do": "{verdict}"}}')
        assert said.startswith(english(turns, "utter_invitation_yours")), "and the open question comes again"
    assert (town.events(), town.roles()) == before


def test_used_expired_taken_back_and_invented_links_are_answered_alike(turns: Turns) -> None:
    town = Town(turns)
    used, taken_back, expired = (link(town.focal, "colleague") for _ in range(3))
    accept(Phone(turns).agree(), used)
    with turns.sessions() as session:
        numbers = session.scalars(select(Invitation.public_id).order_by(Invitation.id)).all()
    town.focal.ask(payload=f'/invite{{"do": "back", "id": "{numbers[1]}"}}')
    with turns.sessions.begin() as session:
        mine = update(Invitation).where(Invitation.public_id == numbers[2])
        session.execute(mine.values(expires_at=datetime.now(UTC)))
    for code in (used, taken_back, expired, "INVITE-2222-2222"):
        assert Phone(turns).agree().ask(code) == wrong(turns)


def test_a_link_holds_for_a_week(turns: Turns) -> None:
    town, new = Town(turns), Phone(turns).agree()
    code = link(town.focal, "colleague")
    almost = replace(turns, door=replace(turns.door, now=lambda: datetime.now(UTC) + VALID - timedelta(minutes=1)))
    new.turns = almost
    accept(new, code)
    assert new.contact in town.roles()


def test_after_five_wrong_codes_even_the_right_one_has_to_wait(turns: Turns) -> None:
    town, new = Town(turns), Phone(turns).agree()
    code = link(town.focal, "colleague")
    for number in range(MOST_TRIES - 1):
        assert new.ask(f"INVITE-2222-222{number + 3}") == wrong(turns)
    assert new.ask("KAWAN-2222-2222") == english(turns, "utter_link_wrong"), "both kinds are counted together"
    assert new.ask(code) == english(turns, "utter_link_many")


def test_ones_own_link_is_of_no_use_and_stays_good(turns: Turns) -> None:
    town, new = Town(turns), Phone(turns).agree()
    code = handing_over(town.focal)
    assert town.focal.ask(code) == english(turns, "utter_invitation_own")
    accept(new, code)
    assert new.contact in town.roles()


def test_only_who_made_a_link_takes_it_back(turns: Turns) -> None:
    town, new = Town(turns), Phone(turns).agree()
    officer = town.member()
    code = link(town.focal, "colleague")
    back = town.focal.buttons()[0]
    assert officer.ask(payload=back) == english(turns, "utter_invite_too_late")
    accept(new, code)
    assert new.contact in town.roles()
    assert town.focal.ask(payload=back) == english(turns, "utter_invite_too_late")


def test_a_secretariats_account_neither_gains_nor_loses_rights_by_a_link(turns: Turns) -> None:
    town, staff = Town(turns), Phone(turns).agree()
    code, before = handing_over(town.focal), town.roles()
    with turns.sessions.begin() as session:
        session.execute(update(Contact).where(Contact.id == staff.contact).values(is_secretariat=True))
        public_id = session.scalars(select(Invitation.public_id)).one()
    for said in (staff.ask(code), staff.ask(payload=f'/invitation{{"id": "{public_id}", "do": "accept"}}')):
        assert said == english(turns, "utter_invitation_secretariat")
    with turns.sessions.begin() as session:
        session.execute(update(Contact).where(Contact.id == town.focal.contact).values(is_secretariat=True))
    assert town.focal.ask(payload='/invite{"kind": "colleague"}') == english(turns, "utter_invitation_secretariat")
    assert Phone(turns).agree().ask(code) == wrong(turns), "it was made before they had that right"
    assert town.roles() == before
    with turns.sessions() as session:
        assert session.get_one(Contact, staff.contact).is_secretariat


def test_groups_neither_make_nor_use_links(turns: Turns) -> None:
    town, group = Town(turns), Phone(turns, "telegram", "-100123")
    with turns.sessions.begin() as session:
        session.execute(update(Contact).where(Contact.id == group.contact).values(is_group=True))
    assert group.ask(link(town.focal, "colleague")) == english(turns, "utter_link_group")
    assert group.ask(payload="/invite") == english(turns, "utter_link_group")


# --- at the same time -----------------------------------------------------------------------------------------------


def test_of_two_who_accept_the_same_link_at_once_one_gets_it(turns: Turns) -> None:
    for name in ("Gianyar", "Bangli"):
        town, both = Town(turns, name), [Phone(turns).agree(), Phone(turns, "whatsapp").agree()]
        code = handing_over(town.focal)
        for phone in both:
            phone.ask(code)
        for phone in both:
            phone.write(payload=phone.buttons()[0])
        together(*(lambda: answer_all(turns) for _ in range(3)))
        (winner,) = town.roles()
        assert winner in {phone.contact for phone in both}
        loser = next(phone for phone in both if phone.contact != winner)
        assert loser.heard()[-1] == wrong(turns)


def test_taken_back_while_it_is_accepted_it_is_one_or_the_other(turns: Turns) -> None:
    for name in ("Gianyar", "Bangli", "Kupang"):
        town, new = Town(turns, name), Phone(turns).agree()
        new.ask(handing_over(town.focal))
        back = town.focal.buttons()[0]
        new.write(payload=new.buttons()[0])
        town.focal.write(payload=back)
        together(*(lambda: answer_all(turns) for _ in range(3)))
        moved = new.contact in town.roles()
        said = [row.content.get("text") for row in town.focal.rows()]
        assert moved is (english(turns, "utter_invite_too_late") in said)
        assert moved is (english(turns, "utter_invite_taken_back") not in said)
        assert moved is (new.heard()[-1] != wrong(turns))
        assert len(town.roles()) == 1


def test_while_the_maker_is_being_answered_the_yes_waits(turns: Turns) -> None:
    town, new = Town(turns), Phone(turns).agree()
    new.ask(handing_over(town.focal))
    with turns.sessions.begin() as held:
        held.execute(select(Conversation).where(Conversation.contact_id == town.focal.contact).with_for_update())
        new.write(payload=new.buttons()[0])
        assert turns.answer_next()
        assert town.roles() == {town.focal.contact: TeamRole.FOCAL}
    answer_all(turns)
    assert town.roles() == {new.contact: TeamRole.FOCAL}


# --- afterwards -----------------------------------------------------------------------------------------------------


def erase(turns: Turns, phone: Phone, folder: Path) -> None:
    with turns.sessions.begin() as session:
        privacy.request_erasure(session.get_one(Contact, phone.contact))
        session.execute(update(Outbound).values(state=OutboundState.SENT))
    Clock(turns.sessions, SECRET, Folder(folder)).erase()


def test_with_the_makers_data_their_links_are_gone(turns: Turns, tmp_path: Path) -> None:
    town, new = Town(turns), Phone(turns).agree()
    code = handing_over(town.focal)
    with turns.sessions.begin() as session:
        privacy.request_erasure(session.get_one(Contact, town.focal.contact))
    assert new.ask(code) == wrong(turns), "while they wait to be erased"
    erase(turns, town.focal, tmp_path)
    assert new.ask(code) == wrong(turns)
    assert not town.roles()
    with turns.sessions() as session:
        assert session.scalar(select(func.count(Invitation.id))) == 0


def test_the_history_of_a_team_stays_without_who_was_erased(turns: Turns, tmp_path: Path) -> None:
    town, new = Town(turns), Phone(turns).agree()
    accept(new, handing_over(town.focal, stays=True))
    successor = new.contact
    erase(turns, town.focal, tmp_path)
    assert town.events() == [
        ("joined_as_focal", None, None),
        ("stepped_down", None, None),
        ("joined_as_focal", successor, None),
    ]


def test_an_invitation_is_forgotten_a_month_after_its_time(turns: Turns, tmp_path: Path) -> None:
    town = Town(turns)
    link(town.focal, "colleague")
    clock = Clock(turns.sessions, SECRET, Folder(tmp_path))
    for age, left in ((KEPT - timedelta(hours=1), 1), (KEPT + timedelta(hours=1), 0)):
        with turns.sessions.begin() as session:
            session.execute(update(Invitation).values(expires_at=datetime.now(UTC) - age))
        clock.forget()
        with turns.sessions() as session:
            assert session.scalar(select(func.count(Invitation.id))) == left
