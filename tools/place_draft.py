"""A place while it is put together."""

from dataclasses import dataclass, field

from covenant.place_file import PlaceRow
from db.place import PlaceKind

REGENCY = "Kabupaten "


@dataclass
class Draft:
    """A place while it is put together. `code` is GeoNames' own, `official` the country's."""

    id: int
    kind: PlaceKind
    country: str
    english: str
    local: str = ""
    province: int | None = None
    district: int | None = None
    code: str | None = None
    official: str | None = None
    population: int = 0
    weight: int = 0
    place: tuple[float, float] | None = None
    names: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)  # names that no rule may drop

    @property
    def is_regency(self) -> bool:
        """Whether it is an Indonesian regency, which is never the city of the same name."""
        name = next(iter(self.names), self.english)  # the first is the one GeoNames prefers
        titled = name.startswith(REGENCY) or name.endswith(" Regency")
        return self.country == "ID" and self.kind is PlaceKind.DISTRICT and titled

    @property
    def is_province(self) -> bool:
        """Whether it ranks with the provinces, as some cities do."""
        return self.code is not None and self.code.count(".") == 1

    def row(self) -> PlaceRow:
        """Return the place as the file has it."""
        north, east = self.place or (None, None)
        return PlaceRow(
            self.id, self.kind, self.country, self.english, self.local, self.province, self.district,
            self.official or self.code, self.population or None, self.weight, _rounded(north), _rounded(east),
            tuple(self.names),
        )  # fmt: skip


def _rounded(degrees: float | None) -> float | None:
    return None if degrees is None else round(degrees, 4)
