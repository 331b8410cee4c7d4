"""What messages cost: by the day, by the country, never guessed."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covenant import costs
from covenant.costs import Category, cost_of, country_of, estimate, our_rates, read_rates
from covenant.reminders import TIME_ZONES
from locales.sources import read_yaml

TODAY = date(2026, 11, 28)
FEE = Decimal("0.005")


@pytest.mark.parametrize(
    ("where", "category", "on", "price"),
    [
        ("ID", "utility", TODAY, "0.025"),
        ("whatsapp:+6281234567801", "marketing", TODAY, "0.0411"),
        ("+60123456789", "utility", TODAY, "0.014"),
        ("+639175550142", "marketing", TODAY, "0.0732"),
        ("TL", "utility", TODAY, "0.0077"),
        ("ID", "service", date(2026, 9, 30), "0"),
        ("ID", "service", date(2026, 10, 1), "0.025"),
    ],
)
def test_a_message_costs_whatsapps_rate_of_that_day_and_the_fee(
    where: str, category: str, on: date, price: str
) -> None:
    assert cost_of(where, category, on) == Decimal(price) + FEE


@pytest.mark.parametrize(
    ("where", "category", "on"),
    [
        ("SG", "utility", TODAY),  # its card was not seen
        ("DE", "utility", TODAY),  # no country of ours
        (None, "utility", TODAY),
        ("+999", "utility", TODAY),
        ("ID", "marketing", date(2025, 12, 31)),  # before the first card that we know
        ("ID", "poetry", TODAY),
    ],
)
def test_what_is_not_known_has_no_price(where: str | None, category: str, on: date) -> None:
    assert cost_of(where, category, on) is None


def test_what_people_write_costs_the_fee_alone() -> None:
    assert cost_of("SG", Category.INBOUND, TODAY) == FEE


@pytest.mark.parametrize(
    ("where", "country"),
    [("+62812345678", "ID"), ("whatsapp:+66812345678", "TH"), ("MY", "MY"), ("", None), (None, None)],
)
def test_a_number_tells_its_country(where: str | None, country: str | None) -> None:
    assert country_of(where) == country


def test_every_country_of_ours_has_a_market_and_every_number_a_source() -> None:
    data = read_yaml(costs.FILE)
    assert set(TIME_ZONES) <= set(data["markets"])
    assert {market for country, market in data["markets"].items() if country != "source"} == {
        row["market"] for row in data["rates"]
    }
    for row in (*data["rates"], *data["fees"], data["markets"]):
        assert row["source"] in data["sources"]
    for source in data["sources"].values():
        assert source["url"].startswith("https://")
        assert source["status"]


def test_an_operators_own_rates_go_first_and_leave_the_rest(tmp_path: Path) -> None:
    own = tmp_path / "rates.yml"
    own.write_text(
        "markets: {SG: singapore}\n"
        "rates:\n- {from: 2026-11-01, market: singapore, utility: 0.03}\n"
        "- {from: 2026-11-01, market: indonesia, marketing: 0.05}\n"
        "fees: [{from: 2026-01-01, usd: 0.001}]\n"
    )
    table = read_rates(own).over(our_rates())
    assert cost_of("SG", "utility", TODAY, table) == Decimal("0.031")
    assert cost_of("ID", "marketing", TODAY, table) == Decimal("0.051")
    assert cost_of("ID", "utility", TODAY, table) == Decimal("0.026")
    assert cost_of("SG", "marketing", TODAY, table) is None


@pytest.mark.parametrize(
    "text",
    [
        "rates: [{from: soon, market: x, utility: 1}]",
        "rates: [{market: x, utility: 1}]",
        "rates: [{from: 2026-01-01, market: x, utility: much}]",
        "- a list",
        "rates: 3",
        "{",
    ],
)
def test_rates_that_cannot_be_read_are_one_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "rates.yml"
    file.write_text(text)
    with pytest.raises(costs.RatesWrong, match="no list of rates"):
        read_rates(file)


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["ID", "SG", "TL", None]), st.sampled_from(["utility", "marketing", "service"])),
        st.integers(0, 10_000),
    )
)
def test_an_estimate_counts_everybody_and_leaves_out_only_what_is_unknown(messages: dict) -> None:
    found = estimate(messages, TODAY)
    assert found.messages == sum(messages.values())
    assert found.unknown == sum(number for (where, _category), number in messages.items() if where in {"SG", None})
    assert ("at least" in str(found)) == bool(found.unknown)


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)))
def test_a_rate_holds_until_a_later_one(day: date) -> None:
    assert cost_of("ID", "utility", day) == cost_of("ID", "utility", day + timedelta(days=1))
