"""What a form consists of: fields that are asked one by one, and the journey they belong to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from covenant.messages import button, say
from covenant.values import Kind

Values = Mapping[str, Any]

PLACE = "place"
CHOICE = "choice"
COUNTRY = "country"
EVERY_INTENT = ("*",)
# What a button says that goes on with what is kept: "that is all", "it is right, however odd it looks".
KEEP = "keep"


def always(_values: Values) -> bool:
    """Tell that a field is asked whatever was answered before."""
    return True


def is_open(value: Any) -> bool:
    """Tell whether a kept value is none: skipped, or a list of which everything was taken back."""
    return value is None or value == []


@dataclass(frozen=True)
class Option:
    """One of a field's fixed answers: the value kept, the button's English title, and other words that mean it.

    `words` names a list of words of each language, as `covenant.reading.words` knows them.
    """

    value: str
    title: str
    words: str = ""


@dataclass(frozen=True)
class Field:
    """One question.

    `kind` is one of `covenant.values.Kind`, `place`, `country` or `choice` (one of `options`, nothing else). An
    `optional` field may be skipped for good; a skipped one that is not optional stays open until the review. A field
    with options and another kind takes an option or own words. `many`: how many answers it takes, kept as a list; 0 for
    the one answer of most questions. `ahead`: what is past is refused; `past`: what is
    still to come. `resembles`: intents that an answer may sound like ("we planted trees"), so that they
    do not take a person away from this question; `EVERY_INTENT` where any text is the answer. `by_script`: whoever
    writes Khmer letters has said which language it shall be. `words` fill the placeholders of `ask` and `name`.
    Not `shown`: how to go on, which is no part of what is sent.
    """

    key: str
    kind: str
    optional: bool = False
    skippable: bool = True
    ahead: bool = False
    past: bool = False
    many: int = 0
    options: tuple[Option, ...] = ()
    needed: Callable[[Values], bool] = always
    ask: str = ""
    resembles: tuple[str, ...] = ()
    by_script: bool = False
    name: str = ""
    shown: bool = True
    words: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def response(self) -> str:
        """The response name that asks this field."""
        return self.ask or f"utter_ask_{self.key}"

    @property
    def label(self) -> str:
        """The response name of the field's short name."""
        return self.name or f"utter_label_{self.key}"

    @property
    def title(self) -> dict[str, Any]:
        """The field's short name, as an argument of a message."""
        return say(self.label, **self.words)

    @property
    def free_text(self) -> bool:
        """Whether what remains after every rule is taken as the answer."""
        return self.kind in {Kind.TEXT, Kind.NAME}


@dataclass(frozen=True)
class Journey:
    """A form: its fields in order, whether it ends with a review, and the title of the button that sends it."""

    key: str
    fields: tuple[Field, ...]
    review: bool = True
    counted: bool = True
    confirm: Any = field(default_factory=lambda: button("Send to the secretariat"))
    by_key: Mapping[str, Field] = field(init=False)

    def __post_init__(self) -> None:
        """Index the fields by key."""
        object.__setattr__(self, "by_key", {one.key: one for one in self.fields})

    @property
    def label(self) -> str:
        """The response name of the journey's short name."""
        return f"utter_journey_{self.key}"

    def asked(self, values: Values) -> list[Field]:
        """Return the fields that apply to what was answered so far, in order."""
        return [one for one in self.fields if one.needed(values)]

    def next_field(self, values: Values) -> Field | None:
        """Return the first field that has neither an answer nor a skip, or None when the review is reached."""
        return next((one for one in self.asked(values) if one.key not in values), None)

    def open_fields(self, values: Values) -> list[Field]:
        """Return the required fields that were skipped and still have to be answered before sending."""
        return [one for one in self.asked(values) if not one.optional and is_open(values.get(one.key))]
