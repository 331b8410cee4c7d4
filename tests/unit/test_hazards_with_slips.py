"""A list of hazards with a slip of the finger in one of them names them all; where one is no hazard, nothing is guessed."""

import pytest

from covenant.values import Kind, Parsed, Refused, parse_several

FLOOD, DROUGHT, SEA = "flood: flash/surface flood", "water: drought", "flood: permanent inundation"


@pytest.mark.parametrize(
    ("code", "said", "named"),
    [
        ("ms", "bnjir dan paras laut", [FLOOD, SEA]),
        ("id", "banjiir, kekerngan", [FLOOD, DROUGHT]),
        ("vi", "lũ lụt và hạn hna", [FLOOD, DROUGHT]),
        ("fil", "baha at tagtuyt", [FLOOD, DROUGHT]),
        ("en", "drougt", [DROUGHT]),
    ],
)
def test_a_slip_in_a_list_loses_no_hazard(code: str, said: str, named: list[str]) -> None:
    answer = parse_several(Kind.HAZARD, said, code)
    assert isinstance(answer, Parsed)
    assert answer.value == named
    assert not answer.certain, "it is read back"


def test_what_is_no_hazard_is_not_made_one() -> None:
    assert isinstance(parse_several(Kind.HAZARD, "miskin dan malas", "ms"), Refused)
    answer = parse_several(Kind.HAZARD, "miskin dan banjir", "ms")
    assert isinstance(answer, Parsed)
    assert answer.value == [FLOOD]
