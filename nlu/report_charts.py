"""Charts of the report as inline SVG: bars and plots of shares, coloured by the page's style sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 440  # about a phone's width, so that text keeps its size there
LABELS, VALUES = 124, 46  # what stands left and right of the bars
BAR, GAP = 12, 9
SIDE, LEFT, BELOW, TOP = 300, 46, 40, 12  # a plot and what stands around it

Point = tuple[float, float]


@dataclass(frozen=True)
class Row:
    """One label and its figures in percent, one for each series; none where nothing was measured."""

    label: str
    figures: Sequence[float | None]


def bars(rows: Sequence[Row], series: Sequence[str], target: float | None = None) -> str:
    """Horizontal bars from 0 to 100 %, each with its figure; the series' names above where there are several."""
    step = BAR * len(series) + GAP
    height = step * len(rows) + GAP
    drawn = "".join(_row(row, GAP + step * number, series) for number, row in enumerate(rows))
    line = "" if target is None else _target(target, height)
    keys = legend(series) if len(series) > 1 else ""
    return keys + _svg(WIDTH, height, f"{', '.join(series)}, percent", line + drawn)


def legend(series: Sequence[str]) -> str:
    """The names of the series with their colours."""
    keys = "".join(f'<span><i class="k{number}"></i>{escape(name)}</span>' for number, name in enumerate(series))
    return f'<p class="legend">{keys}</p>'


def _row(row: Row, top: int, series: Sequence[str]) -> str:
    middle = top + BAR * len(series) / 2
    label = f'<text class="end" x="{LABELS - 8}" y="{middle + 4:g}">{escape(row.label)}</text>'
    drawn = (
        _bar(figure, top + BAR * place, f"s{place}", f"{row.label}, {series[place]}")
        for place, figure in enumerate(row.figures)
    )
    return label + "".join(drawn)


def _bar(figure: float | None, top: int, look: str, name: str) -> str:
    said = "–" if figure is None else f"{figure:.1f}"
    width = _across(figure or 0)
    return (
        f'<rect class="{look}" x="{LABELS}" y="{top}" width="{width:.1f}" height="{BAR - 2}" rx="2">'
        f"<title>{escape(name)}: {said}</title></rect>"
        f'<text class="small" x="{LABELS + width + 5:.1f}" y="{top + BAR - 3}">{said}</text>'
    )


def _across(percent: float) -> float:
    return (WIDTH - LABELS - VALUES) * min(max(percent, 0), 100) / 100


def _target(percent: float, height: int) -> str:
    x = f"{LABELS + _across(percent):.1f}"
    return f'<line class="target" x1="{x}" x2="{x}" y1="0" y2="{height}"><title>target: {percent:g} %</title></line>'


def reliability(bins: Sequence[tuple[float, float, float]]) -> str:
    """Accuracy over confidence, both 0 to 1; larger dots stand for more sentences, the dashed line for honesty."""
    honest = f'<path class="target" d="{_path([(0, 0), (1, 1)])}"/>'
    line = f'<path class="l0" d="{_path([(confidence, accuracy) for confidence, accuracy, _ in bins])}"/>'
    dots = "".join(_dot(*each) for each in bins)
    return _plot("confidence", "accuracy", honest + line + dots)


def _dot(confidence: float, accuracy: float, share: float) -> str:
    said = f"confidence {confidence:.2f}, accuracy {accuracy:.2f}, {share:.1%} of the sentences"
    return (
        f'<circle class="s0" cx="{_x(confidence):.1f}" cy="{_y(accuracy):.1f}" r="{3 + 12 * share**0.5:.1f}">'
        f"<title>{said}</title></circle>"
    )


def curves(lines: Mapping[str, Sequence[Point]], across: str) -> str:
    """One line for each name through points from 0 to 1."""
    drawn = "".join(
        f'<path class="l{number}" d="{_path(points)}"><title>{escape(name)}</title></path>'
        for number, (name, points) in enumerate(lines.items())
    )
    return legend(list(lines)) + _plot(across, "share", drawn)


def _plot(across: str, up: str, drawn: str) -> str:
    ticks = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{LEFT + SIDE}" y1="{_y(at):.1f}" y2="{_y(at):.1f}"/>'
        f'<text class="end" x="{LEFT - 6}" y="{_y(at) + 4:.1f}">{at:g}</text>'
        f'<text class="mid" x="{_x(at):.1f}" y="{_y(0) + 16:.1f}">{at:g}</text>'
        for at in (0, 0.25, 0.5, 0.75, 1)
    )
    names = (
        f'<text class="mid" x="{_x(0.5)}" y="{_y(0) + 34}">{escape(across)}</text>'
        f'<text class="mid" transform="translate(12 {_y(0.5)}) rotate(-90)">{escape(up)}</text>'
    )
    return _svg(LEFT + SIDE + 12, TOP + SIDE + BELOW, f"{up} over {across}", ticks + names + drawn)


def _path(points: Sequence[Point]) -> str:
    return " ".join(f"{'L' if number else 'M'}{_x(x):.1f} {_y(y):.1f}" for number, (x, y) in enumerate(points))


def _x(share: float) -> float:
    return LEFT + SIDE * share


def _y(share: float) -> float:
    return TOP + SIDE * (1 - share)


def _svg(width: int, height: int, said: str, drawn: str) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" style="max-width:{width * 1.4:.0f}px" role="img" '
        f'aria-label="{escape(said)}">{drawn}</svg>'
    )
