"""Judges the places whose names stand in a text: which of them are meant, and how surely."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rapidfuzz.distance import OSA

from covenant.place_text import PlaceText, Stretch
from covenant.place_words import accented, compact, fold, is_unspaced, shorn
from db.place import NameRank, PlaceKind

RANKS = {NameRank.MAIN: 1.0, NameRank.OTHER: 0.98, NameRank.SHORN: 0.92}
KIND_NAMED = 0.99  # a shorn name beside a word of the kind it was shorn of: "Kab. Bogor"
ANOTHER_KIND = 0.15
UNNAMED_KIND = {PlaceKind.PROVINCE: 0.015, PlaceKind.VILLAGE: 0.08}  # who means a province says so
UNSAID_KIND = 0.02  # a guess of another kind than the one named beside it
ANOTHER_PROVINCE = 0.06
ANOTHER_COUNTRY = 0.03
FAR, FAR_TOWN = 0.04, 0.09  # a place outside South-East Asia, which is seldom meant; one that is no large city
FAR_CITY = 100_000  # people
DOUBT = 0.1  # an ordinary word, other diacritics, or a part of what may be a longer name

KNOWN_IN_TEXT = 50_000  # people: a name of this size is believed in the middle of a sentence
KNOWN_AFTER_CUE = 20_000  # after "in"; also after "from" where that may be a syllable of another word
KNOWN_AFTER_ORIGIN = 1_000
KNOWN_ALONE = 5_000  # an ordinary word that is the whole text
SHORTEST = 4

GUESS, SLIP = 0.9, 0.06  # the score of a guess, and what each wrong letter takes from it
SLIPS_BY_LENGTH = ((3, 0), (8, 1), (13, 2), (99, 3))
SIZE_BY_LENGTH = ((4, 500_000), (6, 20_000), (8, 2_000), (99, 0))  # the shorter the guess, the larger the place must be


@dataclass(frozen=True)
class Entry:
    """A place and the name by which it was found."""

    spelt: str
    folded: str
    rank: NameRank
    place_id: int
    kind: PlaceKind
    country: str
    name: str
    local_name: str
    province: str | None
    province_id: int | None
    district_id: int | None
    code: str | None
    population: int | None
    weight: int


@dataclass(frozen=True)
class Hit:
    """A place named by a stretch of the text, how good the match is, and whether its province stands beside it."""

    stretch: Stretch
    entry: Entry
    score: float
    within: tuple[Stretch, ...] = ()


def judge(text: PlaceText, entries: Iterable[Entry], country: str | None) -> list[Hit]:
    """Return the places that `text` names, each once, the best first."""
    by_name: dict[str, list[Entry]] = {}
    for entry in entries:
        by_name.setdefault(entry.folded, []).append(entry)
    hits = [hit for name, same in by_name.items() for stretch in text.stretches(name) for hit in _hits(stretch, same)]
    hits = _with_provinces(hits)
    believed = [_distant(text, _doubted(text, hit), country) for hit in hits if _is_believed(text, hit, country)]
    return best(_prefer_country(_prefer_province(_longest(believed)), text.country, country))


def _is_far(text: PlaceText, entry: Entry, country: str | None) -> bool:
    """Tell whether a place lies outside South-East Asia and nothing but its name speaks for it."""
    return entry.country in text.words.far and entry.country not in {text.country, country}


def _distant(text: PlaceText, hit: Hit, country: str | None) -> Hit:
    if not _is_far(text, hit.entry, country) or hit.within:
        return hit
    return replace(hit, score=hit.score - (FAR if hit.entry.weight >= FAR_CITY else FAR_TOWN))


def is_told_by(text: PlaceText, hit: Hit) -> bool:
    """Tell whether `hit` leaves nothing of a text unexplained that could be part of a longer, misspelt name."""
    stretch = hit.stretch
    has_neighbour = stretch.marker is not None or stretch.origin or stretch.cued
    return has_neighbour or _says_its_kind(hit.entry) or text.is_all([stretch, *hit.within])


def guess(text: PlaceText, alike: Mapping[str, Sequence[Entry]], country: str | None) -> list[Hit]:
    """Return the places that may be meant by misspelt names, given for each the places that look alike."""
    hits = [_slipped(wanted, entry, text.whole_kind) for wanted, entries in alike.items() for entry in entries]
    readable = [hit for hit in hits if hit.score > 0 and (hit.entry.country == "VN" or not text.is_vietnamese)]
    readable = [_distant(text, hit, country) for hit in readable]
    return best(_prefer_country(_seats(readable), text.country, country))


def _seats(hits: Sequence[Hit]) -> list[Hit]:
    """Let a capital weigh as much as the province of its name, which is meant less often."""
    provinces = {hit.entry.place_id: hit.entry.weight for hit in hits if hit.entry.kind is PlaceKind.PROVINCE}
    weights = [max(hit.entry.weight, provinces.get(hit.entry.province_id or 0, 0)) for hit in hits]
    return [replace(hit, entry=replace(hit.entry, weight=weight)) for hit, weight in zip(hits, weights, strict=True)]


def _slipped(wanted: str, entry: Entry, named: PlaceKind | None) -> Hit:
    slips = next(most for length, most in SLIPS_BY_LENGTH if len(wanted) <= length)
    needed = next(size for length, size in SIZE_BY_LENGTH if len(wanted) <= length)
    distance = OSA.distance(wanted, entry.folded, score_cutoff=slips)
    another_start = wanted[:1] != entry.folded[:1]
    score = GUESS - SLIP * (distance + another_start / 2) - (1 - RANKS[entry.rank]) / 2
    score -= 0 if named is entry.kind else UNNAMED_KIND.get(entry.kind, 0) if named is None else UNSAID_KIND
    is_near = distance + another_start <= slips and entry.weight >= needed
    return Hit(Stretch(0, 0, wanted, None, cued=False, origin=False, left=0, right=0), entry, score if is_near else 0)


def best(hits: Iterable[Hit]) -> list[Hit]:
    """Return `hits` with each place once, by match and then by size."""
    ranked = sorted(hits, key=lambda hit: (-round(hit.score, 3), -hit.entry.weight, hit.entry.place_id))
    return list({hit.entry.place_id: hit for hit in reversed(ranked)}.values())[::-1]


def _hits(stretch: Stretch, entries: Sequence[Entry]) -> list[Hit]:
    kinds = {entry.kind for entry in entries}
    return [
        Hit(stretch, entry, _score(entry, stretch.marker, fits_another=stretch.marker in kinds)) for entry in entries
    ]


def _score(entry: Entry, marker: PlaceKind | None, *, fits_another: bool) -> float:
    score = RANKS[entry.rank]
    if marker is entry.kind:
        return max(score, KIND_NAMED)
    if marker is not None and fits_another:
        return score - ANOTHER_KIND
    return score if _says_its_kind(entry) else score - UNNAMED_KIND.get(entry.kind, 0)


def _says_its_kind(entry: Entry) -> bool:
    """Tell whether the name by which a place was found has the word for its kind in it: "Provinsi Jawa Barat"."""
    if entry.rank is NameRank.SHORN or shorn(entry.spelt) is None:
        return False
    return compact(entry.spelt) == entry.folded


def _with_provinces(hits: Sequence[Hit]) -> list[Hit]:
    named: dict[int, set[Stretch]] = {}
    for hit in hits:
        named.setdefault(hit.entry.place_id, set()).add(hit.stretch)
    return [replace(hit, within=_provinces_of(hit, named)) for hit in hits]


def _provinces_of(hit: Hit, named: dict[int, set[Stretch]]) -> tuple[Stretch, ...]:
    units = {hit.entry.province_id, hit.entry.district_id} - {None}
    return tuple(stretch for unit in units for stretch in named.get(unit or 0, ()) if stretch.apart(hit.stretch))


def _doubted(text: PlaceText, hit: Hit) -> Hit:
    is_ordinary = hit.stretch.folded in text.words.ordinary and hit.stretch.marker is not hit.entry.kind
    is_doubtful = is_ordinary or _has_other_accents(text, hit) or (text.is_short and not is_told_by(text, hit))
    return replace(hit, score=hit.score - DOUBT) if is_doubtful else hit


def _has_other_accents(text: PlaceText, hit: Hit) -> bool:
    """Tell whether the diacritics typed are not those of the name: Vietnamese "trạng" is not Trang."""
    typed = text.accents(hit.stretch)
    names = [accented(name).replace(" ", "") for name in (hit.entry.spelt, hit.entry.local_name)]
    return typed is not None and not any(typed in name or _marks(typed) == _marks(name) for name in names)


def _marks(name: str) -> list[str]:
    return sorted(unicodedata.normalize("NFD", name))  # "Hoà" and "Hòa" are both in use


def _is_believed(text: PlaceText, hit: Hit, country: str | None) -> bool:
    entry, stretch = hit.entry, hit.stretch
    is_far = _is_far(text, entry, country)
    is_seldom_meant = is_far or entry.kind is PlaceKind.VILLAGE
    is_foreign = _has_other_accents(text, hit) and (entry.country != "VN" or entry.rank is not NameRank.OTHER)
    if _swallows_a_cue(text, hit) or (is_seldom_meant and not _is_cut_alike(text, hit)):
        return False
    if is_foreign and entry.rank is NameRank.SHORN:
        return False
    if text.is_all([stretch, *hit.within]):
        return _is_believed_alone(text, hit, is_far=is_far)
    return not is_far and not is_foreign and _is_believed_within(text, hit)


def _is_believed_alone(text: PlaceText, hit: Hit, *, is_far: bool) -> bool:
    """Tell whether a text that is nothing but this name means the place, though the name may be an ordinary word."""
    entry, stretch = hit.entry, hit.stretch
    if stretch.folded not in text.words.ordinary:
        return True
    is_known = entry.rank is NameRank.MAIN and entry.weight >= KNOWN_ALONE
    return not is_far and (stretch.marker is entry.kind or is_known)


def _is_believed_within(text: PlaceText, hit: Hit) -> bool:
    """Tell whether a name amid other words means the place."""
    entry, stretch = hit.entry, hit.stretch
    if stretch.folded in text.words.ordinary or len(stretch.folded) < SHORTEST:
        return stretch.origin and entry.weight >= KNOWN_AFTER_CUE
    if _runs_on(text, hit):
        return entry.rank is not NameRank.SHORN and bool(hit.within)
    if stretch.marker is not None or hit.within:
        return entry.rank is not NameRank.SHORN or stretch.marker is entry.kind
    return entry.rank is not NameRank.SHORN and entry.weight >= _needed(stretch)


def _runs_on(text: PlaceText, hit: Hit) -> bool:
    """Tell whether, in a script without spaces, the name may be part of a longer word or name."""
    if not is_unspaced(hit.stretch.folded):
        return False
    if hit.entry.rank is NameRank.SHORN:
        return hit.stretch.right in text.telling
    return hit.entry.kind is PlaceKind.VILLAGE and not text.has_long_marker(hit.stretch)


def _is_cut_alike(text: PlaceText, hit: Hit) -> bool:
    """Tell whether the spaces stand where the name has them: "can a" is not Ca Na."""
    parts = text.parts[hit.stretch.start : hit.stretch.end]
    return len(parts) == 1 or is_unspaced(parts[0]) or fold(hit.entry.spelt).endswith(" ".join(parts))


def _needed(stretch: Stretch) -> int:
    if stretch.origin:
        return KNOWN_AFTER_CUE if is_unspaced(stretch.folded) else KNOWN_AFTER_ORIGIN
    return KNOWN_AFTER_CUE if stretch.cued else KNOWN_IN_TEXT


def _swallows_a_cue(text: PlaceText, hit: Hit) -> bool:
    parts = text.parts[hit.stretch.start : hit.stretch.end]
    begins = len(parts) > 1 and parts[0] in text.words.cues_before | text.words.origins
    return begins and not _is_cut_alike(text, hit)


def _longest(hits: Sequence[Hit]) -> list[Hit]:
    stretches = {hit.stretch for hit in hits}
    return [hit for hit in hits if not any(hit.stretch.inside(other) for other in stretches)]


def _prefer_province(hits: Sequence[Hit]) -> list[Hit]:
    """Prefer places whose province is named beside them, and do not take that province for what was meant."""
    beside = {stretch: hit for hit in hits for stretch in hit.within}
    kept = [hit for hit in hits if not _is_beside(hit, beside.get(hit.stretch))]
    some = any(hit.within for hit in kept)
    return [replace(hit, score=hit.score - ANOTHER_PROVINCE) if some and not hit.within else hit for hit in kept]


def _is_beside(hit: Hit, other: Hit | None) -> bool:
    return other is not None and (not hit.within or other.stretch.start < hit.stretch.start)


def _prefer_country(hits: Sequence[Hit], named: str | None, likely: str | None) -> list[Hit]:
    inside = [hit for hit in hits if hit.entry.country == named]
    return inside or [
        replace(hit, score=hit.score - ANOTHER_COUNTRY) if likely and hit.entry.country != likely else hit
        for hit in hits
    ]
