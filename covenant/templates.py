"""Message templates: what may be said on WhatsApp to whom did not write within a day, approved beforehand.

`covenant/data/templates.yml` holds the family, `nlu/domain/templates.yml` the words. A template keeps our named
placeholders in every language; WhatsApp gets them numbered in the order in which that language has them.
"""

import functools
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from covenant.messages import Say
from covenant.outbox import queue_content
from db.messages import Lane, Outbound
from db.messages import Template as Row
from db.people import Contact, Purpose
from db.records import Broadcast
from locales import Catalogue, Catalogues, load_catalogues
from locales.languages import ENGLISH
from locales.render import PLACEHOLDER, value_text
from locales.sources import read_yaml

FILE = Path(__file__).parent / "data" / "templates.yml"
NOTICE = "notice"  # stands for a campaign update
KNOCK = "knock"  # tells a person that something waits for them
KNOCKING = "knock"  # marks such a message in the outbox
APPROVED = "approved"
BROADCAST = "{broadcast}"
CHANNEL = "whatsapp"
WINDOW = timedelta(hours=24)  # after a person's last message, within which anything may be said
NUMBERED = re.compile(r"\{\{(\d+)\}\}")

Filled = tuple[str, str, dict[str, str]]  # its name, its id at the provider, its variables


@dataclass(frozen=True)
class Template:
    """One of the family: its name, WhatsApp's category, the responses it stands for, its words, an example."""

    name: str
    category: str
    says: tuple[str, ...]
    body: str
    samples: Mapping[str, Any]


@dataclass(frozen=True)
class Family:
    """All templates; by language of ours whose words a template has there and which code WhatsApp is told."""

    templates: tuple[Template, ...]
    words: Mapping[str, str]
    codes: Mapping[str, str]

    def named(self, name: str) -> Template:
        """Return the template of a name; StopIteration when there is none."""
        return next(one for one in self.templates if one.name == name)

    def saying(self, response: str) -> Template | None:
        """Return the template that stands for a response, or None."""
        return next((one for one in self.templates if response in one.says), None)

    @property
    def spoken(self) -> tuple[str, ...]:
        """The languages in which templates are handed in."""
        return tuple(dict.fromkeys(self.words.values()))


@dataclass(frozen=True)
class Form:
    """A template in one language as WhatsApp gets it: numbered variables; `order` says which is which of ours."""

    template: Template
    language: str
    code: str
    body: str
    order: tuple[str, ...]
    samples: tuple[str, ...]
    buttons: tuple[tuple[str, str], ...]

    @property
    def digest(self) -> str:
        """What changes when anything that WhatsApp looked at changes."""
        seen = [self.code, self.template.category, self.body, self.order, self.buttons]
        return hashlib.sha256(json.dumps(seen, ensure_ascii=False).encode()).hexdigest()

    @property
    def friendly_name(self) -> str:
        """Its name at the provider: another text has another name."""
        return f"kawan_{self.template.name}_{self.language}_{self.digest[:8]}"

    def text(self, values: Mapping[str, str]) -> str:
        """Return what a person reads, the numbered variables filled."""
        return NUMBERED.sub(lambda match: values[match[1]], self.body)


@functools.cache
def family() -> Family:
    """Return the templates of the data file."""
    data = read_yaml(FILE)
    templates = tuple(
        Template(row["name"], row["category"], tuple(row["says"]), row["body"], row["samples"])
        for row in data["templates"]
    )
    languages = data["languages"]
    return Family(
        templates,
        {code: row["words"] for code, row in languages.items()},
        {code: row["code"] for code, row in languages.items()},
    )


@functools.cache
def _own_catalogues() -> Catalogues:
    return load_catalogues()


def form(catalogues: Catalogues, template: Template, language: str) -> Form | None:
    """Return a template in the words of a language; None as long as they are not translated."""
    catalogue = catalogues[language]
    if not _is_translated(catalogue, template):
        return None
    order: list[str] = []

    def numbered(match: re.Match[str]) -> str:
        order.append(match[1])
        return f"{{{{{len(order)}}}}}"

    body = PLACEHOLDER.sub(numbered, catalogue.text(template.body))
    buttons = tuple((catalogue.title(title), payload) for title, payload in catalogue.sources[template.body].buttons)
    samples = tuple(one_line(value_text(catalogue, template.samples[name])) for name in order)
    return Form(template, language, family().codes[language], body, tuple(order), samples, buttons)


