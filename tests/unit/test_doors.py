"""Small promises of the doors: links, files, emergency numbers, tips, skills."""

import phonenumbers
import pytest

from actions.conversation import MEANINGS
from actions.service import emergency_numbers
from actions.table import SKILLS
from bot import files
from bot.inbox import country_of_zone, deep_link
from bot.rasa import answer_of
from covenant.tips import HAZARDS, all_tips
from locales.sources import ROOT, read_yaml

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + b"\x00" * 40
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 40


@pytest.mark.parametrize(
    ("start", "country", "language"),
    [
        ("KH_km_mangroves", "KH", "km"),
        ("id", None, "id"),
        ("MY", "MY", None),
        ("xx_yy", None, None),
        (None, None, None),
    ],
)
def test_a_link_says_where_its_reader_is(start: str | None, country: str | None, language: str | None) -> None:
    assert deep_link(start) == (country, language)


@pytest.mark.parametrize(
    ("zone", "country"), [("Asia/Makassar", "ID"), ("Asia/Bangkok", "TH"), ("UTC", None), ("No/Where", None)]
)
def test_a_time_zone_tells_the_country(zone: str, country: str | None) -> None:
    assert country_of_zone(zone) == country


@pytest.mark.parametrize(
    ("content", "kind"), [(b"%PDF-1.7\n", "application/pdf"), (JPEG, "image/jpeg"), (PNG, "image/png")]
)
def test_a_photo_or_a_pdf_is_known_by_its_content(content: bytes, kind: str) -> None:
    assert files.media_type(content) == kind


@pytest.mark.parametrize(
    "content", [b"", b"MZ\x90\x00", b"<html><script>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"PK\x03\x04"]
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(files.FileRefused):
        files.media_type(content)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("../../etc/passwd", "passwd"), ("a\\b\\c.pdf", "c.pdf"), ("a\x00b\n.pdf", "ab.pdf"), ("", "file")],
)
def test_a_file_name_is_only_a_name(given: str, kept: str) -> None:
    assert files.safe_name(given) == kept


def test_every_emergency_number_is_known_as_one_of_its_country() -> None:
    for country, numbers in emergency_numbers().items():
        assert all(phonenumbers.is_emergency_number(number, country) for number in numbers), country


def test_every_hazard_has_measures_with_a_source() -> None:
    tips = all_tips()
    assert len(tips) >= 20
    for hazard in HAZARDS:
        assert len([tip for tip in tips if tip.hazard == hazard]) >= 4
    assert all(tip.url.startswith(("http://", "https://")) and tip.source for tip in tips)


def test_every_intent_of_the_domain_has_an_answer() -> None:
    domain = read_yaml(ROOT / "nlu" / "domain" / "intents.yml")
    intents = {name for one in domain["intents"] for name in (one if isinstance(one, dict) else [one])}
    assert intents - {"probe", "nlu_fallback"} == set(SKILLS) - {"unclear"}
    assert set(MEANINGS) <= set(SKILLS)


def test_what_rasa_cuts_at_blank_lines_is_one_message_again() -> None:
    parts = [
        {"text": "a"},
        {"text": "b", "buttons": [{"title": "Yes", "payload": "/affirm"}]},
        {"attachment": {"file": "my-data"}},
    ]
    answer = answer_of(parts)
    assert (answer.rendered.text, answer.rendered.buttons, answer.file) == ("a\n\nb", (("Yes", "/affirm"),), "my-data")
