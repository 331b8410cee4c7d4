"""A campaign update in the chat: the secretariat dictates it, sees it rehearsed, and then how far it is.

A second person's word above a size would come between the review and `_submit`.
"""

from collections.abc import Sequence
from typing import Any

from covenant import broadcasts
from covenant.broadcasts import Outcomes
from covenant.drafts import begin
from covenant.fields import CHOICE, EVERY_INTENT, Field, Journey, Option, Values
from covenant.messages import Choice, Say, button, payload, say
from covenant.plans import Plan, register
from covenant.questions import answer_choice
from covenant.rehearsal import Rehearsal, rehearse
from covenant.turn import Turn
from covenant.values import Kind
from db.people import Role
from db.records import Broadcast, BroadcastState, Draft
from locales import LANGUAGES

AUDIENCES = (
    Option("everybody", "Everybody"),
    Option(Role.MUNICIPAL, "Municipal staff"),
    Option(Role.COMMUNITY, "Community groups"),
    Option(Role.BUSINESS, "Businesses and others"),
)


LIST = "list"  # what the button "Updates under way" asks for
SHOWN = 8
DOES = {"pause": BroadcastState.PAUSED, "continue": BroadcastState.QUEUED, "stop": BroadcastState.STOPPED}
TITLES = {"pause": button("Pause"), "continue": button("Continue"), "stop": button("Stop it for good")}


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
    """Open the form for a broadcast, or show and steer those under way; nobody but the secretariat learns of them."""
    if not turn.contact.is_secretariat:
        return [Say("utter_not_for_you")]
    if turn.entities.get("broadcast"):
        return _named(turn, str(turn.entities["broadcast"]))
    if turn.entities.get("do") == LIST:
        return [_under_way(turn)]
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


def _preview(turn: Turn, draft: Draft) -> list[Say]:
    texts = texts_of(draft.values)
    base, audience = draft.values["base"], broadcasts.audience_named(draft.values["audience"])
    rehearsal = rehearse(turn.session, turn.catalogues, Broadcast(texts=texts, base_language=base, audience=audience))
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
        "base": {"language": base},
    }
    return [*_beside(rehearsal), Say("utter_broadcast_preview", args)]


def _beside(rehearsal: Rehearsal) -> list[Say]:
    """What else there is to know before it is sent: who is not reached and why, what it costs."""
    lines = [[say(f"utter_unreached_{reason}"), number] for reason, number in rehearsal.unreached.items()]
    said = [Say("utter_broadcast_unreached", {"lines": {"lines": lines}})] if lines else []
    if rehearsal.cost.messages:
        key = "utter_broadcast_cost_least" if rehearsal.cost.unknown else "utter_broadcast_cost"
        said.append(Say(key, {"usd": str(rehearsal.cost.cents)}))
    return said


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    if not turn.contact.is_secretariat:
        return [Say("utter_not_for_you")]
    row = Broadcast(
        author_id=turn.contact.id,
        texts=texts_of(draft.values),
        base_language=draft.values["base"],
        audience=broadcasts.audience_named(draft.values["audience"]),
    )
    turn.session.add(row)
    turn.session.flush()
    row.queued_at = turn.now
    count = broadcasts.queue(turn.session, row)
    args = {"count": count, "reference": row.reference}
    return [Say("utter_broadcast_queued", args, (_look(row, button("How far is it?")), *_steering(row)))]


# --- under way ------------------------------------------------------------------------------------------------------


def _under_way(turn: Turn) -> Say:
    """Offer the newest broadcasts, each with what is left of it."""
    rows = broadcasts.recent(turn.session, SHOWN)
    if not rows:
        return Say("utter_broadcasts_none")
    return Say("utter_broadcasts", {}, tuple(_look(row, _title(turn, row)) for row in rows))


def _title(turn: Turn, row: Broadcast) -> str:
    return f"{row.reference} · {row.queued_at or turn.now:%d.%m.}"


def _look(row: Broadcast, title: Any) -> Choice:
    return Choice(title, payload("broadcast", broadcast=row.reference))


def _named(turn: Turn, reference: str) -> list[Say]:
    row = broadcasts.find(turn.session, reference)
    if row is None:
        return [_under_way(turn)]
    state = DOES.get(str(turn.entities.get("do")))
    if state == BroadcastState.STOPPED and turn.entities.get("sure") != "yes":
        return [Say("utter_broadcast_stop_sure", {"reference": row.reference}, _sure(row))]
    if state:
        broadcasts.move(turn.session, row, state)
    return [progress(row, broadcasts.outcomes(turn.session, row))]


def _sure(row: Broadcast) -> tuple[Choice, ...]:
    stop = payload("broadcast", broadcast=row.reference, do="stop", sure="yes")
    return Choice(button("Yes, stop it for good"), stop), _look(row, button("No, keep it"))


def progress(row: Broadcast, found: Outcomes) -> Say:
    """Say how far a broadcast is, with the buttons that steer it."""
    lines = [[say(f"utter_outcome_{name}"), number] for name, number in found.groups]
    key = f"utter_broadcast_{_standing(row, found)}"
    args = {"reference": row.reference, "count": found.total, "lines": {"lines": lines}}
    return Say(key, args, (*_steering(row, found), _look(row, button("Look again"))))


def _standing(row: Broadcast, found: Outcomes) -> str:
    if row.state != BroadcastState.QUEUED:
        return str(row.state)
    return "sending" if found.left else "done"


def _steering(row: Broadcast, found: Outcomes | None = None) -> tuple[Choice, ...]:
    """The buttons for what a broadcast may become; none when nothing is left of it."""
    if found and not any(found.of(state) for state in (*broadcasts.LEFT, *broadcasts.NOT_YET)):
        return ()
    possible = [do for do, state in DOES.items() if row.state in broadcasts.STEPS[state]]
    return tuple(Choice(TITLES[do], payload("broadcast", broadcast=row.reference, do=do)) for do in possible)


PLAN = register(Plan(BROADCAST, submit=_submit, noticed=_noticed, choices=_choices, preview=_preview))