def _is_translated(catalogue: Catalogue, template: Template) -> bool:
    return catalogue.language == ENGLISH or (template.body, catalogue.sources[template.body].text) in catalogue.texts


def one_line(text: str) -> str:
    """Return a variable's value as WhatsApp takes it: no new line, no tab, no row of spaces."""
    return " ".join(text.split())


@dataclass(frozen=True)
class Fit:
    """An approved template that says something to somebody: its form, its id at the provider, its variables."""

    form: Form
    sid: str
    variables: Mapping[str, str]

    @property
    def text(self) -> str:
        """What the person reads."""
        return self.form.text(self.variables)


def ready(
    session: Session, contact: Contact, content: dict[str, Any], catalogues: Catalogues | None = None
) -> Filled | None:
    """Return the approved template that says a queued message in the contact's language, filled in; None without one.

    Where the contact's language has none, the English one stands in, its variables in the contact's language.
    """
    words = catalogues or _own_catalogues()
    template, args = _stands_for(session, contact, content)
    fit = fitting(session, words, template, contact.language, args) if template else None
    return (fit.form.template.name, fit.sid, dict(fit.variables)) if fit else None


def _stands_for(session: Session, contact: Contact, content: dict[str, Any]) -> tuple[Template | None, dict[str, Any]]:
    if KNOCKING in content:
        return family().named(KNOCK), {}
    if "broadcast" in content:
        text = content.get("text") or _text_of(session.get_one(Broadcast, content["broadcast"]), contact.language)
        return family().saying(BROADCAST), {"text": text}
    said: list[dict[str, Any]] = list(content.get("says") or ())
    if len(said) != 1:
        return None, {}
    return family().saying(said[0]["response"]), said[0].get("args") or {}


def _text_of(broadcast: Broadcast, language: str) -> str:
    return str(broadcast.texts.get(language) or broadcast.texts[broadcast.base_language])


def fitting(
    session: Session, catalogues: Catalogues, template: Template, language: str, args: Mapping[str, Any]
) -> Fit | None:
    """Return an approved template filled in for who reads `language`; None when none is, or it would be too long."""
    reader = catalogues.get(language) or catalogues[ENGLISH]
    for words in dict.fromkeys((family().words.get(language, ENGLISH), ENGLISH)):
        found = form(catalogues, template, words)
        row = session.get(Row, (template.name, words))
        if found and row and row.approval == APPROVED and row.digest == found.digest:
            return _filled(found, row.sid, reader, args)
    return None


def _filled(found: Form, sid: str, reader: Catalogue, args: Mapping[str, Any]) -> Fit | None:
    if any(name not in args for name in found.order):
        return None
    values = {str(n): one_line(value_text(reader, args[name])) for n, name in enumerate(found.order, 1)}
    fit = Fit(found, sid, values)
    return fit if all(values.values()) and len(fit.text) <= longest() else None


@functools.cache
def longest() -> int:
    """Return how many characters a template may have, its variables filled."""
    return int(read_yaml(FILE)["rules"]["body"]["longest"])


def room(catalogues: Catalogues) -> int:
    """Return how long a campaign update may be so that it fits into its template in every language."""
    forms = [form(catalogues, family().named(NOTICE), language) for language in family().spoken]
    return longest() - max(len(NUMBERED.sub("", one.body)) for one in forms if one)


def is_open(last_inbound_at: datetime | None, now: datetime) -> bool:
    """Tell whether anything may be said on WhatsApp: a day has not passed since the person wrote."""
    return last_inbound_at is not None and now - last_inbound_at < WINDOW


def knock(session: Session, row: Outbound, catalogues: Catalogues | None = None) -> bool:
    """Tell somebody that a message waits for them, once for each of their silences; False when that is not possible."""
    if KNOCKING in row.content:
        return False
    purpose = Purpose.NEWS if row.lane == Lane.BROADCAST else row.content.get("purpose")
    content = {"says": [Say(family().named(KNOCK).body).as_json()], "purpose": purpose, KNOCKING: True}
    if ready(session, session.get_one(Contact, row.contact_id), content, catalogues) is None:
        return False
    began = row.address.last_inbound_at
    key = f"knock:{row.address_id}:{int(began.timestamp()) if began else 0}"
    return queue_content(session, row.address, content, key, Lane.REMINDER)
