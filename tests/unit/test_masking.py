"""Masking: what reaches or names a person does not reach whoever labels sentences."""

import pytest

from covenant.masking import EMAIL, LINK, NUMBER, masked


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write to mayor@bogor.go.id please", f"write to {EMAIL} please"),
        ("โทร ๐๘๑-๒๓๔-๕๖๗๘ นะ", f"โทร {NUMBER} นะ"),
        ("call +62 812 3456 7890 now", f"call {NUMBER} now"),
        ("see https://drive.example/abc?id=7", f"see {LINK}"),
        ("I am @budi_kota", f"I am {EMAIL}"),
        ("400 trees by 2028", f"{NUMBER} trees by {NUMBER}"),
        ("where do we stand?", "where do we stand?"),
    ],
)
def test_addresses_links_and_numbers_are_masked(text: str, left: str) -> None:
    assert masked(text) == left
