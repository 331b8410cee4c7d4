"""The report as one page of HTML that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TypeAlias

from nlu.report_charts import Row, bars, curves, reliability
from nlu.report_figures import Accuracy, Figures, Plain, Speed, Threshold, Variant
from nlu.report_tables import NOT_MEASURED, Cell, language, number, percent, rounded, table
from nlu.report_targets import SPEEDS, Target, cost, cost_bound, mean, targets

MOST_CONFUSIONS = 40
STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
ABSENT = f'<p class="faint">{NOT_MEASURED}</p>'
COLUMNS = ("accuracy", "among_two", "left_out", "typos", "unmarked", "training_seconds")
UNNAMED_SPEEDS = {"new_ms_p99": ("a new sentence, p99", "ms"), "repeated_ms_p50": ("a repeated sentence, p50", "ms")}

Section: TypeAlias = Callable[[Figures], str]


def page(figures: Figures) -> str:
    """The whole page; a part that is missing says that it was not measured."""
    sections = "".join(f"<section><h2>{name}</h2>{show(figures) or ABSENT}</section>" for name, show in SECTIONS)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>How well Kawan understands</title><style>{STYLE}</style></head><body>"
        f"{_head(figures)}{sections}</body></html>\n"
    )


def _head(figures: Figures) -> str:
    counted = figures.get("sentences")
    said = (
        ""
        if counted is None
        else f"learnt from {counted['training']:,}, judged on {counted['development']:,} sentences"
    )
    made = ", ".join(part for part in (escape(figures.get("made", "")), said) if part)
    cards = "".join(map(_card, targets(figures)))
    return f'<h1>How well Kawan understands</h1><p class="faint">{made}</p><ul class="cards">{cards}</ul>'


def _card(target: Target) -> str:
    look, verdict = {True: ("met", "✓ met"), False: ("missed", "✗ missed"), None: ("", "")}[target.met]
    bound = f"{'≥' if target.at_least else '≤'} {target.bound:g} {target.unit}"
    figure = NOT_MEASURED if target.figure is None else f"{rounded(target.figure)} {target.unit}"
    return (
        f'<li class="{look}">{escape(target.name)}<b>{figure}</b>'
        f'target {bound} <span class="verdict">{verdict}</span></li>'
    )


def _languages(figures: Figures) -> str:
    ours = figures.get("by_language", {})
    plain = (figures.get("plain") or Plain()).get("by_language", {})
    if not ours:
        return ""
    heads = ["language", "sentences", "right", "among two", "plain Rasa, right", "plain Rasa, among two"]
    listed = [[language(c), f"{row['sentences']:,}", *_of(ours, c), *_of(plain, c)] for c, row in ours.items()]
    both = {"Kawan": ours, "plain Rasa": plain} if plain else {"Kawan": ours}
    return _side_by_side(both, target=90) + table(heads, listed)


def _side_by_side(series: Mapping[str, Mapping[str, Accuracy]], target: float) -> str:
    """A bar for each language and series."""
    codes = dict.fromkeys(code for rows in series.values() for code in rows)
    drawn = [
        Row(language(code), [rows[code]["accuracy"] if code in rows else None for rows in series.values()])
        for code in codes
    ]
    return bars(drawn, list(series), target)


def _of(rows: Mapping[str, Accuracy], code: str) -> list[str]:
    row = rows.get(code)
    return [NOT_MEASURED] * 2 if row is None else [percent(row["accuracy"]), percent(row["among_two"])]


def _plain(figures: Figures) -> str:
    plain, speed = figures.get("plain"), figures.get("speed", Speed())
    if not plain:
        return ""
    took = plain.get("milliseconds")
    understood = [_of({"": row} if row else {}, "") for row in (figures.get("overall"), plain.get("overall"))]
    rows = [
        ["right", *(right for right, _ in understood)],
        ["among two", *(among for _, among in understood)],
        ["training", number(speed.get("training_seconds_cold"), "s"), number(plain.get("training_seconds"), "s")],
        ["a new sentence, p50", number(speed.get("new_ms_p50"), "ms"), number(took and took["p50"], "ms")],
        ["a new sentence, p99", number(speed.get("new_ms_p99"), "ms"), number(took and took["p99"], "ms")],
        ["memory", number(speed.get("memory_mb"), "MB"), number(plain.get("memory_mb"), "MB")],
        ["environment", number(speed.get("environment_mb"), "MB"), number(plain.get("environment_mb"), "MB")],
    ]
    told = (
        f"<p>The pipeline that <code>rasa init</code> writes, on one thread: {number(plain.get('epochs'))} epochs, "
        f"as many as fit into {plain.get('minutes', 30):g} minutes.</p>"
    )
    return told + table(["", "Kawan", "plain Rasa"], rows)


def _left_out(figures: Figures) -> str:
    strict, centred = figures.get("left_out", {}), figures.get("left_out_centred", {})
    if not strict and not centred:
        return ""
    heads = ["language", "right", "among two", "centred, right", "centred, among two"]
    codes = dict.fromkeys((*strict, *centred))
    listed = [[language(code), *_of(strict, code), *_of(centred, code)] for code in codes]
    means = [percent(mean(each)) for rows in (strict, centred) for each in _columns(rows)]
    told = "<p>Each language judged by a model that learnt from the others only.</p>"
    both = {"strict": strict, "with the catalogue's centre": centred} if centred else {"strict": strict}
    return told + _side_by_side(both, target=80) + table(heads, [*listed, ["mean", *means]])


def _columns(rows: Mapping[str, Accuracy]) -> tuple[list[float], list[float]]:
    return [row["accuracy"] for row in rows.values()], [row["among_two"] for row in rows.values()]


def _noise(figures: Figures) -> str:
    noises, clean = figures.get("noise", {}), figures.get("by_language", {})
    if not noises:
        return ""
    codes = dict.fromkeys((*clean, *(code for measured in noises.values() for code in measured)))
    listed: list[list[Cell | str]] = []
    for code in codes:
        before = clean[code]["accuracy"] if code in clean else None
        after = [_noisy(measured.get(code), before, cost_bound(noise)) for noise, measured in noises.items()]
        listed.append([language(code), percent(before), *after])
    costs = [_cost(cost(figures, noise), cost_bound(noise)) for noise in noises]
    told = "<p>Right after the noise, and the points it cost; a dash where it does not concern the language.</p>"
    heads = ["language", "clean", *(name.replace("_", " ") for name in noises)]
    return told + table(heads, [*listed, ["mean cost", "", *costs]])


def _noisy(after: float | None, before: float | None, bound: float) -> Cell:
    if after is None:
        return Cell("–")
    if before is None:
        return Cell(percent(after))
    return Cell(f"{after:.1f} % ({after - before:+.1f})", "good" if before - after <= bound else "bad")


def _cost(points: float | None, bound: float) -> Cell:
    if points is None:
        return Cell(NOT_MEASURED)
    return Cell(f"{points:.1f} of {bound:g}", "good" if points <= bound else "bad")


def _alarms(figures: Figures) -> str:
    rows: list[list[Cell | str]] = [
        [intent, Cell(percent(row["recall"]), "good" if row["recall"] >= 99 else "bad"), percent(row["false_alarms"])]  # noqa: PLR2004
        for intent, row in figures.get("alarms", {}).items()
    ]
    return table(["intent", "found", "other sentences taken for it"], rows) if rows else ""


def _calibration(figures: Figures) -> str:
    measured = figures.get("calibration")
    if not measured:
        return ""
    told = f"<p>Expected calibration error: {measured['error']:.3f}. Larger dots stand for more sentences.</p>"
    return told + reliability(measured["bins"])


def _thresholds(figures: Figures) -> str:
    rows = figures.get("thresholds")
    if not rows:
        return ""
    heads = list(rows[0])
    listed = [[number(value) for value in row.values()] for row in rows]
    drawn = _answered(rows) if {"threshold", "understood", "misunderstood"} <= set(heads) else ""
    return drawn + table([name.replace("_", " ") for name in heads], listed)


def _answered(rows: Sequence[Threshold]) -> str:
    """How many are answered at all at a threshold, and how many of those rightly."""
    answered = [(row["threshold"], row["understood"], row["understood"] + row["misunderstood"]) for row in rows]
    lines = {
        "answered": [(at, total / 100) for at, _, total in answered],
        "of these, right": [(at, right / total) for at, right, total in answered if total],
    }
    return curves(lines, "threshold")


def _intents(figures: Figures) -> str:
    worst_first = sorted(figures.get("by_intent", {}).items(), key=lambda item: (item[1]["accuracy"], item[0]))
    return bars([Row(intent, [row["accuracy"]]) for intent, row in worst_first], ["right"]) if worst_first else ""


def _confusions(figures: Figures) -> str:
    most = figures.get("confusions", [])[:MOST_CONFUSIONS]
    if not most:
        return ""
    return table(
        ["intent", Cell("taken for", "words"), "times"], [[one, Cell(other, "words"), f"{n}"] for one, other, n in most]
    )


def _speed(figures: Figures) -> str:
    speed: Mapping[str, object] = figures.get("speed", {})
    if not speed:
        return ""
    rows = [[name, number(speed.get(key), unit), f"≤ {bound:g} {unit}"] for key, name, bound, unit in SPEEDS]
    rows += [[name, number(speed.get(key), unit), ""] for key, (name, unit) in UNNAMED_SPEEDS.items()]
    return table(["", "measured", "target"], rows)


def _variants(figures: Figures) -> str:
    variants = figures.get("variants", [])
    if not variants:
        return ""
    best = {key: _best(variants, key) for key in COLUMNS}
    rows: list[list[Cell | str]] = [
        [each["name"], *(Cell(number(_at(each, key)), "best" * (_at(each, key) in best[key])) for key in COLUMNS)]
        for each in variants
    ]
    return table(["variant", *(key.replace("_", " ") for key in COLUMNS)], rows)


def _at(variant: Variant, key: str) -> float | None:
    value = variant.get(key)
    return float(value) if isinstance(value, int | float) else None


def _best(variants: Sequence[Variant], key: str) -> set[float]:
    """The best figure of a column; none where there is nothing to compare."""
    values = [value for each in variants if (value := _at(each, key)) is not None]
    return {(min if key == "training_seconds" else max)(values)} if len(values) > 1 else set()


SECTIONS: Sequence[tuple[str, Section]] = (
    ("By language", _languages),
    ("Beside plain Rasa", _plain),
    ("Languages left out one by one", _left_out),
    ("Noise", _noise),
    ("What must not be missed", _alarms),
    ("Calibration", _calibration),
    ("Thresholds", _thresholds),
    ("By intent", _intents),
    ("Confusions", _confusions),
    ("Speed and size", _speed),
    ("Variants", _variants),
)
