"""The law of merging: every row of both is there afterwards, once, and no row of a third person is touched."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from covenant.merging import merge, pointers
from db.messages import File
from db.people import Address, Consent, Contact, LinkCode, Purpose
from db.pledges import Pledge, PledgeEvent, PledgeReport
from db.records import (
    Doubt,
    Draft,
    DraftEvent,
    DraftState,
    Membership,
    Municipality,
    TeamRole,
    Ticket,
    TipShown,
)
from db.tables import Base
from db.teams import Invitation, MembershipEvent
from tests.db.test_privacy import live
from tests.people import Somebody, said, somebody

KINDS = (
    "address",
    "code",
    "consent",
    "doubt",
    "draft",
    "file",
    "invitation",
    "membership",
    "message",
    "pledge",
    "team",
    "ticket",
    "tip",
)
rows = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(KINDS), st.integers(0, 2)), max_size=24)
Snapshot = dict[str, list[dict[str, Any]]]


@pytest.fixture
def towns(session: Session) -> list[int]:
    found = [Municipality(name=f"Town {number}", country="ID") for number in range(3)]
    session.add_all(found)
    session.flush()
    return [one.id for one in found]


def add(session: Session, person: Somebody, kind: str, variant: int, town: int) -> None:
    """Let a row of a kind be somebody's; the variants of a kind may meet in a key."""
    mine, now = person.contact.id, datetime.now(UTC)
    if kind == "message":
        person.write(session, f"word {variant}")
        return
    if kind == "pledge":
        pledge = Pledge(contact_id=mine, action="trees")
        session.add(pledge)
        session.flush()
        session.add(PledgeReport(pledge_id=pledge.id, contact_id=mine, progress="done", at=now))
        session.add(PledgeEvent(pledge_id=pledge.id, contact_id=mine, event="recorded", at=now))
        session.flush()
        return
    if kind == "draft":
        draft = Draft(contact_id=mine, journey=f"j{variant}", values={}, created_at=now)
        session.add(draft)
        session.flush()
        session.add(DraftEvent(draft_id=draft.id, contact_id=mine, field="a", change={}, at=now))
        person.contact.draft_id = draft.id
        return
    row = {
        "address": lambda: Address(contact_id=mine, channel="telegram", external_id=f"{mine}:{secrets.token_hex(8)}"),
        "consent": lambda: said(person.contact, list(Purpose)[variant], given=bool(mine % 2)),
        "membership": lambda: Membership(contact_id=mine, municipality_id=town, pending=bool(mine % 2)),
        "tip": lambda: TipShown(contact_id=mine, tip=f"t{variant}", at=now),
        "ticket": lambda: Ticket(contact_id=mine, kind="x", language="en", created_at=now),
        "file": lambda: File(contact_id=mine, name="a", media_type="b", size=1, sha256="c"),
        "code": lambda: LinkCode(contact_id=mine, digest=f"{mine}:{secrets.token_hex(8)}", expires_at=now),
        "invitation": lambda: Invitation(
            contact_id=mine, digest=secrets.token_hex(8), kind="colleague", expires_at=now
        ),
        "team": lambda: MembershipEvent(contact_id=mine, by_id=mine, municipality_id=town, event="left", at=now),
        "doubt": lambda: Doubt(contact_id=mine, language="en", words="w", guesses=[], at=now),
    }[kind]()
    session.merge(row)
    session.flush()


def everything(session: Session) -> Snapshot:
    tables = [name for name in Base.metadata.tables if not name.startswith("place")]
    return {
        name: list(session.scalars(text(f"SELECT to_jsonb(x) FROM {name} x ORDER BY to_jsonb(x)::text")))  # noqa: S608
        for name in tables
    }


def owners(table: str) -> list[str]:
    return [column.name for column in pointers() if column.table.name == table]


def of(snapshot: Snapshot, contact: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for table, found in snapshot.items():
        for row in found:
            if any(row[name] == contact for name in owners(table)) or (table == "contact" and row["id"] == contact):
                yield table, row


def nothing_twice(session: Session, person: Somebody, kind: str, town: int) -> bool:
    """Whether the row may be added: a person is in a team once."""
    query = select(Membership.id).where(Membership.contact_id == person.contact.id, Membership.municipality_id == town)
    return kind != "membership" or session.scalar(query) is None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_rows=rows)
def test_merging_loses_nothing_and_moves_nothing_of_anybody_else(
    session: Session, towns: list[int], given_rows: list[tuple[int, str, int]]
) -> None:
    with session.begin_nested() as example:
        people = [somebody(session) for _ in range(3)]
        for who, kind, variant in given_rows:
            if nothing_twice(session, people[who], kind, towns[variant]):
                add(session, people[who], kind, variant, towns[variant])
        session.flush()
        before = everything(session)
        source, target, third = (one.contact.id for one in people)
        merge(session, people[0].contact, people[1].contact)
        check(before, everything(session), source, target, third)
        example.rollback()


