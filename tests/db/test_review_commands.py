"""`kawan review`, as an operator types it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from bot.cli import app
from covenant import deciding
from covenant.review import Actor
from db.engine import Sessions
from db.messages import Outbound
from db.records import Application, ApplicationEvent, ApplicationState
from tests.db.applicants import NOW, reviewer, signed, town

Kawan = Callable[..., Result]


@pytest.fixture
def kawan(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kawan:
    """Type `kawan review …`; what it prints and how it ends comes back."""
    monkeypatch.setenv("KAWAN_DATABASE_URL", database_url)
    monkeypatch.setenv("KAWAN_DATA_DIR", str(tmp_path))
    return lambda *words: CliRunner().invoke(app, ["review", *words])


@pytest.fixture
def reference(nobody_yet: Sessions) -> str:
    """The reference of a town whose signed letter is here."""
    with nobody_yet.begin() as session:
        return signed(session, town(session)).reference


def state(sessions: Sessions, reference: str) -> Application:
    with sessions() as session:
        return session.scalars(select(Application).where(Application.reference == reference)).one()


def test_what_waits_is_listed_with_its_state(nobody_yet: Sessions, kawan: Kawan, reference: str) -> None:
    with nobody_yet.begin() as session:
        town(session, "Kupang")
    result = kawan("list")
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.output.splitlines()]
    assert lines[0][:2] == [reference, "letter_received"]
    assert lines[1][1] == "submitted"
    assert result.output.splitlines()[-1] == "2 waiting."


def test_a_town_is_taken_up_and_accepted(nobody_yet: Sessions, kawan: Kawan, reference: str) -> None:
    early = kawan("accept", reference)
    assert (early.exit_code, f"kawan review take {reference}" in early.output) == (1, True)
    assert state(nobody_yet, reference).state == ApplicationState.LETTER_RECEIVED
    assert kawan("take", reference.lower()).output == f"{reference} is in_review now.\n"
    assert kawan("accept", reference).exit_code == 0
    with nobody_yet() as session:
        assert session.scalars(select(Outbound.content)).one()["says"][0]["response"] == "utter_accepted"
    again = kawan("accept", reference)
    assert (again.exit_code, "is accepted, so that is not possible." in again.output) == (1, True)


def test_a_return_names_its_fields_and_its_reason(nobody_yet: Sessions, kawan: Kawan, reference: str) -> None:
    kawan("take", reference)
    wrong = kawan("return", reference, "--reason", "No stamp.", "--field", "stamp")
    assert (wrong.exit_code, "There is no field “stamp”" in wrong.output) == (1, True)
    empty = kawan("return", reference, "--reason", " ")
    assert (empty.exit_code, "--reason" in empty.output) == (1, True)
    assert kawan("return", reference).exit_code != 0
    assert state(nobody_yet, reference).state == ApplicationState.IN_REVIEW
    done = kawan("return", reference, "--reason", "No stamp.", "--field", "letter", "--field", "focal_post")
    assert done.exit_code == 0, done.output
    row = state(nobody_yet, reference)
    assert (row.state, row.reason, row.returned_fields) == ("returned", "No stamp.", ["letter", "focal_post"])


def test_declining_keeps_the_reason_and_that_it_was_the_operator(
    nobody_yet: Sessions, kawan: Kawan, reference: str
) -> None:
    kawan("take", reference)
    assert kawan("decline", reference, "--reason", "No mandate.").exit_code == 0
    with nobody_yet() as session:
        last = session.scalars(select(ApplicationEvent).order_by(ApplicationEvent.id.desc())).first()
        assert last
        assert (last.event, last.contact_id, last.reason) == ("declined", None, "No mandate.")
    shown = kawan("show", reference).output
    assert "in_review → declined  operator  No mandate." in shown
    assert "letter 1" in shown
    assert "Ratna Sari" in shown


def test_what_a_colleague_has_in_hand_is_taken_over_only_on_purpose(
    nobody_yet: Sessions, kawan: Kawan, reference: str
) -> None:
    with nobody_yet.begin() as session:
        application = session.scalars(select(Application)).one()
        deciding.take(session, application, Actor(reviewer(session).contact.id, NOW))
    for words in (("accept", reference), ("take", reference), ("decline", reference, "--reason", "No.")):
        refused = kawan(*words)
        assert (refused.exit_code, f"take {reference} --over" in refused.output) == (1, True)
    assert kawan("take", reference, "--over").exit_code == 0
    assert kawan("accept", reference).exit_code == 0


@pytest.mark.usefixtures("nobody_yet")
@pytest.mark.parametrize("verb", ["show", "take", "accept"])
def test_a_reference_that_nobody_has_is_a_sentence(kawan: Kawan, verb: str) -> None:
    result = kawan(verb, "AAAAAAAA")
    assert (result.exit_code, "no application with the reference" in result.output) == (1, True)
