"""What one sentence says of a pledge: "kami akan tanam 400 mangrove untuk 1.200 warga pesisir sampai 2028".

Only what can be read in one way is taken; what two readings fit is left for the question that asks for it. Everything
that was taken is read back.
"""

import re
from datetime import date
from typing import Any

from covenant.pledge_fields import MOST_AUDIENCES, MOST_HAZARDS
from covenant.values import ask
from covenant.values.answers import Question
from covenant.values.choices import audiences_in
from covenant.values.hazards import endangering
from covenant.values.headcounts import Counted, people_in, things_in
from covenant.values.lexicon import Role
from covenant.values.percents import signed_in
from covenant.values.years import span_in
from db.pledges import Campaign, TargetKind

# The Races are called so in every language; the longer name first.
CALLED = (
    (re.compile(r"cit(?:y|ies)[’']? race to resilience"), Campaign.CITIES_RESILIENCE),
    (re.compile(r"race to resilience"), Campaign.RESILIENCE),
    (re.compile(r"race to zero|net[- ]?zero"), Campaign.ZERO),
)
OF_DEEDS = frozenset({"pledge_hazards", "pledge_start", "pledge_year", "pledge_percent"})
ENOUGH = 2  # of these; a mere wish to pledge says less


def stated(text: str, language: str, country: str | None, today: date) -> dict[str, Any]:
    """Return what a sentence says, by the keys of the form's fields; without `pledge_action` where it names no deed."""
    question = ask(text, language, country, today)
    people = people_in(question)
    values = {
        "pledge_campaign": _campaign(question.text),
        "pledge_hazards": endangering(question)[:MOST_HAZARDS] or None,
        "pledge_people": people[0].value if len(people) == 1 else None,
        **_time(question, people),
    }
    found = {key: value for key, value in values.items() if value is not None}
    if not (things_in(question) or people or len(found.keys() & OF_DEEDS) >= ENOUGH):
        return found
    audiences = audiences_in(question, _beside(question, people))[:MOST_AUDIENCES]
    return {"pledge_action": text} | found | ({"pledge_audiences": audiences} if audiences else {})


def _beside(question: Question, people: list[Counted]) -> list[tuple[int, int]]:
    """Return the letters from the word before a number of people or families to the word behind them."""
    tokens = question.tokens
    families = [
        span
        for span in things_in(question)
        if any(token.plays(Role.HOUSEHOLDS) for token in tokens[span.end : span.end + 1])
    ]
    counted = [(one.first, one.end) for one in people] + [(one.first, one.end) for one in families]
    return [(tokens[max(first - 1, 0)].start, tokens[min(end, len(tokens) - 1)].end) for first, end in counted]


def _campaign(text: str) -> str | None:
    return next((campaign.value for name, campaign in CALLED if name.search(text)), None)


def _time(question: Question, people: list[Counted]) -> dict[str, Any]:
    """Return the years, and the target that a percentage names with its base year."""
    taken = {at for one in people for at in range(one.first, one.end)}
    span = span_in(question, taken)
    shares = signed_in(question)
    target: dict[str, Any] = {}
    about_emissions = any(token.plays(Role.EMISSIONS) for token in question.tokens)
    if len(shares) == 1 and (about_emissions or _campaign(question.text) == Campaign.ZERO):
        target["pledge_percent"] = shares[0]
        if len(span.past) == 1:
            target |= {"pledge_target": TargetKind.BASE_YEAR.value, "pledge_base_year": span.past[0]}
    return {"pledge_start": span.start, "pledge_year": span.end, **target}
