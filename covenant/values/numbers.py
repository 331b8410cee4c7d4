"""Numbers in running text: numerals with scales ("10 ribu"), words ("hai trăm linh năm"), halves, said digits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from rapidfuzz.distance import OSA

from covenant.values.lexicon import Role, Token
from covenant.values.numerals import LONGEST, numeral
from covenant.values.sums import ONE, TEN, Pile, Term, unit_of
from covenant.values.words import Words

SHORTEST_MISSPELT = 4
SAID_DIGITS = 3


@dataclass(frozen=True)
class Amount:
    """A number found in a text, and the tokens (`first` to before `end`) that say it.

    `scale`: its last scale word's value, 1 without one. `other`: the reading by the other grouping convention.
    `spelt`: no digit was typed. `code`: it begins with a zero, as phone numbers do and amounts do not.
    """

    value: Decimal
    first: int
    end: int
    sure: bool = True
    scale: Decimal = ONE
    other: Decimal | None = None
    spelt: bool = False
    code: bool = False


@dataclass
class _Reader:
    """Reads one amount: walks the tokens while they fit on the pile, and knows where to go back to."""

    tokens: Sequence[Token]
    first: int
    words: Words
    at: int = 0
    pile: Pile = field(init=False)
    other: Decimal | None = None
    digits: bool = False
    saved: tuple[int, list[Term], Decimal] | None = None

    def __post_init__(self) -> None:
        self.at = self.first
        self.pile = Pile(self.words)

    def read(self) -> Amount | None:
        while self.at < len(self.tokens):
            if self._take(self.at):
                self.at += 1
            elif not (self._take_decimals() or self._take_joined()):
                break
        if not self.pile.terms:
            return None
        return Amount(
            value=self.pile.total(),
            first=self.first,
            end=self.at,
            sure=self.pile.sure,
            scale=self.pile.scale,
            other=self.other if self.at == self.first + 1 else None,
            spelt=not self.digits,
            code=_is_code(self.tokens[self.first].text),
        )

    def _take_decimals(self) -> bool:
        """Take "point five" and "koma dua lima"."""
        if not self.tokens[self.at].plays(Role.POINT):
            return False
        end = self.at + 1
        digits = ""
        while end < len(self.tokens) and (digit := _digit(self.tokens[end])):
            digits, end = digits + digit, end + 1
        if not 0 < len(digits) <= LONGEST or not self.pile.add_decimals(digits):
            return False
        self.at = end
        return True

    def _take_joined(self) -> bool:
        nothing = not self.pile.terms or self.at + 1 >= len(self.tokens)
        if nothing or not self._joins(self.tokens[self.at], self.tokens[self.at + 1]):
            return False
        if not self._take(self.at + 1):
            return False
        self.pile.joined = True
        self.at += 2
        return True

    def _joins(self, token: Token, following: Token) -> bool:
        if token.text == "-":
            return not self.digits and not following.numeral and token.end == following.start
        return token.plays(Role.JOIN) and (not following.numeral or self.pile.scale > ONE)

    def _take(self, at: int) -> bool:
        token = self.tokens[at]
        if token.numeral:
            return self._take_numeral(token, at)
        if token.plays(Role.SCALE, Role.SUFFIX):
            return self._take_scale(token, at)
        if token.plays(Role.NUMBER):
            return not self._means_other(at) and self._take_word(token)
        if token.plays(Role.TEEN):
            return self.pile.add_ten()
        if token.plays(Role.HALF):
            return self.pile.halve()
        return self._take_misspelt(token, at)

    def _take_numeral(self, token: Token, at: int) -> bool:
        found = numeral(token.text, self.words.separators)
        self._save()
        if not found or not self.pile.put(found.value, ONE if found.value % 1 == 0 else Decimal(0)):
            return False
        self.pile.sure &= found.sure
        self.other = found.other
        self.digits = True
        # "1k2" says 1 200 wherever it is written.
        before = self.tokens[at - 1] if at > self.first else None
        self.pile.glued = bool(before and before.plays(Role.SUFFIX) and before.end == token.start)
        return True

    def _take_word(self, token: Token) -> bool:
        value = Decimal(token.roles[Role.NUMBER])
        if token.text in self.words.units and self.pile.add_unit(value):
            return True
        self._save()
        if not self.pile.put(value, unit_of(value)):
            return False
        self.pile.sure &= not token.foreign
        self.pile.article = token.text in self.words.one_after
        return True

    def _take_scale(self, token: Token, at: int) -> bool:
        if token.plays(Role.VAGUE) and not self.pile.terms:
            return False
        if token.plays(Role.SUFFIX):
            return self._take_suffix(token, at)
        if not self.pile.multiply(Decimal(token.roles[Role.SCALE])):
            self._go_back()
            return False
        self.pile.sure &= not token.foreign and not token.plays(Role.VAGUE)
        return True

    def _take_suffix(self, token: Token, at: int) -> bool:
        before = self.tokens[at - 1] if at > self.first else None
        if not before or not before.numeral or not self.pile.multiply(Decimal(token.roles[Role.SUFFIX])):
            return False
        # "5 m" may be five metres.
        self.pile.sure &= before.end == token.start or len(token.text) > 1
        return True

    def _take_misspelt(self, token: Token, at: int) -> bool:
        after_digits = at > self.first and self.tokens[at - 1].numeral
        if not after_digits or not token.unknown or len(token.text) < SHORTEST_MISSPELT:
            return False
        scale = misspelt_scale(token.text, self.words)
        if scale is None or not self.pile.multiply(Decimal(scale)):
            return False
        self.pile.sure = False
        return True

    def _means_other(self, at: int) -> bool:
        """Tell "năm 2028", "tu 200" and "၂၀၂၈ ခုနှစ်" from the numbers five, four and seven."""
        token = self.tokens[at]
        after = self.tokens[at + 1 : at + 2]
        if token.plays(Role.BETWEEN, Role.TO):
            return any(each.numeral for each in after)
        if not token.plays(Role.YEAR):
            return False
        spoken = any(each.plays(Role.NUMBER) for each in after)
        return spoken or any(each.numeral for each in (*after, *self.tokens[max(at - 1, 0) : at]))

    def _save(self) -> None:
        if self.pile.terms and not self.pile.terms[-1].raw:
            self.saved = (self.at, self.pile.terms.copy(), self.pile.scale)

    def _go_back(self) -> None:
        """Leave "two thousand and five" · thousand: the "five" begins the next amount."""
        if self.saved and self.pile.terms[-1].raw:
            self.at, self.pile.terms, self.pile.scale = self.saved


def _digit(token: Token) -> str:
    """Return the digit that a word says, or the digits that were typed; empty for anything else."""
    if token.numeral:
        return token.text if token.text.isdigit() else ""
    value = token.roles.get(Role.NUMBER, TEN)
    return str(value) if value < TEN else ""


def _is_code(text: str) -> bool:
    return text.startswith("0") and len(text) > 1 and text[1].isdigit()


def misspelt_scale(word: str, words: Words) -> int | None:
    """Return the scale that a word misses by one letter, or None."""
    near = (known for known in words.scales if len(known) >= SHORTEST_MISSPELT and OSA.distance(word, known) == 1)
    return next((words.scales[known] for known in near), None)


def amounts(tokens: Sequence[Token], words: Words) -> list[Amount]:
    """Return every number of a text, in order."""
    found: list[Amount] = []
    at = 0
    while at < len(tokens):
        amount = _Reader(tokens, at, words).read() if _may_begin(tokens[at]) else None
        if amount:
            found.append(amount)
        at = amount.end if amount else at + 1
    return found


def _may_begin(token: Token) -> bool:
    return token.numeral or token.plays(Role.NUMBER, Role.SCALE, Role.HALF)


def said_digits(found: Sequence[Amount]) -> Amount | None:
    """Return the number dictated digit by digit ("hai không ba không"), or None."""
    if not SAID_DIGITS <= len(found) <= LONGEST or not all(one.spelt and 0 <= one.value < TEN for one in found):
        return None
    if any(left.end != right.first for left, right in pairwise(found)):
        return None
    value = int("".join(str(int(one.value)) for one in found))
    return Amount(Decimal(value), found[0].first, found[-1].end, sure=False, spelt=True)
