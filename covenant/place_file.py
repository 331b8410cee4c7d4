"""The gazetteer as a file: one compressed table of places and their names, written by `make places`."""

import hashlib
import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from covenant import place_words
from covenant.place_words import compact, shorn, sketch, vocabulary
from db.place import NameRank, PlaceKind

FILE = files("covenant") / "data/places.tsv.xz"
SHORTEST, SHORTEST_LATIN = 2, 4  # letters of a name; of that of a place which is seldom meant
FAR_GUESSED = 200_000  # people of a place outside South-East Asia
COLUMNS = (
    "id", "kind", "country", "english", "local", "province", "district", "code",
    "population", "weight", "latitude", "longitude", "names",
)  # fmt: skip


@dataclass(frozen=True)
class PlaceRow:
    """One place of the file; `province` and `district` are ids of other places in it."""

    id: int
    kind: PlaceKind
    country: str
    english: str
    local: str
    province: int | None
    district: int | None
    code: str | None
    population: int | None
    weight: int
    latitude: float | None
    longitude: float | None
    names: tuple[str, ...]

    def line(self) -> str:
        """Return the place as one line of the file."""
        values = (getattr(self, column) for column in COLUMNS[:-1])
        return "\t".join(["" if value is None else str(value) for value in values] + ["|".join(self.names)])


@dataclass(frozen=True)
class Spelling:
    """One name of a place in the form it is compared in."""

    place_id: int
    name: str
    folded: str
    sketch: str | None
    rank: NameRank


def _number(text: str) -> int | None:
    return int(text) if text else None


def _row(line: str) -> PlaceRow:
    (place, kind, country, english, local, province, district, code, population, weight, north, east, names) = (
        line.split("\t")
    )
    return PlaceRow(
        id=int(place),
        kind=PlaceKind(kind),
        country=country,
        english=english,
        local=local,
        province=_number(province),
        district=_number(district),
        code=code or None,
        population=_number(population),
        weight=int(weight),
        latitude=float(north) if north else None,
        longitude=float(east) if east else None,
        names=tuple(names.split("|")) if names else (),
    )


def write(path: Path, header: Iterable[str], rows: Iterable[PlaceRow]) -> None:
    """Write the file; the same rows give the same bytes."""
    lines = [
        *(f"# {line}" for line in header),
        "\t".join(COLUMNS),
        *(row.line() for row in sorted(rows, key=lambda row: row.id)),
    ]
    path.write_bytes(lzma.compress(("\n".join(lines) + "\n").encode(), preset=9 | lzma.PRESET_EXTREME))


def digest() -> str:
    """Return what the tables depend on as one hash: the file, and the code and the words that fold its names."""
    content = hashlib.sha256(FILE.read_bytes())
    content.update(Path(place_words.__file__).read_bytes())
    content.update((files("covenant") / "data/places.words.yml").read_bytes())
    content.update(Path(__file__).read_bytes())
    return content.hexdigest()


def lines() -> Iterator[str]:
    """Yield the file's lines, its header of comments first."""
    yield from lzma.decompress(FILE.read_bytes()).decode().splitlines()


def places() -> Iterator[PlaceRow]:
    """Yield every place of the file."""
    table = (line for line in lines() if not line.startswith("#"))
    next(table)  # the names of the columns
    yield from map(_row, table)


def spellings(row: PlaceRow) -> Iterator[Spelling]:
    """Yield the different spellings of `row`, each once at its best rank and with its diacritics."""
    best: dict[str, tuple[str, NameRank]] = {}
    for name, folded, rank in _ranked(row):
        known, known_rank = best.get(folded, (name, rank))
        best[folded] = (min(known, name, key=str.isascii), min(known_rank, rank))
    for folded, (name, rank) in best.items():
        if len(folded) >= _shortest(row, folded) and folded not in vocabulary().before:
            guessed = _is_guessed(row) and (rank is NameRank.MAIN or not folded.isascii())
            yield Spelling(row.id, name, folded, sketch(folded) if guessed else None, rank)


def _is_guessed(row: PlaceRow) -> bool:
    """Whether a misspelt name may be meant for this place."""
    is_far = row.country in vocabulary().far
    return row.kind is not PlaceKind.VILLAGE and (not is_far or row.weight >= FAR_GUESSED)


def _shortest(row: PlaceRow, folded: str) -> int:
    is_seldom_meant = row.kind is PlaceKind.VILLAGE or row.country in vocabulary().far
    return SHORTEST_LATIN if is_seldom_meant and folded.isascii() else SHORTEST


def _ranked(row: PlaceRow) -> Iterator[tuple[str, str, NameRank]]:
    own = dict.fromkeys((row.english, row.local, row.english.removesuffix(" City")))
    others = [name for name in row.names if name not in own]
    yield from ((name, compact(name), NameRank.MAIN) for name in own)
    yield from ((name, compact(name), NameRank.OTHER) for name in others)
    if row.kind is not PlaceKind.VILLAGE:  # the rest of a village's name is mostly an ordinary word
        yield from ((name, shorter, NameRank.SHORN) for name in (*own, *others) if (shorter := shorn(name)))
