"""The report's page says what was measured, what was not, and which promises are kept; and it needs nothing but itself."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from nlu.report_charts import Row, bars, curves, reliability
from nlu.report_figures import Figures
from nlu.report_page import SECTIONS, page
from nlu.report_targets import cost, targets

VOID = {"meta", "br", "link", "img"}
LANGUAGE = {"sentences": 60, "accuracy": 96.0, "among_two": 98.0}
FIGURES: dict[str, Any] = {
    "made": "2026-11-23",
    "sentences": {"training": 9000, "development": 120},
    "overall": {"accuracy": 95.5, "among_two": 96.9},
    "by_language": {"en": LANGUAGE, "my": LANGUAGE | {"accuracy": 89.9}},
    "by_intent": {"greet": {"accuracy": 98.0, "sentences": 20}, "deny": {"accuracy": 71.0, "sentences": 20}},
    "confusions": [[f"one_{n}", f"other_{n}", 60 - n] for n in range(50)],
    "calibration": {"bins": [[0.4, 0.5, 0.1], [0.9, 0.95, 0.9]], "error": 0.055},
    "thresholds": [
        {"threshold": 0.3, "understood": 90.0, "misunderstood": 4.0, "asked_back": 6.0},
        {"threshold": 0.9, "understood": 50.0, "misunderstood": 0.0, "asked_back": 50.0},
    ],
    "left_out": {"en": {"accuracy": 90.0, "among_two": 93.0}, "my": {"accuracy": 72.0, "among_two": 80.0}},
    "left_out_centred": {"my": {"accuracy": 79.0, "among_two": 84.0}},
    "noise": {"typos": {"en": 92.0, "my": 84.0}, "zawgyi": {"my": 87.9}},
    "alarms": {"emergency": {"recall": 99.5, "false_alarms": 0.2}, "opt_out": {"recall": 98.0, "false_alarms": 0.1}},
    "speed": {"new_ms_p50": 28.0, "memory_mb": None, "environment_mb": 901},
    "plain": {
        "epochs": 12,
        "training_seconds": 1700.0,
        "milliseconds": {"p50": 41.0, "p99": 80.0},
        "by_language": {"en": LANGUAGE | {"accuracy": 61.5}},
        "overall": LANGUAGE | {"accuracy": 61.5},
    },
    "variants": [
        {"name": "plain <b>", "accuracy": 91.0, "training_seconds": 100.0},
        {"name": "projected", "accuracy": 95.5, "left_out": None, "training_seconds": 180.0},
    ],
}


def figures(**more: Any) -> Figures:
    """As read from the JSON file."""
    return json.loads(json.dumps(FIGURES | more))


class Balance(HTMLParser):
    """Every tag that is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass


