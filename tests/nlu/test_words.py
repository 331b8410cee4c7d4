"""Word boundaries and n-grams, in scripts that write no spaces."""

from __future__ import annotations

from itertools import pairwise

import pytest
from rasa.shared.nlu.training_data.message import Message

from nlu.components.char_ngrams import Vocabulary, fold, ngrams
from nlu.components.icu_tokenizer import IcuTokenizer, words

TEXTS = [
    "we will plant 400 mangroves",
    "😀 halo 👍🏽 kawan 🇮🇩 ok",
    "👨‍👩‍👧 ครอบครัวของเราอยู่ริมน้ำ 😀 ช่วยด้วย",
    "ຊ່ວຍແດ່ນ້ຳຖ້ວມ 🌊 ບ້ານເຮົາ",
    "ទីក្រុងរបស់យើង🌊ចង់ចូលរួម",
    "ကျွန်တော်တို့မြို့🌊ပါဝင်ချင်ပါတယ်",
    "thành phố của chúng tôi muốn tham gia 🙏",
    "𠀀𠀁 é e\u0301 𝒳",
    "🌊",
    "",
]


@pytest.mark.parametrize("text", TEXTS)
def test_every_word_is_where_it_says(text: str) -> None:
    """ICU counts UTF-16 units; an emoji must not shift what comes after it."""
    for word, start, end in words(text):
        assert text[start:end] == word
        assert word == word.strip() != ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ช่วยด้วยน้ำท่วม", ["ช่วย", "ด้วย", "น้ำ", "ท่วม"]),
        ("ສະບາຍດີ", ["ສະບາຍດີ"]),
        ("ទីក្រុងរបស់យើង", ["ទីក្រុង", "របស់", "យើង"]),
        ("kota@bogor.go.id, ya?", ["kota", "bogor.go.id", "ya", "?"]),
        ("10.000 orang", ["10.000", "orang"]),
    ],
)
def test_words_are_found_without_spaces(text: str, expected: list[str]) -> None:
    assert [word for word, _, _ in words(text)] == expected


def test_burmese_is_cut_into_several_words() -> None:
    assert len(words("ကျွန်တော်တို့မြို့ပါဝင်ချင်ပါတယ်")) > 4


def test_words_are_in_order_and_do_not_overlap() -> None:
    for text in TEXTS:
        spans = [(start, end) for _, start, end in words(text)]
        assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_only_the_beginning_of_a_very_long_text_is_read() -> None:
    assert words("a b " * 5000, limit=8) == [("a", 0, 1), ("b", 2, 3), ("a", 4, 5), ("b", 6, 7)]


def test_rasa_gets_tokens_and_a_payload_stays_whole() -> None:
    tokenizer = IcuTokenizer(IcuTokenizer.get_default_config())
    text = Message({"text": "😀 halo"})
    payload = Message({"text": '/inform{"value": "x y"}'})
    tokenizer.process([text, payload])
    assert [(token.text, token.start, token.end) for token in text.get("text_tokens")] == [("😀", 0, 1), ("halo", 2, 6)]
    assert [token.text for token in payload.get("text_tokens")] == ['/inform{"value": "x y"}']


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Đà Nẵng", "da nang"), ("THÀNH PHỐ", "thanh pho"), ("น้ำท่วม", "น้ำท่วม"), ("ນ້ຳ", "น้ำ"), ("ទឹក", "ទឹក"), ("မြို့", "မြို့")],
)
def test_only_latin_marks_are_folded_and_lao_is_read_in_thai_letters(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_a_vietnamese_text_without_marks_has_the_same_ngrams() -> None:
    assert ngrams(["muốn", "đăng", "ký"]) == ngrams(["muon", "dang", "ky"])


def test_unknown_ngrams_have_no_column_and_make_the_row_shorter() -> None:
    documents = [ngrams(["banjir"]), ngrams(["banjir", "besar"])]
    vocabulary = Vocabulary.learn(documents, least_documents=2)
    columns, values = vocabulary.row(documents[1])
    assert 0 < float(values @ values) < 1
    assert set(columns) == set(range(len(vocabulary.known)))
    assert vocabulary.row(ngrams(["ๆ"]))[1].tolist() == []
    assert vocabulary.matrix(documents).shape == (2, len(vocabulary.known))
