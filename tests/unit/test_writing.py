"""Writing: Zawgyi becomes Unicode, and Unicode stays."""

import csv
from pathlib import Path

import pytest

from locales.languages import foreign_script
from locales.writing import in_unicode, is_zawgyi

UNICODE = "နည်းနည်းခက်တယ် ရေကြီးနေပြီ ဘယ်ကိုပြေးရမလဲ"
ZAWGYI = "နည္းနည္းခက္တယ္ ေရႀကီးေနၿပီ ဘယ္ကိုေျပးရမလဲ"
SENTENCES = Path(__file__).parents[2] / "nlu" / "development" / "my.tsv"


def test_zawgyi_becomes_the_unicode_that_was_meant() -> None:
    assert in_unicode(ZAWGYI) == UNICODE


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("ဟုတ္ကဲ့", "ဟုတ်ကဲ့"), ("ရပ္ပါေတာ့", "ရပ်ပါတော့"), ("ျမန္မာ", "မြန်မာ"), ("ေရ", "ရေ"), ("မပို႔ပါနဲ႔ေတာ့", "မပို့ပါနဲ့တော့")],
)
def test_one_sign_is_enough(typed: str, meant: str) -> None:
    assert in_unicode(typed) == meant


@pytest.mark.parametrize("text", ["မိုးရွာ", "မိုးမရွာဘူး", "ရွာ ၁၂ ရွာ", "menu ပြပါဦး", "အန္တရာယ်", "ဥက္ကဋ္ဌ", "", "hello", "สวัสดี"])
def test_what_is_unicode_stays(text: str) -> None:
    assert in_unicode(text) == text


def test_no_burmese_sentence_of_the_development_set_is_taken_for_zawgyi() -> None:
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        texts = [row[1] for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    assert len(texts) > 200
    assert [text for text in texts if is_zawgyi(text) and in_unicode(text) != text] == []


@pytest.mark.parametrize(("text", "script"), [("我们想加入", "CJK"), ("नमस्ते दोस्त", "DEVANAGARI"), ("مرحبا", "ARABIC")])
def test_a_script_without_a_catalogue_is_named(text: str, script: str) -> None:
    assert foreign_script(text) == script


@pytest.mark.parametrize("text", ["hello", "ສະບາຍດີ", "เชียงใหม่ 我", "12345", "😀", ""])
def test_our_own_scripts_are_not_foreign(text: str) -> None:
    assert foreign_script(text) is None
