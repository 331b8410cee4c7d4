"""`kawan broadcast`, `broadcasts`, `costs` and `templates`, as an operator types them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from bot.cli import app
from covenant import costs
from covenant.templates import NOTICE
from db.engine import Sessions
from db.messages import Inbound, Outbound, OutboundState
from db.people import Address, Role
from db.records import Broadcast
from locales import Catalogues
from tests.db.content_server import content_server
from tests.db.test_broadcasts import person
from tests.db.test_templates import approve

UPDATE = "base: en\ntexts: {en: The climate week begins., th: สัปดาห์ภูมิอากาศเริ่มขึ้นแล้ว}\n"
Kawan = Callable[..., Result]


@pytest.fixture
def kawan(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kawan]:
    """Type a command; what it prints and how it ends comes back."""
    monkeypatch.setenv("KAWAN_DATABASE_URL", database_url)
    monkeypatch.setenv("KAWAN_DATA_DIR", str(tmp_path))

    def run(*words: object, answer: str | None = None) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words], input=answer)

    yield run
    costs.BOOK.own = None


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "update.yml"
    path.write_text(UPDATE)
    return path


def queued(sessions: Sessions) -> list[Outbound]:
    with sessions() as session:
        return list(session.scalars(select(Outbound).order_by(Outbound.id)))


def reference(sessions: Sessions) -> str:
    with sessions() as session:
        return session.scalars(select(Broadcast.reference)).one()


def test_an_update_is_shown_confirmed_and_queued(
    nobody_yet: Sessions, catalogues: Catalogues, kawan: Kawan, file: Path
) -> None:
    with nobody_yet.begin() as session:
        approve(session, catalogues, NOTICE)
        person(session, role=Role.MUNICIPAL)
        person(session, "whatsapp", role=Role.MUNICIPAL, language="th", wrote=timedelta(days=2))
        person(session, role=Role.MUNICIPAL, language="km", news=False)
        person(session, role=Role.COMMUNITY)
    shown = kawan("broadcast", file, "--audience", "municipal", answer="n\n")
    assert shown.exit_code == 1
    assert not queued(nobody_yet)
    for part in (
        "To municipal: 2",
        "  web, en: 1",
        "  whatsapp, th: 1",
        "1 did not say yes",
        "It costs 0.05 US dollars",
    ):
        assert part in shown.output, shown.output
    assert catalogues["en"].text("utter_template_notice").partition("{text}")[0] + "สัปดาห์" in shown.output
    sent = kawan("broadcast", file, "--audience", "municipal", answer="y\n")
    assert sent.exit_code == 0
    assert f"{reference(nobody_yet)} is on its way to 2" in sent.output
    assert [row.channel for row in queued(nobody_yet)] == ["web", "whatsapp"]


def test_yes_asks_nothing(nobody_yet: Sessions, kawan: Kawan, file: Path) -> None:
    with nobody_yet.begin() as session:
        person(session)
    assert kawan("broadcast", file, "--audience", "everybody", "--yes").exit_code == 0
    assert len(queued(nobody_yet)) == 1


def test_an_update_for_nobody_is_not_queued(nobody_yet: Sessions, kawan: Kawan, file: Path) -> None:
    result = kawan("broadcast", file, "--audience", "business", "--yes")
    assert (result.exit_code, "Nobody would get it" in result.output) == (1, True)
    with nobody_yet() as session:
        assert session.scalars(select(Broadcast)).all() == []


def test_a_text_too_long_for_whatsapps_template_is_warned_about(nobody_yet: Sessions, kawan: Kawan, file: Path) -> None:
    with nobody_yet.begin() as session:
        person(session)
    file.write_text(f"base: en\ntexts: {{en: {'long ' * 250}}}")
    result = kawan("broadcast", file, "--audience", "everybody", answer="n\n")
    assert "Careful: the text in en has 1249 characters" in result.output


@pytest.mark.usefixtures("nobody_yet")
def test_a_mistake_in_the_file_ends_with_its_sentence(kawan: Kawan, file: Path) -> None:
    file.write_text("base: en\ntexts: {en: ''}")
    result = kawan("broadcast", file, "--audience", "everybody")
    assert (result.exit_code, result.output) == (1, "kawan: The text in en is empty.\n")


def test_what_is_under_way_is_listed_shown_and_steered(nobody_yet: Sessions, kawan: Kawan, file: Path) -> None:
    with nobody_yet.begin() as session:
        somebody, other = person(session), person(session, "whatsapp")
        numbers = session.scalars(select(Address.external_id)).all()
    kawan("broadcast", file, "--audience", "everybody", "--yes")
    name = reference(nobody_yet)
    assert f"{name}  " in kawan("broadcasts").output
    assert "left 2" in kawan("broadcasts").output
    assert "is paused" in kawan("broadcasts", "pause", name).output
    again = kawan("broadcasts", "pause", name)
    assert (again.exit_code, "does nothing" in again.output) == (1, True)
    assert "is queued" in kawan("broadcasts", "resume", name.lower()).output
    with nobody_yet.begin() as session:
        row = session.scalars(select(Outbound)).first()
        assert row
        row.state, row.error = OutboundState.FAILED, "rejected"
    table = kawan("broadcasts", "show", name, "--people").output
    assert table.splitlines() == [
        "person\tchannel\tlanguage\tstate\terror",
        f"{somebody.public_id}\tweb\ten\tfailed\trejected",
        f"{other.public_id}\twhatsapp\ten\tqueued\t",
    ]
    assert not [number for number in numbers if number in table]
    stopped = kawan("broadcasts", "stop", name).output.split()
    assert stopped[-6:] == ["left", "0", "failed", "1", "skipped", "1"]


@pytest.mark.usefixtures("nobody_yet")
@pytest.mark.parametrize("verb", ["show", "pause", "resume", "stop"])
def test_a_reference_that_nobody_has_is_a_sentence(kawan: Kawan, verb: str) -> None:
    result = kawan("broadcasts", verb, "AAAAAAAA")
    assert (result.exit_code, "no update with the reference" in result.output) == (1, True)


# --- what it costs --------------------------------------------------------------------------------------------------


def test_costs_are_added_up_by_month_category_and_country(nobody_yet: Sessions, kawan: Kawan, tmp_path: Path) -> None:
    on = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    with nobody_yet.begin() as session:
        contact = person(session, "whatsapp")
        address = contact.addresses[0]

        def sent(
            key: str, state: OutboundState, template: str | None, *, where: Address = address, **more: object
        ) -> None:
            ids = {"contact_id": where.contact_id, "address_id": where.id, "channel": where.channel}
            session.add(Outbound(key=key, lane="reminder", content={}, state=state, template=template, **ids, **more))

        sent("a", OutboundState.DELIVERED, "reminder", sent_at=on)
        sent("b", OutboundState.READ, None, sent_at=on)
        sent("c", OutboundState.SENT, "notice", sent_at=on + timedelta(hours=1))
        sent("d", OutboundState.SENT, "notice", sent_at=on, cost="0.02")
        sent("e", OutboundState.FAILED, "notice", sent_at=on)
        singapore = person(session, "whatsapp").addresses[0]
        singapore.phone = "+6581234567"
        sent("f", OutboundState.SENT, "reminder", where=singapore, sent_at=on)
        elsewhere = person(session, "telegram").addresses[0]
        sent("g", OutboundState.SENT, None, where=elsewhere, sent_at=on)
        ids = {"contact_id": contact.id, "address_id": address.id, "channel": "whatsapp"}
        session.add(Inbound(external_id="in", content={}, received_at=on, **ids))
    lines = [line.split() for line in kawan("costs").output.splitlines()]
    assert lines == [
        ["2026-10", "inbound", "ID", "1", "0.01", "US", "dollars"],
        ["2026-10", "marketing", "ID", "1", "0.02", "US", "dollars"],
        ["2026-10", "service", "ID", "1", "0.03", "US", "dollars"],
        ["2026-10", "utility", "ID", "1", "0.03", "US", "dollars"],
        ["2026-10", "utility", "SG", "1", "at", "least", "0.00", "US", "dollars"],
        ["2026-11", "marketing", "ID", "1", "0.05", "US", "dollars"],
        ["2026-10", "altogether", "5", "at", "least", "0.09", "US", "dollars"],
        ["2026-11", "altogether", "1", "0.05", "US", "dollars"],
    ]
    (tmp_path / costs.OWN_FILE).write_text("rates: [{from: 2026-01-01, market: singapore, utility: 1}]")
    assert "SG         1  1.01 US dollars" in kawan("costs").output
    (tmp_path / costs.OWN_FILE).write_text("rates: 3")
    wrong = kawan("costs")
    assert (wrong.exit_code, "no list of rates" in wrong.output) == (1, True)


# --- templates ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("nobody_yet")
def test_templates_are_handed_in_and_listed(kawan: Kawan, monkeypatch: pytest.MonkeyPatch) -> None:
    without = kawan("templates", "sync")
    assert (without.exit_code, "KAWAN_TWILIO_ACCOUNT_SID" in without.output) == (1, True)
    with content_server() as provider:
        for name, value in {
            "ACCOUNT_SID": provider.settings.account_sid,
            "AUTH_TOKEN": provider.settings.auth_token,
            "WHATSAPP_FROM": provider.settings.whatsapp_from,
            "API_URL": provider.url,
        }.items():
            monkeypatch.setenv(f"KAWAN_TWILIO_{name}", value)
        result = kawan("templates", "sync")
        assert result.exit_code == 0, result.output
        assert "10 contents with buttons are there" in result.output
        provider.decide("kawan_knock_en", "rejected", "SCAM")
        kawan("templates", "sync")
    listed = [line.split() for line in kawan("templates", "list").output.splitlines()]
    assert listed[0] == ["name", "language", "state", "reason"]
    assert ["knock", "en", "rejected", "SCAM"] in listed
    assert ["reminder", "en", "received"] in listed
