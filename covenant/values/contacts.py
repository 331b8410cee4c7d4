"""Ways to reach somebody: e-mail addresses, phone numbers and links, checked by the libraries made for it."""

import re
from urllib.parse import urlsplit

import idna
import phonenumbers
from email_validator import EmailNotValidError, validate_email

from covenant.values.answers import Answer, Parsed, Question, Refused
from covenant.values.lexicon import Role
from covenant.values.words import COMMON, listed

_HARMLESS = (Role.LABEL, Role.POLITE, Role.FILLER, Role.YES, Role.WEAK_YES)

_ADDRESS = re.compile(r"[a-z0-9!#$%&'*+/=?^_{|}~.-]+@[a-z0-9.-]+")
_TRAILING = ".,;:!?)>]}\"'"
# "budi bogor@go.id"
_TWO_NAMES = re.compile(r"[\w.+-]+ [\w.+-]+@[\w.-]+")
# "thuha@vinhlong.gov,vn": what stands before the comma would be an address too, but somebody else's.
_COMMA_IN_DOMAIN = re.compile(r"@[\w.,-]+,(?:com|org|net|edu|gov|go|id|my(?! )|ph|vn|th|kh|la|mm|tl|bn|sg)(?![\w@])")
# The slips people make; each is repaired only to show what was probably meant.
_DOT = r"(?:\.| ?[\[(]dot[\])] ?| dot )"
_SLIPS = (
    ("utter_wrong_email_comma", re.compile(r"([\w.+-]+)@([\w-]+(?:[.,] ?[\w-]+)*, ?[\w.,-]+)")),
    ("utter_wrong_email_at", re.compile(rf"([\w.+-]+)(?: ?[\[(](?:at|@)[\])] ?| at )([\w-]+(?:{_DOT}[\w-]+)+)")),
    ("utter_wrong_email_space", re.compile(r"(?=.* )([\w.+ -]+?) ?@ ?([\w. -]+)")),
)

_PHONE = re.compile(r"(?<![0-9a-z])(?:\+ ?)?\(?\+?[0-9][0-9 ().-]{4,}[0-9](?![0-9a-z])")
_EXTENSION = re.compile(r"\b(?:ext|extension|samb|sambungan|loc|local|x)\.? ?[0-9]{1,5}\b")
_LINK = re.compile(
    # It begins where a word begins, which also keeps the search quick.
    r"(?<![a-z0-9.-])(?:[a-z][a-z0-9+.-]*://)?[a-z0-9](?:[a-z0-9-]*\.)+[a-z]{2,}(?::[0-9]{1,5})?(?:[/?#]\S*)?",
    re.IGNORECASE,
)
LONGEST_LINK = 2000


def parse_email(question: Question) -> Answer:
    """Return the e-mail address in a text, in lower case; slips are refused with the address probably meant."""
    text = question.text.removeprefix("mailto:").replace("<", " ").replace(">", " ")
    found = list(_ADDRESS.finditer(text))
    candidates = {match[0].strip(_TRAILING) for match in found}
    if len(candidates) > 1:
        return Refused("utter_wrong_email_several")
    if any(text[match.end() : match.end() + 1] == "@" for match in found):
        return Refused("utter_wrong_email")
    answer = _checked(candidates.pop(), text, question) if candidates else Refused("utter_wrong_email")
    comma = _COMMA_IN_DOMAIN.search(text)
    text = text[: comma.end()] if comma else text
    split = comma or (_TWO_NAMES.fullmatch(text) and not question.tokens[0].plays(*_HARMLESS))
    slip = _slip(_without_labels(text, question)) if split or isinstance(answer, Refused) else None
    return slip or answer


def _checked(address: str, text: str, question: Question) -> Answer:
    user, _, domain = address.partition("@")
    if "." not in domain:
        return Refused("utter_wrong_email_domain", {"domain": domain})
    meant = listed(COMMON)["mail_domains"].get(domain)
    if meant:
        return Refused("utter_wrong_email_typo", {"suggestion": f"{user}@{meant}"})
    if address.rpartition(".")[2] in listed(COMMON)["no_top_level"] or not _is_address(address):
        return Refused("utter_wrong_email")
    return Parsed(address, certain=_is_harmless(text.replace(address, " "), question))


