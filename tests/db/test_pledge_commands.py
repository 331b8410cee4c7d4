"""`kawan pledges`, as an operator types it, and the table that comes back as it went."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from bot.cli import app
from covenant import pledge_book, pledge_file
from covenant.pledge_file import COLUMNS, BadTable
from covenant.review import Actor
from covenant.values.hazards import hazards
from db.engine import Sessions
from db.messages import Outbound
from db.pledges import (
    Area,
    Attribute,
    Campaign,
    Confidence,
    Counting,
    Pledge,
    PledgeEvent,
    PledgeState,
    Progress,
    Target,
    TargetKind,
)
from db.records import Municipality
from tests.people import somebody

Kawan = Callable[..., Result]
NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
OPERATOR = Actor(None, NOW)
words = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r", exclude_categories=["Cs"]), min_size=1)
years = st.none() | st.integers(1990, 2100)
people = st.none() | st.integers(0, 4_000_000_000)
pledges = st.builds(
    Pledge,
    action=words,
    campaign=st.sampled_from(Campaign),
    measure=st.none() | st.just("tip_S04"),
    hazards=st.lists(st.sampled_from(sorted(hazards())), unique=True, max_size=3),
    area=st.none() | st.sampled_from(Area),
    audiences=st.lists(st.sampled_from(["farmer", "women, elderly, children, people with disabilities"]), unique=True),
    place_id=people,
    place_name=st.none() | words.map(lambda text: text[:200]),
    country=st.none() | st.sampled_from(["ID", "VN"]),
    people_min=people,
    people_max=people,
    counting=st.none() | st.sampled_from(Counting),
    attributes=st.lists(st.sampled_from([one.value for one in Attribute]), unique=True),
    confidence=st.sampled_from(Confidence),
    start_year=years,
    end_year=years,
    office=st.none() | words.map(lambda text: text[:200]),
    is_public=st.booleans(),
    progress=st.sampled_from(Progress),
    state=st.sampled_from(PledgeState),
    reason=st.none() | words,
    target=st.none()
    | st.builds(
        Target,
        kind=st.sampled_from(TargetKind),
        base_year=years,
        percent=st.none() | st.floats(0, 1000),
        level=people,
        boundary=st.none() | st.just("community"),
    ),
)


@pytest.fixture
def kawan(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kawan:
    """Type `kawan pledges …`; what it prints and how it ends comes back."""
    monkeypatch.setenv("KAWAN_DATABASE_URL", database_url)
    monkeypatch.setenv("KAWAN_DATA_DIR", str(tmp_path))
    return lambda *words: CliRunner().invoke(app, ["pledges", *map(str, words)])


def record(session: Session, action: str = "400 mangroves") -> Pledge:
    """A pledge of a town's officer."""
    town = Municipality(name="Kupang", country="ID")
    session.add(town)
    session.flush()
    pledge = Pledge(contact_id=somebody(session).contact.id, municipality_id=town.id, action=action, people_min=1200)
    return pledge_book.record(session, pledge, OPERATOR)


def test_what_waits_is_listed_and_verified(nobody_yet: Sessions, kawan: Kawan) -> None:
    with nobody_yet.begin() as session:
        reference = record(session).reference
    assert kawan("list").output.splitlines()[-1] == "1 to verify."
    assert reference in kawan("list").output
    result = kawan("verify", reference.lower(), "--confidence", "high")
    assert (result.exit_code, result.output) == (0, f"{reference} is verified now.\n")
    with nobody_yet() as session:
        pledge = session.scalars(select(Pledge)).one()
        assert (pledge.state, pledge.confidence) == (PledgeState.VERIFIED, Confidence.HIGH)
        assert [one.event for one in pledge_book.history(session, pledge)] == ["recorded", "verified"]
    assert kawan("list").output == "0 to verify.\n"
    assert reference in kawan("list", "--all").output


def test_what_cannot_be_is_one_sentence_that_says_what_to_do(nobody_yet: Sessions, kawan: Kawan) -> None:
    with nobody_yet.begin() as session:
        reference = record(session).reference
    assert kawan("verify", reference).exit_code == 0
    again = kawan("verify", reference)
    assert (again.exit_code, f"{reference} is verified, so it cannot be verified." in again.output) == (1, True)
    nobody = kawan("show", "22222222")
    assert (nobody.exit_code, "kawan pledges list --all" in nobody.output) == (1, True)


