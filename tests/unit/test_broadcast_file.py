"""The file of `kawan broadcast`: YAML or JSON, and a sentence for each mistake."""

from pathlib import Path

import pytest

from bot.broadcast_file import read
from bot.errors import StartError


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "update.yml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


@pytest.mark.parametrize(
    "text",
    [
        "base: en\ntexts:\n  id: Halo\n  en: |\n    Hello\n\n    there\n",
        '{"base": "en", "texts": {"id": "Halo", "en": "Hello\\n\\nthere"}}',
    ],
    ids=["yaml", "json"],
)
def test_texts_by_language_the_base_language_first(tmp_path: Path, text: str) -> None:
    found = read(written(tmp_path, text), "municipal", None)
    assert (found.base, found.audience) == ("en", "municipal")
    assert list(found.texts.items()) == [("en", "Hello\n\nthere"), ("id", "Halo")]
    assert found.as_row().audience == {"role": "municipal"}


def test_the_command_line_may_name_another_base(tmp_path: Path) -> None:
    assert read(written(tmp_path, "base: en\ntexts: {en: Hello, id: Halo}"), "everybody", "id").base == "id"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("base: en\ntexts: {en: Hello, xx: Hallo}", ["no language “xx”"]),
        ("base: en\ntexts: {en: '  '}", ["text in en is empty"]),
        ("texts: {en: Hello}", ["--base en"]),
        ("base: id\ntexts: {en: Hello}", ["base language is id"]),
        ("base: en\ntexts: {en: 3}", ["text in en is no text"]),
        ("base: en\ntexts: {en: [a]}", ["text in en is no text"]),
        ("base: en\ntexts: {}", ["There are no texts"]),
        ("base: en\ntexts: Hello", ["There are no texts"]),
        ("base: en", ["There are no texts"]),
        ("base: en\ntext: {en: Hello}\ntexts: {en: Hello}", ["nothing called “text”"]),
        ('{"base": "en", "texts": {"en": "a\\u0000b"}}', ["signs that no message can have"]),
        ("base: en\ntexts: {no: Hei, en: ''}", ["no language “False”", "text in en is empty"]),
        ("- a", ["has to say"]),
        ("", ["has to say"]),
        ("base: [", ["no YAML or JSON"]),
        (b"base: en\ntexts: {en: \xff\xfe}", ["UTF-8"]),
    ],
)
def test_each_mistake_is_a_sentence(tmp_path: Path, text: str | bytes, sentences: list[str]) -> None:
    with pytest.raises(StartError) as caught:
        read(written(tmp_path, text), "everybody", None)
    said = str(caught.value).splitlines()
    assert len(said) == len(sentences)
    assert all(part in sentence for part, sentence in zip(sentences, said, strict=True)), said


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="cannot be read"):
        read(tmp_path / "nothing.yml", "everybody", None)


def test_an_audience_that_does_not_exist_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"no audience “mayors”.*signatory"):
        read(written(tmp_path, "base: en\ntexts: {en: Hello}"), "mayors", None)
