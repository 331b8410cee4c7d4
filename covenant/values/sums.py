"""Sums: number words added up one by one, "two · hundred · thousand · five", and how each language ends them."""

from dataclasses import dataclass, field
from decimal import Decimal

from covenant.values.words import Words

ONE, TEN, HALF = Decimal(1), Decimal(10), Decimal("0.5")
ROUND_SCALE = 1000


@dataclass(frozen=True)
class Term:
    """A part of a sum; only less than its `unit` may be added to it. `raw`: no scale has been applied to it."""

    value: Decimal
    unit: Decimal
    raw: bool = True


@dataclass
class Pile:
    """Number words added up one by one; each method tells whether the word fitted and changes nothing if not."""

    words: Words
    terms: list[Term] = field(default_factory=list)
    scale: Decimal = ONE
    sure: bool = True
    joined: bool = False
    implied: bool = False

    def put(self, value: Decimal, unit: Decimal) -> bool:
        """Add a number that stands for itself."""
        if self.terms and (value >= self.terms[-1].unit or (value == 0 and self.terms[-1].raw)):
            return False
        self.terms.append(Term(value, unit))
        return True

    def multiply(self, scale: Decimal) -> bool:
        """Apply a scale to what was said since the last greater one."""
        cut = len(self.terms)
        while cut and self.terms[cut - 1].value < scale and self.terms[cut - 1].unit < scale:
            cut -= 1
        taken = self.terms[cut:]
        value = sum((term.value for term in taken), Decimal(0)) * scale if taken else scale
        if cut and value >= self.terms[cut - 1].unit:
            return False
        if not taken and scale != TEN:
            self.sure = False
            self.implied = not self.terms
        self.terms[cut:] = [Term(value, scale, raw=False)]
        self.scale = scale
        return True

    def add_ten(self) -> bool:
        """Turn a last digit into its -teen."""
        if not self.terms or not self.terms[-1].raw or not 0 < self.terms[-1].value < TEN:
            return False
        self.terms[-1] = Term(self.terms[-1].value + TEN, ONE)
        return True

    def halve(self) -> bool:
        """Add half of the last scale, or a half on its own."""
        unit = self.terms[-1].unit if self.terms else ONE
        if unit == 0:
            return False
        self.terms.append(Term(unit * HALF, Decimal(0)))
        return True

    def total(self) -> Decimal:
        """Return the sum, with the language's way of saying round amounts."""
        last = self.terms[-1]
        if self._scale_came_first():
            self.sure = True
            return self.terms[0].value * sum(term.value for term in self.terms[1:])
        if self._is_remainder(last):
            self.sure = False
            return sum((term.value for term in self.terms[:-1]), last.value * self.terms[-2].unit / TEN)
        return sum((term.value for term in self.terms), Decimal(0))

    def _scale_came_first(self) -> bool:
        rest = sum(term.value for term in self.terms[1:])
        first = self.terms[0].value
        return self.words.scale_first and self.implied and first >= ROUND_SCALE and rest >= TEN and rest % TEN == 0

    def _is_remainder(self, last: Term) -> bool:
        if self.words.remainder is None or self.joined or len(self.terms) == 1:
            return False
        return last.raw and 0 < last.value < TEN and last.unit == ONE and self.terms[-2].unit >= self.words.remainder


def unit_of(value: Decimal) -> Decimal:
    """Return the power of ten below which a number word can be completed: twenty by 1 to 9, a hundred by 1 to 99."""
    unit = ONE
    while value >= unit * TEN and value % (unit * TEN) == 0:
        unit *= TEN
    return unit
