"""Takes official codes out of GeoNames' own, whose last part they are in some countries."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from db.place import PlaceKind
from tools.place_draft import Draft

LAST_PARTS = {"LA": r"\d{4}", "TL": r"\d{3,4}", "KH": r"\d{4}", "MM": r"MMR\d{3}D\d{3}", "VN": r"\d{3}"}
PROVINCES = {"KH", "LA"}  # a district's number begins with that of its province
LENGTH = 4


def number(drafts: Iterable[Draft]) -> None:
    """Give drafts without an official code the end of GeoNames' code, provinces the beginning of their districts'."""
    prefixes: dict[int, Counter[str]] = defaultdict(Counter)
    provinces = []
    for draft in drafts:
        draft.official = "SG" if draft.country == "SG" else draft.official or _last_part(draft)
        if draft.kind is PlaceKind.PROVINCE or draft.is_province:
            provinces.append(draft)
        elif draft.official and draft.province:
            prefixes[draft.province][draft.official[:2]] += 1
    for draft in provinces:
        if draft.country in PROVINCES and not draft.official and prefixes[draft.id]:
            draft.official = prefixes[draft.id].most_common(1)[0][0]


def _last_part(draft: Draft) -> str | None:
    wanted = LAST_PARTS.get(draft.country)
    last = (draft.code or "").rpartition(".")[2]
    if wanted is None or draft.code is None or draft.code.count(".") == 1 or not re.fullmatch(wanted, last):
        return None
    return last.zfill(LENGTH) if draft.country == "TL" else last