def check(before: Snapshot, after: Snapshot, source: int, target: int, third: int) -> None:
    assert not list(of(after, source))
    assert list(of(after, third)) == list(of(before, third))
    for table in before:
        kept = [identity(table, row, source, target) for row in after[table]]
        gone = [one for row in before[table] if (one := identity(table, row, source, target)) not in kept]
        assert len(gone) == (table == "contact"), (table, gone)
    given = {row["purpose"]: row["given"] for row in by_id(before["consent"]) if row["contact_id"] == target}
    now = {row["purpose"]: row["given"] for row in by_id(after["consent"]) if row["contact_id"] == target}
    assert now | given == now, "the last word of who stays is the last word"


def by_id(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda row: row["id"])


def identity(table: str, row: dict[str, Any], source: int, target: int) -> object:
    """What a row is told by: its id, or what it says of whom, where `source` is `target` by now."""
    if table in {"membership", "tip_shown", "conversation"}:
        who = target if row["contact_id"] == source else row["contact_id"]
        return who, row.get("municipality_id"), row.get("tip")
    return row.get("id") or row.get("inbound_id") or tuple(sorted(map(str, row.items())))


def test_every_row_that_can_be_a_persons_moves(session: Session, tmp_path: Path) -> None:
    """The person of these rows is in every table that can hold one: `test_privacy` sees to that."""
    life, target = live(session, tmp_path), somebody(session)
    before = everything(session)
    source = life.person.contact.id
    held = {table for table, _row in of(before, source)}
    assert held == {column.table.name for column in pointers()} | {"contact"}
    merge(session, life.person.contact, target.contact)
    after = everything(session)
    assert not list(of(after, source))
    assert {table for table, _row in of(after, target.contact.id)} == held


def test_a_column_that_holds_a_contact_says_so_to_the_database() -> None:
    known = {(column.table.name, column.name) for column in pointers()}
    named = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name in {"contact_id", "author_id"}
    }
    assert named <= known


def test_a_member_at_one_address_is_no_mere_applicant_at_the_other(session: Session, towns: list[int]) -> None:
    one, two = somebody(session), somebody(session)
    for number, (first, second) in enumerate([(True, False), (False, True), (True, True)]):
        session.add(Membership(contact_id=one.contact.id, municipality_id=towns[number], pending=first))
        session.add(Membership(contact_id=two.contact.id, municipality_id=towns[number], pending=second))
    session.flush()
    target = two.contact.id
    merge(session, one.contact, two.contact)
    found = session.execute(
        select(Membership.municipality_id, Membership.pending).where(Membership.contact_id == target)
    ).all()
    assert dict(found) == {towns[0]: False, towns[1]: False, towns[2]: True}


@pytest.mark.parametrize("pending", [True, False])
def test_the_focal_point_at_one_address_is_the_focal_point_everywhere(
    session: Session, towns: list[int], pending: bool
) -> None:
    one, two = somebody(session), somebody(session)
    session.add(Membership(contact_id=one.contact.id, municipality_id=towns[0], role=TeamRole.FOCAL))
    session.add(Membership(contact_id=two.contact.id, municipality_id=towns[0], pending=pending))
    session.flush()
    target = two.contact.id
    merge(session, one.contact, two.contact)
    (place,) = session.scalars(select(Membership).where(Membership.municipality_id == towns[0]))
    assert (place.contact_id, place.role, place.pending) == (target, TeamRole.FOCAL, False)


def test_the_draft_that_was_open_only_at_the_newer_address_goes_on(session: Session) -> None:
    one, two = somebody(session), somebody(session)
    draft = Draft(contact_id=one.contact.id, journey="pledge", values={"a": 1})
    session.add(draft)
    session.flush()
    one.contact.draft_id, target = draft.id, two.contact.id
    merge(session, one.contact, two.contact)
    assert session.get_one(Contact, target).draft_id == draft.id
    assert (draft.state, draft.contact_id) == (DraftState.OPEN, target)


def test_who_stays_keeps_language_and_gets_a_country_only_where_none_was_known(session: Session) -> None:
    one, two = somebody(session, language="th"), somebody(session, language="id")
    one.contact.country, one.contact.time_zone, two.contact.time_zone = "TH", "Asia/Bangkok", "Asia/Jakarta"
    target = two.contact.id
    merge(session, one.contact, two.contact)
    kept = session.get_one(Contact, target)
    assert (kept.language, kept.country, kept.time_zone) == ("id", "TH", "Asia/Jakarta")
    assert session.scalars(select(Consent)).all() == []
