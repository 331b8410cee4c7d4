"""Choices: yes or no, an audience, a language, reached through the words people use for them."""

import functools
from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz, process

from covenant.values.answers import Answer, Parsed, Question, Refused
from covenant.values.lexicon import Entry, Lexicon, Role, Token, entries_of
from covenant.values.text import fold, shortened
from covenant.values.words import ENGLISH, languages, listed, words_of
from locales.languages import LANGUAGES, NEAREST, locale_of

UNSURE = Refused("utter_wrong_yes_no_unsure")
NEAR = 24  # letters between a "for" and whom it is for
_POSTPOSED = frozenset({"my"})  # "for" stands behind them
LONGEST_SENTENCE = 8  # pieces; a longer text that holds a yes is a story
ALIKE = 84  # rapidfuzz ratio, 0 to 100: one slip in six letters
SHORTEST_MISSPELT, LONGEST_MISSPELT = 5, 60
AUDIENCES = (
    "informal settlement",
    "farmer",
    "home",
    "business",
    "coast/fisher",
    "women, elderly, children, people with disabilities",
)


def parse_yes_no(question: Question) -> Answer:
    """Return "yes" or "no"; maybe is neither, and so is yes with a but."""
    tokens = question.tokens
    if not _verdicts(tokens):
        tokens = question.words.lexicon.scan(shortened(question.text))
    verdicts = _verdicts(tokens)
    if any(token.plays(Role.UNSURE) for token in tokens):
        return UNSURE
    if len(verdicts) != 1 or "?" in question.text:
        return Refused("utter_wrong_yes_no")
    others = [token for token in tokens if not token.plays(*_SAID, Role.POLITE, Role.FILLER)]
    foreign = any(token.foreign for token in tokens)
    if not others:
        return Parsed(verdicts.pop(), certain=not foreign)
    opens = tokens[0].plays(*_SAID)
    if not opens or foreign or len(others) > LONGEST_SENTENCE or any(token.plays(Role.BUT) for token in others):
        return Refused("utter_wrong_yes_no")
    return Parsed(verdicts.pop(), certain=False)


_SAID = (Role.YES, Role.NO, Role.WEAK_YES)


def _verdicts(tokens: Sequence[Token]) -> set[str]:
    """Return what was said; the yes of mere politeness (ครับ, dạ, បាទ) counts only where nothing else was said."""
    said = {"yes" for token in tokens if token.plays(Role.YES) and not token.plays(Role.WEAK_YES)}
    said |= {"no" for token in tokens if token.plays(Role.NO)}
    return said or {"yes" for token in tokens if token.plays(Role.WEAK_YES)}


def parse_audience(question: Question) -> Answer:
    """Return whom a measure is for, by the names of `AUDIENCES`; several are refused."""
    return choose(question, _audiences(question.words.language), "utter_wrong_audience", weakest="home")


def parse_audiences(question: Question) -> Answer:
    """Return everybody a text names a measure to be for, by the names of `AUDIENCES`; "home" gives way to any other."""
    tokens = _audiences(question.words.language).scan(question.text)
    named = list(dict.fromkeys(token.roles[Role.CHOICE] for token in tokens if token.plays(Role.CHOICE)))
    if len(named) <= 1:
        answer = parse_audience(question)
        return Parsed([answer.value], answer.certain) if isinstance(answer, Parsed) else answer
    named = [audience for audience in named if audience != "home"]
    return Parsed(named, certain=all(token.plays(Role.CHOICE, *_AROUND) for token in tokens))


def audiences_in(question: Question, beside: Sequence[tuple[int, int]] = ()) -> list[str]:
    """Return everybody a story names as those it is for; mere people or families are nobody in particular.

    They stand behind a "for" or `beside` something, the first and last letters of which are given; who stands elsewhere
    may be the one who does it.
    """
    small = _starts(question, Role.FOR_WHOM)
    families = _starts(question, Role.HOUSEHOLDS)
    around = (*beside, *_for_whom(question))
    found: dict[str, None] = {}
    for token in _audiences(question.words.language).scan(question.text):
        audience = token.roles.get(Role.CHOICE)
        # "Home" is in too many words to be told by anything but families that are counted.
        is_told = token.start in families and _is_in(token, beside) if audience == "home" else _is_in(token, around)
        if audience and is_told and token.start not in small:
            found[audience] = None
    return [one for one in found if one != "home" or len(found) == 1]