def section(html: str, name: str) -> str:
    found = re.search(rf"<section><h2>{name}</h2>(.*?)</section>", html, re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize("given", [figures(), Figures()], ids=["everything", "nothing"])
def test_the_page_is_well_formed_and_asks_nobody_for_anything(given: Figures) -> None:
    html = page(given)
    parser = Balance()
    parser.feed(html)
    assert not parser.open
    assert not re.search(r"https?://|<script|<link|@import|url\(|\bsrc=", html)


def test_without_figures_every_section_says_that_nothing_was_measured() -> None:
    html = page(Figures())
    for name, _ in SECTIONS:
        assert section(html, name) == '<p class="faint">not measured</p>'
    assert "met</span>" not in html
    assert "missed</span>" not in html


@pytest.mark.parametrize("part", FIGURES)
def test_any_part_may_be_missing(part: str) -> None:
    less = figures()
    del less[part]  # type: ignore[misc]
    assert page(less) != page(figures())


def test_plain_rasa_that_was_not_measured_is_null() -> None:
    html = page(figures(plain=None))
    assert section(html, "Beside plain Rasa") == '<p class="faint">not measured</p>'
    assert "plain Rasa</span>" not in section(html, "By language")


def test_every_section_shows_something_when_all_is_measured() -> None:
    html = page(figures())
    for name, _ in SECTIONS:
        assert re.search("<svg|<table", section(html, name)), name


def test_promises_are_judged_by_their_bounds() -> None:
    judged = {target.name: target.met for target in targets(figures())}
    assert judged["intents right"] is True
    assert judged["weakest language (my)"] is False
    assert judged["right one among two"] is False
    assert judged["languages left out, mean (weakest my)"] is True
    assert judged["typos cost"] is True
    assert judged["no spaces cost"] is None
    assert judged["zawgyi cost"] is True
    assert judged["emergency found"] is True
    assert judged["opt_out found"] is False
    assert judged["a new sentence, p50"] is True
    assert judged["memory"] is None
    assert judged["environment on disk"] is False


def test_a_figure_exactly_at_its_bound_keeps_the_promise() -> None:
    at_bound = figures(overall={"accuracy": 95.0, "among_two": 97.0}, speed={"new_ms_p50": 40.0})
    judged = {target.name: target.met for target in targets(at_bound)}
    assert judged["intents right"] is judged["right one among two"] is judged["a new sentence, p50"] is True


def test_a_noise_costs_the_mean_of_the_languages_it_was_measured_in() -> None:
    assert cost(figures(), "typos") == pytest.approx((4.0 + 5.9) / 2)
    assert cost(figures(), "zawgyi") == pytest.approx(2.0)
    assert cost(figures(), "no_marks") is None


def test_a_language_that_loses_too_much_is_marked() -> None:
    shown = section(page(figures()), "Noise")
    assert '<td class="good">92.0 % (-4.0)</td>' in shown
    assert '<td class="bad">84.0 % (-5.9)</td>' in shown
    assert "<td>–</td>" in shown


def test_names_are_shown_as_text_and_never_as_markup() -> None:
    shown = section(page(figures()), "Variants")
    assert "plain &lt;b&gt;" in shown
    assert "<b>" not in shown


def test_the_best_of_each_column_of_variants_stands_out() -> None:
    shown = section(page(figures()), "Variants")
    assert re.findall('class="best">([^<]*)<', shown) == ["100.0", "95.5"]


def test_only_the_forty_most_frequent_confusions_are_listed() -> None:
    shown = section(page(figures()), "Confusions")
    assert "other_39<" in shown
    assert "other_40<" not in shown


def test_intents_come_worst_first() -> None:
    shown = section(page(figures()), "By intent")
    assert shown.index(">deny<") < shown.index(">greet<")


def test_languages_have_names_and_a_new_one_too() -> None:
    html = page(figures(by_language={"tet": LANGUAGE, "xx-new": LANGUAGE}))
    assert "Tetum (tet)" in html
    assert ">xx-new<" in html


def drawing(svg: str) -> ET.Element:
    """The chart as a tree, which also says that it is well-formed."""
    return ET.fromstring(svg[svg.index("<svg") :])  # noqa: S314 - our own text


def test_bars_are_as_long_as_their_figures_and_stay_within_the_chart() -> None:
    rows = [Row("half", [50.0]), Row("all", [100.0]), Row("beyond", [140.0]), Row("none", [None])]
    lengths = [float(bar.get("width", "")) for bar in drawing(bars(rows, ["right"])).iter("rect")]
    assert lengths[0] * 2 == pytest.approx(lengths[1])
    assert lengths[2] == lengths[1]
    assert lengths[3] == 0


def test_honest_confidence_lies_on_the_dashed_line() -> None:
    dots = list(drawing(reliability([(0.25, 0.25, 0.1), (0.75, 0.75, 0.9)])).iter("circle"))
    (x1, y1), (x2, y2) = [(float(dot.get("cx", "")), float(dot.get("cy", ""))) for dot in dots]
    assert x2 - x1 == pytest.approx(y1 - y2)
    assert float(dots[1].get("r", "")) > float(dots[0].get("r", ""))


def test_a_threshold_that_leaves_nothing_has_no_share_of_right_ones() -> None:
    nothing = {"threshold": 0.99, "understood": 0.0, "misunderstood": 0.0, "asked_back": 100.0}
    shown = section(page(figures(thresholds=[*FIGURES["thresholds"], nothing])), "Thresholds")
    answered, right = [path.get("d", "") for path in drawing(shown[: shown.index("</svg>") + 6]).iter("path")]
    assert (answered.count("L"), right.count("L")) == (2, 1)


def test_curves_name_their_lines() -> None:
    drawn = curves({"a & b": [(0.0, 1.0), (1.0, 0.0)]}, "threshold")
    assert "a &amp; b" in drawn
    assert drawing(drawn).find("path") is not None
