"""`kawan values FILE`."""

import json
from pathlib import Path

import pytest

from bot.cli_values import values
from bot.errors import StartError


def test_it_prints_one_json_object_a_line_with_null_for_what_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "values.tsv"
    file.write_text(
        "lang\tkind\ttext\tcountry\nid\tcount\t5-6 ribu\t\nid\tphone\t012-345 6789\tMY\nen\temail\tbudi@bogor\t\nth\tyear\t๒๕๗๓\n",
        encoding="utf-8",
    )
    values(file)
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert printed == [
        {"text": "5-6 ribu", "kind": "count", "value": {"min": 5000, "max": 6000}},
        {"text": "012-345 6789", "kind": "phone", "value": "+60123456789"},
        {"text": "budi@bogor", "kind": "email", "value": None},
        {"text": "๒๕๗๓", "kind": "year", "value": 2030},
    ]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [("lang\ttext\nid\t5\n", "kind"), ("lang\tkind\ttext\nid\tweight\t5\n", "weight")],
)
def test_a_table_that_cannot_be_read_is_one_sentence(tmp_path: Path, content: str, complaint: str) -> None:
    file = tmp_path / "values.tsv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(StartError, match=complaint):
        values(file)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="no file"):
        values(tmp_path / "none.tsv")
