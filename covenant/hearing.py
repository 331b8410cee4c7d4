"""Which language a person writes in, beside the one they chose: heard twice in a row, it is offered, never taken."""

from dataclasses import replace

from covenant.messages import Choice, Say, payload
from covenant.turn import Turn
from covenant.welcome import was_never_asked
from locales.languages import LANGUAGES, foreign_script, language_of_script

SURE = 0.9
TWICE = 2
# Letters a text needs before its language is believed: "ok" is in every language.
LEAST_LETTERS, LEAST_IN_OWN_SCRIPT = 12, 3
# These two share most of their words; nobody is asked because of one message of a few.
ALIKE = frozenset({"id", "ms"})
LEAST_OF_ALIKE = 30
# Who asks for a language has said which, and danger is no moment for an offer.
SILENT = frozenset({"change_language", "emergency"})


def listen(turn: Turn) -> str | None:
    """Remember what language was heard; return one that is to be offered now."""
    contact = turn.contact
    # An answer that was taken may be a name in any language; one that was refused may be refused for its language.
    is_taken = turn.intent == "inform" and turn.reading.refused is None
    language = None if is_taken or turn.intent in SILENT else written_in(turn)
    if language is None:
        return None
    if language == turn.language:
        contact.heard, contact.heard_times = None, 0
        return None
    contact.heard_times = contact.heard_times + 1 if contact.heard == language else 1
    contact.heard = language
    if contact.heard_times < TWICE or language in contact.languages_offered:
        return None
    contact.languages_offered = [*contact.languages_offered, language]
    return language


def adopt(turn: Turn) -> None:
    """Before anybody chose a language, the one written in is the best guess; of two that are alike, the hint."""
    language = written_in(turn)
    is_other = language not in {None, turn.language} and {language, turn.language} != ALIKE
    if language and is_other and was_never_asked(turn):
        turn.contact.language = language


def offered(language: str, turn: Turn, said: list[Say]) -> list[Say]:
    """Put the offer, in the language that was heard, before an answer and its two buttons behind the answer's own."""
    codes = (language, turn.language)
    choices = tuple(Choice({"language": code}, payload("change_language", language=code)) for code in codes)
    offer = Say("utter_offer_language", {"language": {"language": language}}, language=language)
    *before, last = said or [offer]
    return [offer, *before, replace(last, choices=last.choices + choices)]


def without_words(turn: Turn) -> list[Say]:
    """Say, once, that we have no words in the script that was written in."""
    script = foreign_script(turn.text) if turn.text else None
    if script is None or script in turn.contact.languages_offered:
        return []
    turn.contact.languages_offered = [*turn.contact.languages_offered, script]
    return [Say("utter_language_unknown", {"language": {"language": turn.language}})]


def written_in(turn: Turn) -> str | None:
    """Return the language of ours that a message is surely written in, or None."""
    if not turn.text or turn.reading.certain:
        return None
    letters = sum(letter.isalpha() for letter in turn.text)
    own = language_of_script(turn.text)
    if own:
        return own if letters >= LEAST_IN_OWN_SCRIPT else None
    heard = turn.heard
    if heard is None or heard.language not in LANGUAGES or heard.confidence < SURE:
        return None
    least = LEAST_OF_ALIKE if {heard.language, turn.language} == ALIKE else LEAST_LETTERS
    return heard.language if letters >= least else None
