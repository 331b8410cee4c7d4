"""The bridge to the report: what a town holds by heading, in the chat and as a table, from real records."""

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from actions.apart import APART, wish_in
from bot.channels.web_feed import _outbound
from bot.cli import app
from covenant import deadlines, papers, progress, reporting_chat, schedule, standing
from covenant.holdings import overview_of
from covenant.messages import Say
from covenant.papers.holdings_table import KIND, table_of
from covenant.reporting import Section, State
from covenant.teams import choose
from covenant.turn import Turn
from db.engine import Sessions
from db.messages import File, Lane, Outbound
from db.people import Purpose
from db.pledges import Campaign, Pledge, PledgeReport, PledgeState, Progress, Target, TargetKind
from db.records import Application, ApplicationState, Letter, Membership, Municipality
from locales import LANGUAGES, load_catalogues, render, render_text
from locales.render import value_text
from tests.committed import milestone, officer, town
from tests.people import Somebody, somebody

NOW = datetime(2028, 9, 13, 3, tzinfo=UTC)
DAY = date(2028, 9, 13)
CATALOGUES = load_catalogues()
FORMULA = '=HYPERLINK("https://evil.example","Kupang")'
FRESH = {
    "commitment": State.PARTLY, "inventory": State.MISSING, "target": State.MISSING, "assessment": State.MISSING,
    "goal": State.MISSING, "plan": State.MISSING, "energy": State.MISSING, "progress": State.MISSING,
}  # fmt: skip


def ask(session: Session, person: Somebody, **entities: Any) -> list[Say]:
    turn = Turn(session, person.contact, person.address, NOW, CATALOGUES, "reporting", entities=entities)
    return reporting_chat.answer(turn)


def text_of(said: list[Say], language: str = "en") -> str:
    carried = json.loads(json.dumps([one.as_json() for one in said]))  # as it goes to the outbox
    return "\n".join(render(CATALOGUES, language, one).text for one in carried)


def sections(session: Session, place: Municipality) -> dict[str, Section]:
    return {one.heading.name: one for one in overview_of(session, place)}


def states(session: Session, place: Municipality) -> dict[str, State]:
    return {name: one.state for name, one in sections(session, place).items()}


def missing(section: Section) -> list[str]:
    return [row.item.name.partition(".")[2] for row in section.missing]


def hand_in(session: Session, place: Municipality, person: Somebody, key: str, **proof: Any) -> Any:
    return progress.hand_in(session, milestone(session, place, key), person.contact, progress.Proof(**proof), NOW)


def request(session: Session, place: Municipality, person: Somebody, **more: Any) -> Application:
    given = {
        "mandate_body": "Council decision", "mandate_date": date(2026, 3, 12), "signatory_name": "Dewi Anggraini",
        "focal_name": "Budi Santoso", "focal_email": "budi@kupang.example", "focal_phone": "+62215551234",
        "state": ApplicationState.ACCEPTED,
    }  # fmt: skip
    application = Application(municipality=place, contact_id=person.contact.id, submitted_at=NOW, **(given | more))
    session.add(application)
    session.flush()
    return application


def pledge(session: Session, place: Municipality, **more: Any) -> Pledge:
    given = {
        "municipality_id": place.id,
        "action": "We plant mangroves",
        "hazards": ["flood: river flood"],
        "end_year": 2030,
        "created_at": NOW,
    }
    row = Pledge(**(given | more))
    session.add(row)
    session.flush()
    return row


def kept(session: Session, person: Somebody, name: str) -> File:
    file = File(contact_id=person.contact.id, name=name, media_type="application/pdf", size=1, sha256="0" * 64)
    session.add(file)
    session.flush()
    return file


def sheets(content: bytes) -> list[Worksheet]:
    return openpyxl.load_workbook(io.BytesIO(content)).worksheets


def cells(sheet: Worksheet) -> list[list[str]]:
    return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


# --- from records to headings ---------------------------------------------------------------------------------------