def _is_address(address: str) -> bool:
    try:
        validate_email(address, check_deliverability=False)
    except (EmailNotValidError, ValueError):
        return False
    return True


def _slip(text: str) -> Refused | None:
    for reason, pattern in _SLIPS:
        found = pattern.fullmatch(text)
        if found:
            meant = f"{found[1].replace(' ', '')}@{_domain(found[2])}"
            return Refused(reason, {"suggestion": meant}) if _is_address(meant) else None
    return None


def _domain(text: str) -> str:
    return re.sub(r" ?[\[(]?\bdot\b[\])]? ?", ".", text).replace(",", ".").replace(" ", "")


def _without_labels(text: str, question: Question) -> str:
    """Return the text from the first piece on that is not a label such as "my e-mail is"."""
    for token in question.words.lexicon.scan(text):
        if not token.plays(*_HARMLESS) or text[token.end : token.end + 1] in "@.":
            return text[token.start :].strip(_TRAILING + " ")
    return text


def _is_harmless(rest: str, question: Question) -> bool:
    return all(token.plays(*_HARMLESS) for token in question.words.lexicon.scan(rest))


def parse_phone(question: Question) -> Answer:
    """Return the phone number in a text as E.164; a local one belongs to the person's or the language's country."""
    region = question.country or question.words.country
    text = re.sub(r"[/,;]| or ", "|", _EXTENSION.sub(" ", question.text))
    written = [found for part in text.split("|") for found in _PHONE.findall(part)]
    numbers = {found: number for found in written if (number := _number(found, region))}
    if len(set(numbers.values())) > 1:
        return Refused("utter_wrong_phone_several")
    if not numbers:
        return _no_number(written, region)
    found, number = next(iter(numbers.items()))
    return Parsed(number, certain=_is_harmless(text.replace(found, " ").replace("|", " "), question))


def _number(text: str, region: str | None) -> str | None:
    for attempt in (text, "+" + text.lstrip("+ "), re.sub("^00", "+", text)):
        try:
            number = phonenumbers.parse(attempt.replace("+ ", "+"), region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number) and phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def _no_number(written: list[str], region: str | None) -> Refused:
    if written and region is None and not any("+" in one for one in written):
        return Refused("utter_wrong_phone_country")
    return Refused("utter_wrong_phone", {"example": example_phone(region)})


def example_phone(region: str | None) -> str:
    """Return a made-up number as it is written in a country."""
    kind = phonenumbers.PhoneNumberType.MOBILE
    example = phonenumbers.example_number_for_type(region or "ID", kind) or phonenumbers.example_number_for_type(
        "ID", kind
    )
    return (
        phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        if example
        else "+62 812-345-678"
    )


def phone_text(number: str) -> str:
    """Return an E.164 number in groups of digits, so that it can be checked by eye."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def parse_url(question: Question) -> Answer:
    """Return the web address in a text, with its scheme; only the public web counts."""
    text = question.raw[:LONGEST_LINK].strip()
    found = _LINK.search(text)
    if not found or "@" in text[: found.end() + 1]:
        return Refused("utter_wrong_url")
    link = found[0].rstrip(_TRAILING)
    link = link if "://" in link else f"https://{link}"
    if not _is_public(link):
        return Refused("utter_wrong_url")
    rest = f"{text[: found.start()]} {text[found.end() :]}"
    return Parsed(link, certain=_is_harmless(rest.casefold(), question))


def _is_public(link: str) -> bool:
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
        idna.encode(host, uts46=True)
    except (ValueError, idna.IDNAError):
        return False
    return parts.scheme.lower() in {"http", "https"} and not host.endswith((".local", ".localhost", ".internal"))
