"""Sums: number words added up one by one, "two · hundred · thousand · five", and how each language ends them."""

from dataclasses import dataclass, field
from decimal import Decimal

from covenant.values.words import Words

ONE, TEN, HALF = Decimal(1), Decimal(10), Decimal("0.5")
ROUND_SCALE = 1000
ALWAYS = "always"


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
    glued: bool = False
    article: bool = False
    led: Decimal = Decimal(0)

    def put(self, value: Decimal, unit: Decimal) -> bool:
        """Add a number that stands for itself, or that says how many of the scale before it."""
        if self.led and self._is_counted(value):
            return True
        if self.terms and (value >= self.terms[-1].unit or (value == 0 and self.terms[-1].raw)):
            return False
        self.terms.append(Term(value, unit))
        self.led = Decimal(0)
        return True

    def _is_counted(self, value: Decimal) -> bool:
        """Take "rihun · ruanulu · lima" for twenty-five thousands where a language always puts the scale first."""
        last = self.terms[-1]
        if last.raw:  # the scale alone
            self.terms[-1], self.sure, self.implied = Term(value * self.led, self.led, raw=False), True, False
            return True
        if value >= TEN or last.value < TEN * self.led or last.value % (TEN * self.led):
            return False
        self.terms[-1] = Term(last.value + value * self.led, self.led, raw=False)
        return True

    def multiply(self, scale: Decimal) -> bool:
        """Apply a scale to what was said since the last greater one."""
        cut = len(self.terms)
        while cut and self.terms[cut - 1].value < scale and self.terms[cut - 1].unit < scale:
            cut -= 1
        taken = self.terms[cut:]
        if not taken and self.words.scale_first == ALWAYS:
            return self._lead(scale)
        value = sum((term.value for term in taken), Decimal(0)) * scale if taken else scale
        if cut and value >= self.terms[cut - 1].unit:
            return False
        if not taken and scale != TEN:
            self.sure = False
            self.implied = not self.terms
        self.terms[cut:] = [Term(value, scale, raw=False)]
        self.scale = scale
        return True

    def _lead(self, scale: Decimal) -> bool:
        nested = bool(self.terms) and self.led > 0 and self.terms[-1].raw  # rihun atus lima: five hundred thousand
        whole = self.led * scale if nested else scale
        if not nested and self.terms and scale >= self.terms[-1].unit:
            return False
        self.terms[len(self.terms) - nested :] = [Term(whole, whole)]
        self.led, self.scale, self.sure = whole, whole, False
        return True

    def add_unit(self, value: Decimal) -> bool:
        """Turn a last digit into tens and add to it."""
        if not self.terms or not self.terms[-1].raw or not ONE < self.terms[-1].value < TEN:
            return False
        self.terms[-1] = Term(self.terms[-1].value * TEN + value, ONE, raw=False)
        return True

    def add_decimals(self, digits: str) -> bool:
        """Add what stands behind a decimal point."""
        if not self.terms or self.terms[-1].unit == 0:
            return False
        self.terms.append(Term(Decimal(f"0.{digits}"), Decimal(0)))
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
        if self._is_one_of_it(last):
            self.sure = False
            return self.terms[0].value
        if self._is_remainder(last):
            self.sure = False
            return sum((term.value for term in self.terms[:-1]), last.value * self.terms[-2].unit / TEN)
        return sum((term.value for term in self.terms), Decimal(0))

    def _scale_came_first(self) -> bool:
        rest = sum(term.value for term in self.terms[1:])
        first = self.terms[0].value
        is_round = self.implied and first >= ROUND_SCALE and rest >= TEN and rest % TEN == 0
        return bool(self.words.scale_first) and is_round

    def _is_one_of_it(self, last: Term) -> bool:
        """Tell "ร้อยนึง" and "ພັນໜຶ່ງ", a hundred and a thousand, from 101 and 1100."""
        return self.article and self.implied and len(self.terms) == len(["scale", "one"]) and last.value == ONE

    def _is_remainder(self, last: Term) -> bool:
        least = ONE if self.glued else self.words.remainder
        if least is None or self.joined or len(self.terms) == 1:
            return False
        return last.raw and 0 < last.value < TEN and last.unit == ONE and self.terms[-2].unit >= least


def unit_of(value: Decimal) -> Decimal:
    """Return the power of ten below which a number word can be completed: twenty by 1 to 9, a hundred by 1 to 99."""
    unit = ONE
    while value >= unit * TEN and value % (unit * TEN) == 0:
        unit *= TEN
    return unit
