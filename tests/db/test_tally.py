"""The tally over real pledges: what the book does to one, where its place lies, and what everybody may read."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from bot import public_tally
from bot.app import Wiring
from bot.cli import app
from bot.settings import Settings
from covenant import pledge_book
from covenant.review import Actor
from covenant.tally import Count, Range, Tally, counted, people_of, tally
from db.engine import Sessions
from db.place import Place, PlaceKind
from db.pledges import Attribute, Pledge
from db.records import Municipality
from tests.db.applicants import officer, phone
from tests.db.conftest import served
from tests.people import SECRET

BY = Actor(None, datetime(2026, 12, 2, 4, tzinfo=UTC))
WORDS = "Plant 400 mangroves with Ibu Sari"


def pledged(session: Session, low: int = 50, high: int = 80, **more: object) -> Pledge:
    given = {"action": WORDS, "country": "ID", "people_min": low, "people_max": high, **more}
    return pledge_book.record(session, Pledge(**given), BY)


def wholes(session: Session) -> tuple[Count, Count]:
    found = tally(counted(session))
    return found.verified.whole, found.unverified.whole


ONE, NONE = Count(1, Range(50, 80)), Count(0, Range(0, 0))


def test_a_pledge_goes_where_the_book_puts_it(session: Session) -> None:
    pledge = pledged(session)
    assert wholes(session) == (NONE, ONE)
    pledge_book.verify(session, pledge, BY)
    assert wholes(session) == (ONE, NONE)
    pledge_book.amend(session, pledge, {"people_max": 90}, BY)
    assert wholes(session) == (NONE, Count(1, Range(50, 90)))
    pledge_book.verify(session, pledge, BY)
    pledge_book.send_back(session, pledge, "How were they counted?", BY)
    assert wholes(session) == (NONE, Count(1, Range(50, 90)))
    pledge_book.withdraw(session, pledge, BY)
    assert wholes(session) == (NONE, NONE)


def test_a_place_of_the_gazetteer_lies_in_its_province(session: Session) -> None:
    town = session.scalars(
        select(Place).where(Place.kind == PlaceKind.TOWN, Place.country == "ID", Place.province_id.is_not(None))
    ).first()
    assert town
    municipality = Municipality(place_id=town.id, name=town.english, country="ID")
    session.add(municipality)
    session.flush()
    pledged(session, 50, 80, municipality_id=municipality.id)
    pledged(session, 70, 70, place_id=town.province_id)
    of_town, of_province = counted(session)
    assert of_town.path[:2] == of_province.path == ("ID", town.province_id)
    assert of_town.path[-1] == town.id
    assert people_of([of_town, of_province]) == Range(70, 150)


def test_a_place_that_is_not_listed_may_be_anywhere_in_its_country(session: Session) -> None:
    pledged(session, 50, 80, place_name="Kampung Baru")
    pledged(session, 70, 70, place_name="Kampung Lama")
    assert {one.path for one in counted(session)} == {("ID",)}
    assert people_of(counted(session)) == Range(70, 150)


def test_a_place_whose_province_is_not_known_may_lie_in_any(session: Session) -> None:
    province = session.scalars(select(Place).where(Place.kind == PlaceKind.PROVINCE, Place.country == "ID")).first()
    assert province
    session.add(Place(id=-7, kind=PlaceKind.TOWN, country="ID", english="Nowhere", local="Nowhere"))
    session.flush()
    pledged(session, 50, 80, place_id=-7)
    pledged(session, 70, 70, place_id=province.id)
    assert people_of(counted(session)) == Range(70, 150), "the town may lie in just this province"


def test_the_chat_tells_all_pledges_together(session: Session) -> None:
    pledge_book.verify(session, pledged(session), BY)
    pledged(session, 70, 70)
    pledge_book.withdraw(session, pledged(session, 1000, 1000), BY)
    said = phone(session, officer(session)).press("statistics")
    assert [one.key for one in said] == ["utter_figures"]
    assert said[0].args == {"municipalities": 0, "pledges": 2, "people": {"range": [70, 150]}}


# --- what everybody may read ----------------------------------------------------------------------------------------


@pytest.fixture
def wiring(tmp_path: Path, database_url: str, nobody_yet: Sessions) -> Iterator[Wiring]:
    with nobody_yet.begin() as session:
        verified = pledged(session, hazards=["flood: river flood"], attributes=[Attribute.AGENCY, Attribute.EQUITY])
        pledge_book.verify(session, verified, BY)
        pledged(session, 5, 5, country="TH")
    settings = Settings(
        host="127.0.0.1", port=8000, data_dir=tmp_path, public_url="http://127.0.0.1:8000", secret_key=SECRET
    )
    wiring = Wiring(settings, database_url, "http://127.0.0.1:1")
    yield wiring
    wiring.engine.dispose()


@pytest.fixture
def web(wiring: Wiring) -> Iterator[httpx.Client]:
    with served(wiring.web()) as client:
        yield client


def test_it_is_published_as_a_document(web: httpx.Client) -> None:
    answer = web.get("/api/tally")
    assert answer.headers["cache-control"] == "public, max-age=60"
    body = answer.json()
    assert set(body) == {"verified", "unverified", "as_of", "method"}
    one = {"pledges": 1, "people": {"min": 50, "max": 80}}
    assert body["verified"] == {
        **one,
        "by": {
            "campaign": {"resilience": one},
            "country": {"ID": one},
            "hazard": {"flood": one},
            "area": {},
            "attribute": {"agency": one, "equity": one},
        },
    }
    assert body["unverified"]["by"]["country"] == {"TH": {"pledges": 1, "people": {"min": 5, "max": 5}}}
    assert datetime.fromisoformat(body["as_of"]).tzinfo
    assert (Path(public_tally.__file__).parent.parent / body["method"]).is_file()
    assert "angrove" not in answer.text


def test_it_is_published_as_a_table(web: httpx.Client) -> None:
    answer = web.get("/api/tally.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == list(public_tally.COLUMNS)
    assert rows[1] == ["verified", "", "", "1", "50", "80"]
    assert ["verified", "attribute", "equity", "1", "50", "80"] in rows
    assert ["unverified", "country", "TH", "1", "5", "5"] in rows
    assert "angrove" not in answer.text


def test_it_is_counted_once_a_minute(web: httpx.Client, nobody_yet: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[Tally] = []
    count = public_tally.count

    def watched(session: Session) -> tuple[Tally, datetime]:
        found = count(session)
        counts.append(found[0])
        return found

    monkeypatch.setattr(public_tally, "count", watched)
    first = web.get("/api/tally").json()
    with nobody_yet.begin() as session:
        pledged(session)
    assert web.get("/api/tally").json() == first
    web.get("/api/tally.csv")
    assert len(counts) == 1
    monkeypatch.setattr(public_tally, "KEPT", 0)
    assert web.get("/api/tally").json()["unverified"]["pledges"] == 2


def test_the_command_prints_the_same(
    web: httpx.Client, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAWAN_DATABASE_URL", database_url)
    monkeypatch.setenv("KAWAN_DATA_DIR", str(tmp_path))
    kawan = CliRunner()
    printed = json.loads(kawan.invoke(app, ["tally", "--json"]).stdout)
    published = web.get("/api/tally").json()
    assert {**printed, "as_of": ""} == {**published, "as_of": ""}
    table = kawan.invoke(app, ["tally", "--csv"]).stdout
    assert table.splitlines() == web.get("/api/tally.csv").text.splitlines()
    assert "people 50-80" in kawan.invoke(app, ["tally"]).stdout
    both = kawan.invoke(app, ["tally", "--csv", "--json"])
    assert (both.exit_code, "Choose one" in both.stderr) == (1, True)
