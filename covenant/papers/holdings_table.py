"""What stands in the table of what a town holds for its report; the words are in `covenant/data/reporting.yml`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from covenant.display import municipality_argument
from covenant.holdings import overview_of
from covenant.messages import say
from covenant.papers.tables import Table, workbook
from covenant.papers.words import catalogue_of, clean
from covenant.reporting import Fact, Row, Section, State
from covenant.teams import municipalities_of
from covenant.turn import local_date
from db.people import Contact
from db.records import Municipality
from locales.languages import ENGLISH, LANGUAGES
from locales.render import value_text

KIND = "reporting-xlsx"
WIDTHS = {"heading": 26, "asked": 50, "held": 55, "missing": 30, "source": 45}  # in letters
NOTES = ("reporting_here", "reporting_recalled", "reporting_platform", "reporting_public")


def make(session: Session, contact: Contact, public_id: str) -> bytes | None:
    """Return the table of one of a contact's own towns, in their language and in English; None for any other town."""
    mine = municipalities_of(session, contact)
    municipality = next((one for one in mine if str(one.public_id) == public_id), None)
    if municipality is None:
        return None
    return table_of(session, municipality, contact.language, local_date(contact.time_zone, datetime.now(UTC)))


def table_of(session: Session, municipality: Municipality, language: str, day: date) -> bytes:
    """Return the table of a town as of a day, in a language and in English, since the platform speaks none of ours."""
    sections = overview_of(session, municipality)
    languages = dict.fromkeys((language if language in LANGUAGES else ENGLISH, ENGLISH))
    return workbook([_Writer(one).table(municipality, sections, day) for one in languages])


@dataclass(frozen=True)
class _Writer:
    """Says a table in a language."""

    language: str

    def table(self, municipality: Municipality, sections: Sequence[Section], day: date) -> Table:
        town = municipality_argument(municipality)
        return Table(
            name=LANGUAGES[self.language].name,
            language=self.language,
            title=self.say("paper_title_reporting", municipality=town, day={"date": day.isoformat()}),
            columns=[(self.say(f"paper_column_{one}"), width) for one, width in WIDTHS.items()],
            rows=[row for section in sections for row in self.rows(section)],
            notes=[self.say(note) for note in NOTES],
        )

    def rows(self, section: Section) -> Iterator[tuple[str, ...]]:
        """Yield a row for each fact, since a cell has an end; one for an item of which nothing is held."""
        title = self.say(section.heading.label)
        for row in section.rows:
            if row.item.is_extra and not row.facts:
                continue
            asked, source = self.say(row.item.asked), self.source(row)
            for held in [self.fact(one) for one in row.facts] or [""]:
                yield title, asked, held, self.missing(row, section), source

    def missing(self, row: Row, section: Section) -> str:
        label = say(row.item.label)
        if section.state == State.NOT_NEEDED:
            return self.say("utter_due_not_applicable")
        if row.is_open and row.is_returned:
            return self.say("utter_reporting_returned", item=label)
        return self.say(row.item.label) if row.is_missing else ""

    def source(self, row: Row) -> str:
        source = row.item.source
        return source if row.item.is_certain else self.say("utter_reporting_check", item=source)

    def fact(self, fact: Fact) -> str:
        day = {"date": fact.day.isoformat()}
        return self.say("utter_reporting_fact", value=fact.value, record=fact.record, day=day)

    def say(self, key: str, **args: object) -> str:
        return str(clean(value_text(catalogue_of(self.language), say(key, **args))))