def _is_in(token: Token, letters: Sequence[tuple[int, int]]) -> bool:
    return any(first <= token.start < last for first, last in letters)


def _starts(question: Question, role: Role) -> set[int]:
    return {token.start for token in question.tokens if token.plays(role)}


def _for_whom(question: Question) -> list[tuple[int, int]]:
    before = question.words.language in _POSTPOSED
    return [
        (token.start - NEAR, token.start) if before else (token.end, token.end + NEAR)
        for token in question.tokens
        if token.plays(Role.FOR_WHOM)
    ]


def parse_language(question: Question) -> Answer:
    """Return the code of a language we speak, by its own name, its name in any of our languages, or its code."""
    names = {"list": [{"language": code} for code in LANGUAGES]}
    answer = choose(question, _languages(question.words.language), "utter_wrong_language")
    return Refused(answer.reason, {"languages": names}) if isinstance(answer, Refused) else answer


def choose(question: Question, lexicon: Lexicon, reason: str, weakest: str | None = None) -> Answer:
    """Return the one choice a text names, or refuse it for `reason`; a misspelt one counts, but is not sure.

    `weakest` gives way to any other: fishers live in homes, too.
    """
    tokens = lexicon.scan(question.text)
    named = list(dict.fromkeys(token.roles[Role.CHOICE] for token in tokens if token.plays(Role.CHOICE)))
    if not named:
        meant = misspelt(question.text, lexicon)
        return Refused(reason) if meant is None else Parsed(meant, certain=False)
    if len(named) > 1:
        named = [choice for choice in named if choice != weakest]
    if len(named) > 1:
        return Refused(f"{reason}_several")
    sure = all(token.plays(Role.CHOICE, *_AROUND) and not token.foreign for token in tokens)
    return Parsed(named[0], certain=sure and "?" not in question.text)


_AROUND = (Role.POLITE, Role.FILLER, Role.YES, Role.WEAK_YES, Role.JOIN, Role.OR, Role.ABOUT)


def misspelt(text: str, lexicon: Lexicon) -> str | None:
    """Return the value of the phrase that a whole text is a slip of the finger away from, or None."""
    if not SHORTEST_MISSPELT <= len(text) <= LONGEST_MISSPELT:
        return None
    found = process.extractOne(text, _long_phrases(lexicon), scorer=fuzz.ratio, score_cutoff=ALIKE)
    return lexicon.roles(found[0])[Role.CHOICE] if found else None


@functools.lru_cache(maxsize=64)
def _long_phrases(lexicon: Lexicon) -> tuple[str, ...]:
    # Who misspells a word does so in the own language: "kemiskinan", poverty, is no slip for Malay salt water.
    own = {entry.phrase for entry in lexicon.entries(Role.CHOICE) if not entry.foreign}
    return tuple(
        phrase for phrase in lexicon.phrases(Role.CHOICE) if len(phrase) >= SHORTEST_MISSPELT and phrase in own
    )


def choice_lexicon(language: str, choices: Iterator[Entry]) -> Lexicon:
    """Return a lexicon of choices among the small words of a language."""
    return Lexicon([*choices, *words_of(language).lexicon.entries(*_AROUND, Role.NOT)])


@functools.cache
def _audiences(language: str) -> Lexicon:
    return choice_lexicon(language, _audience_entries(language))


def _audience_entries(language: str) -> Iterator[Entry]:
    for name in AUDIENCES:
        yield Entry(name, Role.CHOICE, name)
    for code in (language, ENGLISH):
        yield from _choice_entries(listed(code).get("audiences", {}))


def _choice_entries(listing: dict[str, list[str]]) -> Iterator[Entry]:
    for value, phrases in listing.items():
        yield from entries_of(Role.CHOICE, dict.fromkeys(map(fold, phrases), value))


@functools.cache
def _languages(spoken: str) -> Lexicon:
    return choice_lexicon(spoken, _language_entries(spoken))


def _language_entries(spoken: str) -> Iterator[Entry]:
    for code in (spoken, *(code for code in languages() if code != spoken)):
        yield from _choice_entries(listed(code).get("languages", {}))
    for code, language in LANGUAGES.items():
        known = {*languages()} | ({code} if not language.cldr else set())
        names = {locale_of(each).languages.get(code) for each in known}
        yield from _choice_entries({code: [code, language.name, language.english, *filter(None, names)]})
    yield from (Entry(fold(alias), Role.CHOICE, code) for alias, code in NEAREST.items())
