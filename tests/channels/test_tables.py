"""What the providers send, in every shape that is known: each is answered with 200, and kept once or not at all."""

import pytest

from bot.channels import telegram_updates, whatsapp_forms
from db.messages import InboundState
from tests.channels.doors import Doors, Row, every, table

UPDATES = table("telegram", "update")
FORMS = table("whatsapp", "form")
ANI = {telegram_updates.NAME: "7001", whatsapp_forms.NAME: "+6281234567890"}


def expected(row: Row, channel: str) -> list[tuple[str, dict[str, object], str]]:
    if row.kept is None:
        return []
    state = InboundState.FETCHING if "media" in row.kept else InboundState.WAITING
    return [(row.of or ANI[channel], row.kept, state)]


def check_address(doors: Doors, row: Row, channel: str) -> None:
    if row.address:
        address = doors.address(row.of or ANI[channel])
        assert address is not None
        assert address.state == row.address


@pytest.mark.parametrize("row", UPDATES, ids=str)
def test_an_update_of_telegram_is_taken_once(doors: Doors, row: Row) -> None:
    if row.also:
        assert doors.update(row.also).status_code == 200
    update = {"update_id": 899_999_999, **row.given}
    for _time in range(2):
        assert doors.update(update).status_code == 200
        assert doors.kept() == expected(row, telegram_updates.NAME)
        check_address(doors, row, telegram_updates.NAME)


@pytest.mark.parametrize("row", FORMS, ids=str)
def test_a_form_of_whatsapp_is_taken_once(doors: Doors, row: Row) -> None:
    form = every("whatsapp") | row.given
    for _time in range(2):
        answer = doors.form(form, row.raw)
        assert answer.status_code == 200
        assert answer.text.endswith("<Response/>")
        assert doors.kept() == expected(row, whatsapp_forms.NAME)


def test_the_tables_are_as_long_as_what_they_stand_for() -> None:
    assert len(UPDATES) >= 45
    assert len(FORMS) >= 45
    for rows in (UPDATES, FORMS):
        assert len({row.name for row in rows}) == len(rows)
