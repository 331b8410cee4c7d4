"""Codes: made to be read aloud, and found again however they were written; words are no codes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.apart import APART, Wish, wish_in
from actions.table import SKILLS
from covenant.codes import CODES, INVITING, WORD, carried, code_in, new_code

CODE_OF = "KAWAN-7QX4-MP2R"
INVITATION_OF = "INVITE-7QX4-MP2R"
made = st.builds(new_code, st.just(WORD))


@given(made)
def test_a_code_has_no_letters_that_look_or_sound_alike_and_at_least_one_digit(code: str) -> None:
    assert re.fullmatch(r"KAWAN-[2-9A-Z]{4}-[2-9A-Z]{4}", code)
    assert not set("01ILOU") & set(code.removeprefix("KAWAN"))
    assert any(letter.isdecimal() for letter in code)


@given(made, st.sampled_from(["", "-", " ", " - ", "_", "–"]), st.sampled_from([str.lower, str.upper, str.title]))
def test_a_code_is_found_in_any_case_with_and_without_dashes(code: str, between: str, case: object) -> None:
    assert code_in(case(code.replace("-", between))) == code  # type: ignore[operator]


@pytest.mark.parametrize(
    "text",
    [
        "link_KAWAN-7QX4-MP2R",
        "/start link_kawan-7qx4-mp2r",
        "Hello Kawan! My code is KAWAN-7QX4-MP2R, please",
        "kode: kawan7qx4mp2r.",
        "ＫＡＷＡＮ－７ＱＸ４－ＭＰ２Ｒ",
        "KAWAN ៧QX៤ MP២R",
        "*KAWAN-7QX4-MP2R*",
        "KAWAN\n7QX4\nMP2R",
        "รหัสKAWAN-7QX4-MP2Rครับ",
    ],
)
def test_a_code_is_found_wherever_it_was_written(text: str) -> None:
    assert code_in(text) == CODE_OF


@pytest.mark.parametrize(
    "text",
    [
        "",
        "KAWAN",
        "kawan rasa maka",
        "kawan 2026",
        "KAWAN-7QX4-MP2",
        "KAWAN-7QX4-MP2RR",
        "XKAWAN-7QX4-MP2R",
        "7QX4-MP2R",
        "KAWAN-7QX4-MPOR",
        "a" * 600 + CODE_OF,
    ],
)
def test_anything_else_is_no_code(text: str) -> None:
    assert code_in(text) is None


@given(st.text(alphabet="kawanKAWAN -_7QX4MP2R០\u0e01", max_size=600))
def test_what_is_found_is_always_in_the_form_in_which_codes_are_made(text: str) -> None:
    found = code_in(text)
    assert found is None or CODES[WORD].fullmatch(found)


def test_skills_apart_are_no_intents() -> None:
    assert not set(APART) & set(SKILLS)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("/link_address", Wish("link_address")),
        ('/link_address{"way": "email"}', Wish("link_address", {"way": "email"})),
        ("/link_address{oops", Wish("link_address")),
        ("/link_address[1]", None),
        ('/separate_address["a"]', None),
        ("link_address", None),
        ("/greet", None),
        ("/", None),
        ("hello", None),
        ("my code is kawan 7qx4 mp2r", Wish("redeem_code", {"code": CODE_OF})),
        ("invite 7qx4 mp2r", Wish("invitation", {"code": INVITATION_OF})),
        ("please invite 2026 people", None),
    ],
)
def test_a_wish_is_found_by_its_payload_or_its_code(text: str, wish: Wish | None) -> None:
    assert wish_in(text) == wish


@pytest.mark.parametrize(
    ("start", "code"),
    [
        (f"link_{CODE_OF}", CODE_OF),
        (INVITATION_OF, INVITATION_OF),
        (f"km_{INVITATION_OF}", INVITATION_OF),
        ("KH_km_mangroves", None),
        (None, None),
    ],
)
def test_a_link_tells_an_invitation_from_a_code_that_joins_an_app(start: str | None, code: str | None) -> None:
    assert carried(start) == code
    assert code_in(start or "") == (code if code == CODE_OF else None)
    assert code_in(start or "", INVITING) == (code if code == INVITATION_OF else None)
