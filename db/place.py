"""The gazetteer: places that may be a municipality, and every name by which a person may write them."""

from enum import IntEnum, StrEnum

from sqlalchemy import DDL, BigInteger, ForeignKey, Index, SmallInteger, String, event
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.columns import Created, Id


class PlaceKind(StrEnum):
    """What a place is: a town or city, a rural district or regency, a province or region, or a mere village."""

    TOWN = "town"
    DISTRICT = "district"
    PROVINCE = "province"
    VILLAGE = "village"


class NameRank(IntEnum):
    """How good a name is: the place's own, another one, or one shorn of a word such as Kota."""

    MAIN = 0
    OTHER = 1
    SHORN = 2


class Place(Base):
    """A place by its GeoNames id, or one of ours where GeoNames lacks it. `code` is official where we know it.

    One that left the data stays, but `listed` is false and it has no names.
    """

    __tablename__ = "place"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[PlaceKind] = mapped_column(String(8))
    country: Mapped[str] = mapped_column(String(2))
    english: Mapped[str] = mapped_column(String(200))
    local: Mapped[str] = mapped_column(String(200))
    province: Mapped[str | None] = mapped_column(String(200))
    province_id: Mapped[int | None] = mapped_column(BigInteger)
    district_id: Mapped[int | None] = mapped_column(BigInteger)
    code: Mapped[str | None] = mapped_column(String(32))
    population: Mapped[int | None]
    weight: Mapped[int] = mapped_column(default=0)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    listed: Mapped[bool] = mapped_column(default=True)


class PlaceName(Base):
    """One spelling of a place: `folded` is what is compared, `sketch` is its ASCII shadow for trigrams.

    A database in the C locale sees no letters outside ASCII, so trigrams are taken of the shadow, never of the name.
    """

    __tablename__ = "place_name"
    __table_args__ = (
        Index(None, "folded"),
        Index(None, "place_id"),
        Index("ix_place_name_sketch", "sketch", postgresql_using="gin", postgresql_ops={"sketch": "gin_trgm_ops"}),
    )

    id: Mapped[Id]
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    folded: Mapped[str] = mapped_column(String(200))
    sketch: Mapped[str | None] = mapped_column(String(400))
    rank: Mapped[NameRank] = mapped_column(SmallInteger)


class PlaceLoad(Base):
    """Which content the two tables hold: one row, replaced at every load."""

    __tablename__ = "place_load"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64))
    places: Mapped[int]
    names: Mapped[int]
    loaded_at: Mapped[Created]


PG_TRGM = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
event.listen(Base.metadata, "before_create", DDL(PG_TRGM))  # type: ignore[no-untyped-call]

__all__ = ["PG_TRGM", "NameRank", "Place", "PlaceKind", "PlaceLoad", "PlaceName"]