def test_a_pledge_is_returned_with_a_reason_that_its_people_read(nobody_yet: Sessions, kawan: Kawan) -> None:
    with nobody_yet.begin() as session:
        reference = record(session).reference
    empty = kawan("return", reference, "--reason", "  ")
    assert (empty.exit_code, "give one with --reason" in empty.output) == (1, True)
    done = kawan("return", reference, "--reason", "Berapa orang?")
    assert (done.exit_code, done.output) == (0, f"{reference} is returned now.\n")
    again = kawan("return", reference, "--reason", "Berapa orang?")
    assert (again.exit_code, f"{reference} is returned, so it cannot be returned." in again.output) == (1, True)
    assert kawan("verify", reference).exit_code == 0
    with nobody_yet() as session:
        told = [row["says"][0]["response"] for row in session.scalars(select(Outbound.content).order_by(Outbound.id))]
        assert told == ["utter_pledge_returned", "utter_pledge_verified"]


def test_a_pledge_is_shown_with_its_history_and_no_name(nobody_yet: Sessions, kawan: Kawan) -> None:
    with nobody_yet.begin() as session:
        pledge = record(session)
        by = Actor(pledge.contact_id, NOW)
        pledge_book.report(session, pledge, pledge_book.News(Progress.UNDER_WAY, (300, 400), "first row stands"), by)
        reference = pledge.reference
    shown = kawan("show", reference)
    assert shown.exit_code == 0, shown.output
    for part in (reference, "400 mangroves", "Kupang", "people 300-400", "first row stands", "reported"):
        assert part in shown.output


def test_the_table_comes_back_as_it_went(nobody_yet: Sessions, kawan: Kawan, tmp_path: Path) -> None:
    file, again = tmp_path / "pledges.csv", tmp_path / "again.csv"
    with nobody_yet.begin() as session:
        pledge_book.verify(session, record(session), OPERATOR)
        pledge_book.withdraw(session, record(session, "ປູກຕົ້ນໄມ້,\n“400” ຕົ້ນ"), OPERATOR)
    assert kawan("export", file).exit_code == 0
    assert kawan("import", file).output == "0 added.\n", "what is here stays as it is"
    with nobody_yet.begin() as session:
        session.execute(delete(Pledge))
    assert kawan("import", file).output == "2 added.\n"
    assert kawan("export", again).exit_code == 0
    assert again.read_bytes() == file.read_bytes()
    assert kawan("export", file).exit_code == 1, "nothing is overwritten"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_pledges=st.lists(pledges, max_size=4))
def test_whatever_a_pledge_holds_comes_back(session: Session, given_pledges: list[Pledge]) -> None:
    with session.begin_nested() as example:
        session.execute(delete(Pledge))
        session.add_all(given_pledges)
        session.flush()
        before = pledge_file.export(session)
        session.execute(delete(Pledge))
        session.expunge_all()
        assert pledge_file.bring(session, before, OPERATOR) == len(given_pledges)
        assert pledge_file.export(session) == before
        assert len(session.scalars(select(PledgeEvent.id)).all()) == len(given_pledges)
        example.rollback()


def table(**values: str) -> str:
    """A table of one line."""
    line = dict.fromkeys(COLUMNS, "") | {
        "reference": "AAAAAAAA",
        "action": "trees",
        "campaign": "resilience",
        "progress": "done",
        "state": "recorded",
        "is_public": "no",
    }
    written = io.StringIO()
    rows = csv.DictWriter(written, COLUMNS)
    rows.writeheader()
    rows.writerow(line | values)
    return written.getvalue()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"campaign": "race"}, "Line 2: 'race' is not a valid Campaign"),
        ({"people_min": "many"}, "Line 2: invalid literal for int"),
        ({"hazards": "flood"}, "Line 2: "),
        ({"hazards": "{}"}, "Line 2: hazards must be a list"),
        ({"action": ""}, "Line 2: action must not be empty"),
        ({"municipality": "nowhere"}, "Line 2: there is no municipality nowhere here"),
    ],
)
def test_a_line_that_cannot_be_is_named_and_nothing_is_taken(
    session: Session, wrong: dict[str, str], said: str
) -> None:
    before = pledge_file.export(session)
    with pytest.raises(BadTable, match=said.replace("(", r"\(")):
        pledge_file.bring(session, table(**wrong), OPERATOR)
    assert pledge_file.export(session) == before
    with pytest.raises(BadTable, match="The first line must name"):
        pledge_file.bring(session, "reference,action\nA,b\n", OPERATOR)
