"""A campaign update: a text per language, an audience, a rehearsal with counts, and each person queued once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from covenant.drafts import begin
from covenant.fields import CHOICE, EVERY_INTENT, Field, Journey, Option, Values
from covenant.messages import Choice, Say, button, say
from covenant.outbox import WAKE
from covenant.plans import Plan, register
from covenant.questions import answer_choice
from covenant.turn import Turn
from covenant.values import Kind
from db.engine import notify
from db.messages import Lane, Outbound
from db.people import Address, AddressState, Consent, Contact, Purpose, Role
from db.records import Broadcast, BroadcastState, Draft
from locales import LANGUAGES

AUDIENCES = (
    Option("everybody", "Everybody"),
    Option(Role.MUNICIPAL, "Municipal staff"),
    Option(Role.COMMUNITY, "Community groups"),
    Option(Role.BUSINESS, "Businesses and others"),
)


def _text_wanted(code: str) -> Any:
    return lambda values: code in values.get("languages", ())


def _more_possible(values: Values) -> bool:
    return len(_languages_left(values)) > 0


def _languages_left(values: Values) -> list[str]:
    return [code for code in LANGUAGES if code != values.get("base") and code not in values.get("languages", ())]


BROADCAST = Journey(
    key="broadcast",
    fields=(
        Field("audience", CHOICE, skippable=False, options=AUDIENCES),
        Field("broadcast_text", Kind.TEXT, skippable=False, resembles=EVERY_INTENT),
        *(
            Field(
                f"text_{code}",
                Kind.TEXT,
                optional=True,
                needed=_text_wanted(code),
                ask="utter_ask_text_in",
                name="utter_label_text_in",
                words={"language": {"language": code}},
                resembles=EVERY_INTENT,
            )
            for code in LANGUAGES
        ),
        Field("another", Kind.LANGUAGE, optional=True, needed=_more_possible),
    ),
    counted=False,
    confirm=button("Send it now"),
)


def broadcast(turn: Turn) -> list[Say]:
    """Open the form for a broadcast; nobody else than the secretariat learns that it exists."""
    if not turn.contact.is_secretariat:
        return [Say("utter_not_for_you")]
    return begin(turn, BROADCAST.key, {"base": turn.language, "languages": []})


def _choices(_turn: Turn, draft: Draft, field: Field) -> Sequence[Choice]:
    if field.key != "another":
        return ()
    return tuple(answer_choice("another", code, {"language": code}) for code in _languages_left(draft.values))


def _noticed(_turn: Turn, draft: Draft, field: Field) -> Sequence[Say] | None:
    if field.key == "another" and draft.values["another"] in _languages_left(draft.values):
        # The language's text is asked next, and after it whether there is another one.
        languages = [*draft.values["languages"], draft.values["another"]]
        draft.values = {key: value for key, value in draft.values.items() if key != "another"} | {
            "languages": languages
        }
    return None


def texts_of(values: Values) -> dict[str, str]:
    """Return the texts by language, the base language's first."""
    texts = {values["base"]: values["broadcast_text"]}
    given = {code: values.get(f"text_{code}") for code in values.get("languages", ())}
    return texts | {code: text for code, text in given.items() if text}


def _said_yes() -> ColumnElement[bool]:
    """The condition that a contact's last word on campaign news was yes."""
    last = (
        select(Consent.given)
        .where(Consent.contact_id == Contact.id, Consent.purpose == Purpose.NEWS)
        .order_by(Consent.id.desc())
        .limit(1)
        .correlate(Contact)
        .scalar_subquery()
    )
    return last.is_(True)


def recipients(audience: dict[str, Any]) -> Select[int, int, str, str]:
    """Return the query of one active address per contact who said yes to news and belongs to the audience."""
    first = (
        select(func.min(Address.id))
        .where(Address.contact_id == Contact.id, Address.state == AddressState.ACTIVE)
        .correlate(Contact)
        .scalar_subquery()
    )
    role = audience.get("role")
    belongs = Contact.role == role if role else literal(value=True)
    return (
        select(Address.id, Address.contact_id, Address.channel, Contact.language)
        .join(Contact, Contact.id == Address.contact_id)
        .where(and_(Address.id == first, _said_yes(), belongs))
    )


@dataclass(frozen=True)
class Rehearsal:
    """What would happen: how many by channel and language, and how many read the base language instead of their own."""

    counts: dict[tuple[str, str], int]
    fallback: int

    @property
    def total(self) -> int:
        """Return how many people would get it."""
        return sum(self.counts.values())


def rehearse(session: Session, texts: dict[str, str], audience: dict[str, Any]) -> Rehearsal:
    """Count who would get a broadcast, by channel and language."""
    reached = recipients(audience).subquery()
    query = select(reached.c.channel, reached.c.language, func.count()).group_by(reached.c.channel, reached.c.language)
    counts = {(channel, language): number for channel, language, number in session.execute(query)}
    fallback = sum(number for (_channel, language), number in counts.items() if language not in texts)
    return Rehearsal(counts, fallback)


def audience_of(values: Values) -> dict[str, Any]:
    """Return the stored form of the audience that was chosen."""
    return {} if values["audience"] == "everybody" else {"role": values["audience"]}


def _preview(turn: Turn, draft: Draft) -> list[Say]:
    texts = texts_of(draft.values)
    rehearsal = rehearse(turn.session, texts, audience_of(draft.values))
    shown = [
        {"say": "utter_broadcast_text", "args": {"language": {"language": code}, "text": text}}
        for code, text in texts.items()
    ]
    counts = [
        [say("utter_broadcast_count", channel=channel, language={"language": language}), number]
        for (channel, language), number in sorted(rehearsal.counts.items())
    ]
    args = {
        "texts": {"paragraphs": shown},
        "count": rehearsal.total,
        "counts": {"lines": counts},
        "fallback": rehearsal.fallback,
        "base": {"language": draft.values["base"]},
    }
    return [Say("utter_broadcast_preview", args)]


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    if not turn.contact.is_secretariat:
        return [Say("utter_not_for_you")]
    row = Broadcast(
        author_id=turn.contact.id,
        texts=texts_of(draft.values),
        base_language=draft.values["base"],
        audience=audience_of(draft.values),
    )
    turn.session.add(row)
    turn.session.flush()
    row.queued_at = turn.now
    count = queue(turn.session, row)
    return [Say("utter_broadcast_queued", {"count": count}, (Choice(button("Figures"), "/statistics"),))]


def queue(session: Session, row: Broadcast) -> int:
    """Freeze the recipients: one outbox row each, in one statement, unique on broadcast and contact."""
    reached = recipients(row.audience).subquery()
    chosen = select(
        literal(f"broadcast:{row.id}:").concat(reached.c.contact_id),
        reached.c.id,
        reached.c.contact_id,
        reached.c.channel,
        literal(Lane.BROADCAST.value),
        func.jsonb_build_object("broadcast", row.id),
        literal(row.id),
    )
    columns = ["key", "address_id", "contact_id", "channel", "lane", "content", "broadcast_id"]
    statement = insert(Outbound).from_select(columns, chosen).on_conflict_do_nothing(index_elements=["key"])
    inserted = session.execute(statement.returning(Outbound.id)).all()
    row.state = BroadcastState.QUEUED
    notify(session, WAKE, "*")
    return len(inserted)


def text_for(row: Broadcast, language: str) -> str:
    """Return a broadcast's text in a language, else in its base language."""
    texts: dict[str, str] = row.texts
    return texts.get(language) or texts[row.base_language]


PLAN = register(Plan(BROADCAST, submit=_submit, noticed=_noticed, choices=_choices, preview=_preview))
