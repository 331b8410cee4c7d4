"""WhatsApp's rules for templates, so that nothing is handed in that would be refused."""

import re
from collections.abc import Iterator
from typing import Any

from covenant.templates import FILE, NUMBERED, Form, one_line
from locales.sources import read_yaml
from locales.writing import count_words

NAME = re.compile(r"^[a-z0-9_]{1,512}$")
CATEGORIES = frozenset({"UTILITY", "MARKETING"})


def problems(form: Form) -> list[str]:
    """Return what WhatsApp would refuse about a template, each as a sentence."""
    rules = read_yaml(FILE)["rules"]
    return [*_about_name(form), *_about_body(form, rules), *_about_variables(form, rules), *_about_buttons(form, rules)]


def _about_name(form: Form) -> Iterator[str]:
    if not NAME.match(form.friendly_name):
        yield f"the name {form.friendly_name} has other letters than a-z, 0-9 and _"
    if form.template.category not in CATEGORIES:
        yield f"there is no category {form.template.category}"


def _about_body(form: Form, rules: dict[str, Any]) -> Iterator[str]:
    example = form.text({str(number): sample for number, sample in enumerate(form.samples, 1)})
    if len(example) > rules["body"]["longest"]:
        yield f"it has {len(example)} characters"
    if re.search(r"[\t\r]| {4,}|\n{3,}", form.body):
        yield "it has tabs, many spaces or empty lines"


def _about_variables(form: Form, rules: dict[str, Any]) -> Iterator[str]:
    if len(set(form.order)) < len(form.order):
        yield "a placeholder comes twice"
    pieces = NUMBERED.split(form.body)[::2]
    if form.order and not (_has_words(pieces[0]) and _has_words(pieces[-1])):
        yield "it begins or ends with a variable"
    if not all(_has_words(piece) for piece in pieces[1:-1]):
        yield "two variables stand side by side"
    words = count_words(" ".join(pieces), form.language)
    least = rules["fixed_words"]["each"] * len(form.order) + rules["fixed_words"]["more"]
    if words < least:
        yield f"it has {words} words for {len(form.order)} variables"
    if any(not sample or sample != one_line(sample) for sample in form.samples):
        yield "an example is empty or has more than one line"


def _has_words(text: str) -> bool:
    return any(letter.isalpha() for letter in text)


def _about_buttons(form: Form, rules: dict[str, Any]) -> Iterator[str]:
    if len(form.buttons) > rules["button"]["most"]:
        yield f"it has {len(form.buttons)} buttons"
    for title, _payload in form.buttons:
        if not 0 < len(title) <= rules["button"]["longest"]:
            yield f"the button “{title}” has {len(title)} letters"
        if NUMBERED.search(title) or "\n" in title:
            yield f"the button “{title}” is not plain"
