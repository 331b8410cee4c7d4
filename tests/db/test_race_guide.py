"""At the starting line of a Race: what a town sees of what it has recorded, what it is led to, and whose town it is."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from actions.door import Door
from bot import ports
from bot.conversation import Turns
from bot.rasa import Rasa
from covenant import drafts, pledge_book, pledges, progress, race_guide, teams
from covenant.messages import Say, payload, render_all
from covenant.pledge_book import News
from covenant.pledge_fields import PLEDGE
from covenant.pledge_form import PLAN
from covenant.review import Actor
from db.engine import Sessions
from db.milestones import Milestone
from db.people import Contact, Purpose, Role
from db.pledges import Campaign, Pledge, Progress, Target, TargetKind
from db.records import Membership, Municipality
from locales import Catalogues, Rendered, load_catalogues
from locales.render import render_text
from tests.committed import COMMITTED, milestone, town
from tests.db.test_linking import DOORS, Phone
from tests.people import Somebody, somebody, turn_of

NOW = datetime(2028, 9, 13, 3, tzinfo=UTC)
CATALOGUES = load_catalogues()


def person(session: Session, role: Role = Role.MUNICIPAL) -> Somebody:
    one = somebody(session, Purpose.KEEPING)
    one.contact.role, one.contact.country = role, "ID"
    session.flush()
    return one


def ask(session: Session, one: Somebody, race: str | None = "resilience") -> list[Say]:
    turn = turn_of(session, one, "starting_line")
    return race_guide.guide(replace(turn, now=NOW, entities={"race": race} if race else {}))


def seen(said: list[Say], language: str = "en") -> Rendered:
    return render_all(CATALOGUES, language, [one.as_json() for one in said])


def words(key: str) -> str:
    return render_text(CATALOGUES["en"], key, {})


def sign(said: list[Say], key: str) -> str:
    """The line of a criterion as it is read, without its words: the sign, and what it is because of."""
    [line] = [one for one in seen(said).text.splitlines() if one[:1] in "✓○?" and one[2:].startswith(words(key))]
    return line.replace(words(key), "").strip()


def led_to(said: list[Say]) -> str:
    """Where the first button leads."""
    return seen(said).buttons[0][1]


def pledged(session: Session, by: Somebody, place: Municipality | None = None, **more: object) -> Pledge:
    given = {"action": "400 mangroves", "municipality_id": place.id if place else None, **more}
    return pledge_book.record(session, Pledge(contact_id=by.contact.id, **given), Actor(by.contact.id, NOW))


def handed_in(session: Session, by: Somebody, place: Municipality, key: str) -> Milestone:
    one = milestone(session, place, key)
    progress.hand_in(session, one, by.contact, progress.Proof(year=2028), NOW)
    return one


# --- a town on its way ----------------------------------------------------------------------------------------------


def test_a_town_of_which_nothing_is_recorded_is_led_to_the_first_thing(session: Session) -> None:
    officer = person(session)
    place = town(session, officer)
    said = ask(session, officer)
    assert "Cities Race to Resilience, Kupang" in seen(said).text
    assert sign(said, "line_assessment") == "○  (10 March 2029)"
    assert sign(said, "line_resilience_action") == "○"
    assert {sign(said, key) for key in ("line_planning", "line_interim_steps", "line_platform")} == {"?"}
    assert led_to(said) == payload(
        "report_progress", milestone=str(milestone(session, place, "milestone_assessment").id)
    )
    assert words("line_assessment") in seen(said).text.splitlines()[-3]
    assert "https://citiesracetoresilience.org/join/" in seen(said).text


def test_what_is_recorded_is_met_one_by_one_until_nothing_is_missing(session: Session) -> None:
    officer = person(session)
    place = town(session, officer)
    handed_in(session, officer, place, "milestone_assessment")
    said = ask(session, officer)
    assert sign(said, "line_assessment").startswith("✓  (handed in")
    assert led_to(said) == payload("report_progress", milestone=str(milestone(session, place, "milestone_plan").id))
    handed_in(session, officer, place, "milestone_plan")
    said = ask(session, officer)
    assert led_to(said) == "/log_pledge"
    pledge = pledged(session, officer, place)
    said = ask(session, officer)
    assert sign(said, "line_resilience_action") == f"✓  ({pledge.reference})"
    assert sign(said, "line_platform") == "?"
    assert led_to(said) == "/talk_to_human"
    progress.award(session, place, "assessment", date(2028, 3, 1))
    assert sign(ask(session, officer), "line_platform") == "✓  (badge of 1 March 2028)"


def test_evidence_that_was_returned_counts_no_more(session: Session) -> None:
    officer = person(session)
    place = town(session, officer)
    handed_in(session, officer, place, "milestone_plan")
    [evidence] = progress.waiting(session)
    progress.send_back(session, evidence, "Page 3 is missing.", NOW)
    assert sign(ask(session, officer), "line_plan").startswith("○")


def test_a_target_a_plan_for_people_and_a_report_bring_a_town_to_the_line_of_zero(session: Session) -> None:
    officer = person(session)
    place = town(session, officer)
    said = ask(session, officer, "zero")
    assert sign(said, "line_net_zero_town") == "○"
    assert led_to(said) == "/log_pledge"
    assert "https://www.citiesracetozero.org" in seen(said).text
    final = Target(kind=TargetKind.BASE_YEAR, base_year=2020, percent=100, boundary="community")
    net = pledged(session, officer, place, campaign=Campaign.ZERO, end_year=2045, target=final)
    interim = Target(kind=TargetKind.BASE_YEAR, base_year=2020, percent=50, boundary="community")
    half = pledged(session, officer, place, campaign=Campaign.COVENANT, end_year=2030, target=interim)
    said = ask(session, officer, "zero")
    assert sign(said, "line_net_zero_town") == f"✓  ({net.reference})"
    assert sign(said, "line_fair_share") == f"?  ({half.reference})"
    assert sign(said, "line_inclusive_action") == f"?  ({net.reference})"
    assert sign(said, "line_begun") == f"○  ({net.reference})"
    assert led_to(said) == "/report_progress"
    buses = pledged(session, officer, place, campaign=Campaign.ZERO, audiences=["home"])
    pledge_book.report(session, buses, News(Progress.UNDER_WAY), Actor(officer.contact.id, NOW))
    said = ask(session, officer, "zero")
    assert sign(said, "line_inclusive_action") == sign(said, "line_begun") == f"✓  ({buses.reference})"
    assert led_to(said) == "/talk_to_human"


def test_what_is_missing_comes_before_what_has_to_be_looked_at(session: Session) -> None:
    officer = person(session)
    handed_in(session, officer, town(session, officer), "milestone_target")
    said = ask(session, officer, "zero")
    assert sign(said, "line_net_zero_town") == "?  (greenhouse gas target)"
    assert said[1] == Say("utter_starting_line_next", {"criterion": {"say": "line_inclusive_action", "args": {}}})


def test_what_an_officer_pledged_without_naming_a_town_is_not_the_towns(session: Session) -> None:
    officer = person(session)
    pledged(session, officer)
    assert sign(ask(session, officer), "line_resilience_action").startswith("✓")
    town(session, officer)
    assert sign(ask(session, officer), "line_resilience_action") == "○"


def test_a_withdrawn_pledge_counts_for_nothing(session: Session) -> None:
    officer = person(session)
    place = town(session, officer)
    before = seen(ask(session, officer)), seen(ask(session, officer, "zero"))
    target = Target(kind=TargetKind.FIXED_LEVEL, level=0, boundary="community")
    for more in ({}, {"campaign": Campaign.ZERO, "end_year": 2030, "target": target, "audiences": ["home"]}):
        pledge = pledged(session, officer, place, **more)
        pledge_book.report(session, pledge, News(Progress.DONE), Actor(officer.contact.id, NOW))
        assert (seen(ask(session, officer)), seen(ask(session, officer, "zero"))) != before
        pledge_book.withdraw(session, pledge, Actor(officer.contact.id, NOW))
    assert (seen(ask(session, officer)), seen(ask(session, officer, "zero"))) == before


def test_a_town_that_has_not_joined_yet_is_led_to_the_covenant(session: Session) -> None:
    officer = person(session)
    town(session, officer, committed=None)
    assert led_to(ask(session, officer)) == "/join_covenant"


def test_a_committed_town_owes_its_milestones_also_before_anybody_asked_for_the_dates(session: Session) -> None:
    officer = person(session)
    place = town(session, officer, committed=None)
    place.committed_on = COMMITTED
    assert sign(ask(session, officer), "line_assessment") == "○  (10 March 2029)"


# --- whose it is ----------------------------------------------------------------------------------------------------


def test_somebody_elses_town_is_not_looked_at(session: Session) -> None:
    officer, other = person(session), person(session)
    town(session, officer)
    elsewhere = town(session, other, name="Ende")
    before = seen(ask(session, officer))
    handed_in(session, other, elsewhere, "milestone_plan")
    pledged(session, other, elsewhere)
    progress.award(session, elsewhere, "assessment", date(2028, 3, 1))
    assert seen(ask(session, officer)) == before


def test_who_only_asked_to_belong_to_a_team_does_not_see_its_town(session: Session) -> None:
    officer, stranger = person(session), person(session)
    place = town(session, officer)
    pledged(session, officer, place)
    session.add(Membership(municipality_id=place.id, contact_id=stranger.contact.id, pending=True))
    session.flush()
    said = ask(session, stranger)
    assert "Kupang" not in seen(said).text
    assert sign(said, "line_resilience_action") == "○"


def test_of_two_towns_the_one_last_chosen_is_looked_at(session: Session) -> None:
    officer = person(session)
    town(session, officer)
    ende = town(session, officer, name="Ende")
    pledged(session, officer, ende)
    assert sign(ask(session, officer), "line_resilience_action") == "○"
    assert teams.choose(session, officer.contact, ende.public_id, NOW)
    assert sign(ask(session, officer), "line_resilience_action").startswith("✓")


@pytest.mark.parametrize("role", [Role.BUSINESS, Role.COMMUNITY])
def test_everybody_else_has_lines_of_their_own(session: Session, role: Role) -> None:
    owner = person(session, role)
    said = ask(session, owner)
    assert "(Race to Resilience)" in seen(said).text
    assert words("line_assessment") not in seen(said).text
    assert sign(said, "line_partner") == "?"
    assert sign(said, "line_resilience_action") == "?  – not confirmed, please ask the secretariat"
    assert led_to(said) == "/log_pledge"
    pledge = pledged(session, owner)
    said = ask(session, owner)
    assert sign(said, "line_resilience_action").startswith(f"?  ({pledge.reference}) – not confirmed")
    target = Target(kind=TargetKind.BASE_YEAR, base_year=2020, percent=100, boundary="own")
    net = pledged(session, owner, campaign=Campaign.ZERO, end_year=2040, target=target)
    assert sign(ask(session, owner, "zero"), "line_net_zero") == f"✓  ({net.reference})"


def test_what_another_person_pledged_is_not_mine(session: Session) -> None:
    one, other = person(session, Role.BUSINESS), person(session, Role.BUSINESS)
    before = seen(ask(session, one))
    pledged(session, other)
    assert seen(ask(session, one)) == before


# --- in the conversation --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("race", [None, "moon", 7, "Race.ZERO"])
def test_without_a_race_it_asks_which(session: Session, race: object) -> None:
    [said] = ask(session, person(session), race)  # type: ignore[arg-type]
    assert said.key == "utter_starting_line_which"
    assert [one.payload for one in said.choices] == [
        '/starting_line{"race": "resilience"}',
        '/starting_line{"race": "zero"}',
    ]


def test_who_was_not_welcomed_is_welcomed_first(session: Session) -> None:
    newcomer = somebody(session)
    assert ask(session, newcomer)[0].key.startswith("utter_ask_")


def test_in_a_group_nothing_is_told(session: Session) -> None:
    group = person(session)
    group.contact.is_group = True
    assert [one.key for one in ask(session, group)] == ["utter_link_group"]


def test_an_open_question_comes_again_with_its_own_buttons(session: Session) -> None:
    officer = person(session)
    town(session, officer)
    drafts.begin(turn_of(session, officer), PLEDGE.key)
    said = ask(session, officer)
    assert "✓" in seen(said).text
    assert [one.key for one in said[3:]] == ["utter_back_to", "utter_step"]
    assert not any(one.choices for one in said[:-1])


def test_the_list_of_pledges_and_a_campaign_lead_there(session: Session) -> None:
    officer = person(session)
    pledged(session, officer)
    [listed] = pledges.listing(turn_of(session, officer))
    assert race_guide.GUIDE in listed.choices
    led = {one: [choice.payload for choice in race_guide.offer(one)] for one in Campaign}
    assert led == {
        Campaign.RESILIENCE: ['/starting_line{"race": "resilience"}'],
        Campaign.CITIES_RESILIENCE: ['/starting_line{"race": "resilience"}'],
        Campaign.ZERO: ['/starting_line{"race": "zero"}'],
        Campaign.COVENANT: [],
    }


def test_a_race_that_was_chosen_for_a_new_pledge_is_offered_with_its_line(session: Session) -> None:
    officer = person(session)
    turn = turn_of(session, officer)
    drafts.start(turn, PLEDGE.key, {"pledge_action": "Solar roofs", "pledge_campaign": "zero"})
    [said] = PLAN.submit(turn, drafts.open_draft(turn))
    assert said.choices[-1].payload == '/starting_line{"race": "zero"}'


@pytest.fixture
def turns(nobody_yet: Sessions, catalogues: Catalogues) -> Iterator[Turns]:
    """What answers, with a Rasa that is dead: nothing here may need it."""
    rasa = Rasa(f"http://127.0.0.1:{ports.free_port()}")
    yield Turns(nobody_yet, catalogues, rasa, Door(nobody_yet, catalogues, doors=DOORS))
    rasa.close()


def test_the_button_is_answered_without_rasa(turns: Turns) -> None:
    phone = Phone(turns).agree()
    with turns.sessions.begin() as session:
        place = Municipality(name="Ende", country="ID")
        session.add(place)
        session.flush()
        teams.enter(session, session.get_one(Contact, phone.contact), place, NOW)
    assert "Which Race" in phone.ask(payload=race_guide.GUIDE.payload)
    assert "○" in phone.ask(payload=phone.buttons()[0])
    assert phone.buttons()[-1] == '/starting_line{"race": "zero"}'