def test_a_town_that_has_just_begun_holds_its_commitment_alone(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    assert states(session, place) == FRESH
    assert missing(sections(session, place)["commitment"]) == ["letter", "mandate"]


def test_the_request_its_mandate_and_the_signed_letter_are_the_commitment(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    application = request(session, place, person)
    session.add(Letter(application_id=application.id, version=1, contact_id=person.contact.id, pages=["a"], at=NOW))
    session.flush()
    assert states(session, place)["commitment"] == State.HELD
    application.state = ApplicationState.WITHDRAWN
    session.flush()
    assert missing(sections(session, place)["commitment"]) == ["letter", "mandate"]


def test_a_letter_that_was_sent_back_is_held_but_to_be_changed(session: Session) -> None:
    person = officer(session)
    place = town(session, person, committed=None)
    sent_back = {"state": ApplicationState.RETURNED, "returned_fields": ["letter", "mandate_date"], "reason": "blurred"}
    application = request(session, place, person, **sent_back)
    session.add(Letter(application_id=application.id, version=1, contact_id=person.contact.id, pages=["a"], at=NOW))
    session.flush()
    commitment = sections(session, place)["commitment"]
    assert (commitment.state, missing(commitment)) == (State.PARTLY, ["start"])
    assert [row.item.name for row in commitment.open] == [
        "commitment.letter", "commitment.mandate", "commitment.start"
    ]  # fmt: skip


def test_evidence_is_held_while_it_waits_and_when_it_is_accepted(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    hand_in(session, place, person, "milestone_inventory", link="https://kupang.go.id/a.pdf", year=2027)
    assert states(session, place)["inventory"] == State.HELD
    progress.accept(session, hand_in(session, place, person, "milestone_plan", note="on paper"), NOW)
    assert states(session, place)["plan"] == State.HELD
    hand_in(session, place, person, "milestone_assessment", note="on paper")
    assert missing(sections(session, place)["assessment"]) == ["year"]


def test_evidence_that_was_sent_back_is_partly_and_never_missing(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    evidence = hand_in(session, place, person, "milestone_plan", note="a draft")
    progress.send_back(session, evidence, "The decision is not in it.", NOW)
    plan = sections(session, place)["plan"]
    assert (plan.state, missing(plan)) == (State.PARTLY, [])
    [row] = [row for row in plan.rows if row.facts]
    assert row.is_returned
    assert "The decision is not in it." in row.facts[0].value["list"]


def test_a_badge_shows_that_the_covenant_has_the_document(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    progress.award(session, place, "adaptation-plan", date(2028, 5, 1))
    assert states(session, place)["plan"] == State.HELD


def test_what_does_not_apply_is_not_missing(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    schedule.waive(session, milestone(session, place, "milestone_energy"), "covered by the province")
    energy = sections(session, place)["energy"]
    assert (energy.state, missing(energy)) == (State.NOT_NEEDED, [])


@pytest.mark.parametrize("campaign", [Campaign.COVENANT, Campaign.ZERO])
def test_a_target_holds_exactly_what_is_recorded_of_it(session: Session, campaign: Campaign) -> None:
    person = officer(session)
    place = town(session, person)
    target = Target(kind=TargetKind.BASE_YEAR, base_year=2015, percent=35.5)
    row = pledge(session, place, campaign=campaign, hazards=[], end_year=None, target=target)
    assert missing(sections(session, place)["target"]) == ["document", "year", "boundary"]
    row.end_year, target.boundary = 2035, "community"
    session.flush()
    assert missing(sections(session, place)["target"]) == ["document"]
    shown = [
        value_text(CATALOGUES["en"], fact.value)
        for one in sections(session, place)["target"].rows
        for fact in one.facts
    ]
    assert shown == ["2015", "35.5%", "2035", "The whole town"]


@pytest.mark.parametrize(
    ("kind", "more", "shown"),
    [
        (TargetKind.SCENARIO, {"percent": 29.0}, ["Below the trend", "29%"]),
        (TargetKind.FIXED_LEVEL, {"level": 120_000}, ["A fixed level", "120,000 tonnes of CO2 a year at most"]),
    ],
)  # fmt: skip
def test_targets_without_a_base_year_say_against_what(
    session: Session, kind: TargetKind, more: dict[str, Any], shown: list[str]
) -> None:
    person = officer(session)
    place = town(session, person)
    pledge(session, place, campaign=Campaign.COVENANT, end_year=None, target=Target(kind=kind, boundary="own", **more))
    held = [
        value_text(CATALOGUES["en"], fact.value)
        for one in sections(session, place)["target"].rows
        for fact in one.facts
    ]
    assert held == [*shown, "The town hall's own"]


def test_pledges_and_their_reports_are_actions_and_goals_until_they_are_withdrawn(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    row = pledge(session, place, hazards=["flood: river flood", "heat: heat wave"])
    file = kept(session, person, "shore.jpg")
    report = {"progress": Progress.UNDER_WAY, "reached_min": 100, "note": "half", "file_id": file.id}
    session.add(PledgeReport(pledge_id=row.id, at=NOW, **report))
    session.flush()
    after = states(session, place)
    assert {name for name, state in after.items() if state == State.PARTLY} == {
        "commitment", "assessment", "goal", "plan", "progress"
    }  # fmt: skip
    [told] = [row.facts[0] for row in sections(session, place)["progress"].rows if row.facts]
    assert value_text(CATALOGUES["en"], told.value) == "Under way, 100, half, and shore.jpg"
    row.state = PledgeState.WITHDRAWN
    session.flush()
    assert states(session, place) == FRESH


def test_nothing_of_another_town_is_ever_held(session: Session) -> None:
    person, neighbour = officer(session), officer(session)
    place, other = town(session, person), town(session, neighbour, name="Ende")
    request(session, other, neighbour)
    hand_in(session, other, neighbour, "milestone_inventory", note="theirs", year=2027)
    progress.award(session, other, "goal", DAY)
    pledge(session, other)
    pledge(session, other, municipality_id=None, contact_id=person.contact.id)  # the officer's own, as a citizen
    assert states(session, place) == FRESH


# --- in the chat ----------------------------------------------------------------------------------------------------


def test_the_answer_has_a_line_a_heading_then_what_to_begin_with(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    hand_in(session, place, person, "milestone_inventory", note="on paper", year=2027)
    progress.send_back(session, hand_in(session, place, person, "milestone_plan", note="a draft"), "unsigned", NOW)
    pledge(session, place, campaign=Campaign.COVENANT, target=Target(kind=TargetKind.BASE_YEAR, base_year=2015))
    schedule.waive(session, milestone(session, place, "milestone_energy"), "covered by the province")
    said = ask(session, person)
    lines = text_of(said).splitlines()
    assert lines[0].startswith("Kupang, by heading of the Common Reporting Framework")
    assert lines[1:9] == [
        "• commitment: 🔶 here: commitment date; missing: signed commitment letter and decision to join (please check)",
        "• greenhouse gas inventory: ✅ here: the document and year it is about",
        "• greenhouse gas target: 🔶 here: base year or scenario and target year; missing: the document, percentage or fixed level (please check), and territory it covers",
        "• climate risk and vulnerability assessment: 🔶 here: climate dangers you named; missing: the document and year it is about",
        "• adaptation goal: 🔶 here: pledges against climate dangers; missing: the document",
        "• climate action plan, formally adopted: 🔶 here: the document (sent back, please change it) and pledged actions; missing: –",
        "• energy access and poverty assessment (please check): ✅ not needed",
        "• progress report (please check): ⬜ nothing here yet",
    ]  # fmt: skip
    assert lines[9].startswith("Best to begin with commitment: signed commitment letter and decision to join")
    assert "nobody has confirmed to us" in lines[10]
    assert "not the reporting platform" in lines[11]
    assert [one.payload for one in said[-1].choices] == ['/reporting{"do": "file"}', "/report_progress"]


def test_where_everything_is_here_it_says_so(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    application = request(session, place, person)
    session.add(Letter(application_id=application.id, version=1, contact_id=person.contact.id, pages=["a"], at=NOW))
    for one in progress.milestones_of(session, place):
        if one.key not in {"milestone_inventory", "milestone_assessment"}:
            schedule.waive(session, one, "done elsewhere")
    for key in ("milestone_inventory", "milestone_assessment"):
        hand_in(session, place, person, key, note="x", year=2027)
    schedule.lay_out_next(session, milestone(session, place, "milestone_plan"), DAY)
    assert [one.key for one in ask(session, person)][1] == "utter_reporting_begin"
    progress.hand_in(session, milestone(session, place, "milestone_progress", 1), person.contact, progress.Proof(), NOW)
    assert [one.key for one in ask(session, person)][1] == "utter_reporting_complete"


def test_who_speaks_for_no_town_gets_a_kind_answer(session: Session) -> None:
    person, owner = somebody(session, Purpose.KEEPING), officer(session)
    place = town(session, owner)
    session.add(Membership(municipality_id=place.id, contact_id=person.contact.id, pending=True))  # asked to join it
    session.flush()
    for entities in ({}, {"do": "file"}):
        [said] = ask(session, person, **entities)
        assert (said.key, said.file) == ("utter_reporting_none", None)
        assert [one.payload for one in said.choices] == ["/join_covenant"]


def test_the_buttons_are_where_an_officer_looks_and_are_answered(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    request(session, place, person)
    turn = Turn(session, person.contact, person.address, NOW, CATALOGUES, "unclear")
    for said in (deadlines.answer(turn), standing.status(turn)):
        assert "/reporting" in [one.payload for one in said[-1].choices]
    wish = wish_in('/reporting{"do": "file"}')
    assert wish is not None
    assert APART[wish.name] is reporting_chat.answer
    assert wish.entities == {"do": "file"}


# --- as a table -----------------------------------------------------------------------------------------------------


def filled(
    session: Session, person: Somebody, name: str = "Kupang", action: str = "We plant mangroves"
) -> Municipality:
    place = town(session, person, name=name)
    request(session, place, person)
    hand_in(session, place, person, "milestone_inventory", files=[kept(session, person, "=cmd.pdf")], year=2027)
    pledge(session, place, action=action)
    return place


def test_the_table_leaves_with_the_chats_message(session: Session) -> None:
    person = officer(session)
    place = filled(session, person)
    [said] = ask(session, person, do="file")
    assert said.file == f"{KIND}:{place.public_id}"
    paper = papers.make(session, person.contact, said.file)
    assert paper is not None
    assert paper.name == "reporting.xlsx"
    assert sheets(paper.content)[0].title == "English"
    row = Outbound(
        key="x", address_id=person.address.id, contact_id=person.contact.id, channel="web", lane=Lane.REPLY,
        content={"text": "Here it is.", "file": said.file, "lang": "en"}, feed=77,
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.refresh(row)
    assert [one["name"] for one in _outbound(row, {})["files"]] == ["reporting.xlsx"]


def test_the_table_stays_that_of_the_message_when_another_town_is_chosen(session: Session) -> None:
    person = officer(session)
    first, second = town(session, person), town(session, person, name="Ende")
    [said] = ask(session, person, do="file")
    assert choose(session, person.contact, str(second.public_id), NOW)
    paper = papers.make(session, person.contact, said.file)
    assert paper is not None
    assert cells(sheets(paper.content)[0])[0][0].startswith(f"{first.name}:")
    assert text_of(ask(session, person)).startswith("Ende, by heading")


def test_the_table_of_a_foreign_town_is_nobodys(session: Session) -> None:
    person, stranger, asking = officer(session), officer(session), somebody(session)
    place = filled(session, person)
    town(session, stranger, name="Ende")
    session.add(Membership(municipality_id=place.id, contact_id=asking.contact.id, pending=True))
    session.flush()
    name = papers.named(KIND, str(place.public_id))
    assert papers.make(session, person.contact, name) is not None
    assert papers.make(session, stranger.contact, name) is None
    assert papers.make(session, asking.contact, name) is None
    assert papers.make(session, person.contact, KIND) is None


def test_each_thing_held_has_a_row_with_its_record_and_day(session: Session) -> None:
    person = officer(session)
    place = filled(session, person)
    [sheet] = sheets(table_of(session, place, "en", DAY))
    rows = cells(sheet)
    assert rows[0][0] == "Kupang: what is here for your report, 13 September 2028"
    assert rows[1] == ["Heading", "What is asked", "What is here", "What is missing", "Source"]
    table = {(row[0], row[1]): row for row in rows[2:]}
    assert table["commitment", "signed commitment letter"][2:4] == ["", "signed commitment letter"]
    mandate = table["commitment", "decision to join"]
    reference = session.query(Application).one().reference
    assert mandate[2] == f"Council decision and 12 March 2026 (request {reference}, 13 September 2028)"
    assert mandate[4].endswith("(please check)")
    document = next(row for row in rows if row[0] == "greenhouse gas inventory" and row[1].startswith("The emissions"))
    assert document[2].startswith("=cmd.pdf, 2027, and handed in, the secretariat is looking at it (handed in, ")
    assert document[3:] == ["", "https://www.gcom-oceania.org/steps"]
    assert table["climate action plan, formally adopted", "pledged actions"][2].startswith(
        "We plant mangroves and 2030"
    )
    assert ("adaptation goal", "pledges against climate dangers") in table
    notes = "\n".join(row[0] for row in rows[-4:])
    assert "not the reporting platform" in notes
    assert "CDP-ICLEI Track" in notes


def test_a_row_for_each_of_many_records(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    for number in range(40):
        pledge(session, place, action=f"Action {number} " + "long " * 700)
    [sheet] = sheets(table_of(session, place, "en", DAY))
    told = [row[2] for row in cells(sheet) if row[1] == "pledged actions"]
    assert [one.partition(" long")[0] for one in told] == [f"Action {number}" for number in range(40)]
    assert all(one.count("long") == 700 for one in told)


@pytest.mark.parametrize("typed", [FORMULA, "+1+1", "-2+3", "@SUM(A1)", "=1\x01+1"])
def test_what_looks_like_a_formula_stays_a_text(session: Session, typed: str) -> None:
    person = officer(session)
    place = filled(session, person, name=typed, action=typed)
    clean = typed.replace("\x01", "")
    found = []
    for sheet in sheets(table_of(session, place, "id", DAY)):
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value is not None):
            assert (cell.data_type, cell.hyperlink, cell.quotePrefix) == ("s", None, True), cell.value
            found += [cell.value] if str(cell.value).startswith(clean) else []
    assert len(found) == 2 * 3  # on each sheet the title, the action and the goal


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_its_sheet_beside_the_english_one(session: Session, language: str) -> None:
    person = officer(session, language=language)
    place = filled(session, person)
    found = sheets(table_of(session, place, language, DAY))
    assert [one.title for one in found] == list(dict.fromkeys((LANGUAGES[language].name, "English")))
    catalogue = CATALOGUES[language]
    local = cells(found[0])
    assert local[1] == [render_text(catalogue, f"paper_column_{one}", {}) for one in ("heading", "asked", "held", "missing", "source")]  # fmt: skip
    assert {render_text(catalogue, "milestone_inventory", {}), render_text(catalogue, "milestone_plan", {})} <= {
        row[0] for row in local
    }
    for sheet in found:
        assert sheet.freeze_panes == "A3"
        assert all(20 <= sheet.column_dimensions[letter].width <= 60 for letter in "ABCDE")
        assert all(cell.alignment.wrap_text for cell in sheet[3])
    fonts = {cell.font.name for row in found[0].iter_rows() for cell in row if cell.value is not None}
    assert fonts == {"Myanmar Text" if language == "my" else "Leelawadee UI"}


def test_no_person_is_named_in_the_table(session: Session) -> None:
    person = officer(session)
    place = filled(session, person)
    whole = str(cells(sheets(table_of(session, place, "en", DAY))[0]))
    assert "Council decision" in whole
    for private in ("Dewi", "Budi", "budi@", "5551234"):
        assert private not in whole


# --- for the secretariat --------------------------------------------------------------------------------------------


def test_an_operator_prints_it_and_writes_the_table(
    nobody_yet: Sessions, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAWAN_DATABASE_URL", database_url)
    monkeypatch.setenv("KAWAN_DATA_DIR", str(tmp_path))
    with nobody_yet.begin() as session:
        person = officer(session)
        reference = request(session, town(session, person), person).reference
    table = tmp_path / "town.xlsx"
    result = CliRunner().invoke(app, ["review", "reporting", reference, "--table", str(table)])
    assert result.exit_code == 0, result.output
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    assert lines[:3] == ["Kupang, ID", "commitment partly", "letter missing"]
    assert "mandate held 2028-09-13 (please check: not confirmed that it is asked)" in lines
    assert sheets(table.read_bytes())[0].title == "English"
    nowhere = CliRunner().invoke(app, ["review", "reporting", reference, "--table", str(tmp_path / "no" / "town.xlsx")])
    assert (nowhere.exit_code, "cannot be written" in nowhere.output) == (1, True)
    assert CliRunner().invoke(app, ["review", "reporting", "NOTTHERE"]).exit_code == 1
