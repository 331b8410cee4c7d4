"""What people pledge, the target that goes with it, what became of it, and every change that was made."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import Base
from db.columns import Created, Id, Json, JsonList, Reference
from db.records import Municipality


class Campaign(StrEnum):
    """What a pledge belongs to: one of the Races, or the targets that come with the Covenant."""

    RESILIENCE = "resilience"
    CITIES_RESILIENCE = "cities_resilience"
    ZERO = "zero"
    COVENANT = "covenant"


class Area(StrEnum):
    """The kinds of area of Race to Resilience."""

    URBAN = "urban"
    RURAL = "rural"
    COASTAL = "coastal"


class Attribute(StrEnum):
    """The seven attributes of resilience that a pledge may improve (depth), as the Races' metrics name them."""

    PREPAREDNESS = "preparedness"
    LEARNING = "learning"
    AGENCY = "agency"
    COLLABORATION = "collaboration"
    FLEXIBILITY = "flexibility"
    EQUITY = "equity"
    ASSETS = "assets"


class Counting(StrEnum):
    """How the people reached were counted: from a list of them, from official figures, or estimated."""

    LISTED = "listed"
    OFFICIAL = "official"
    ESTIMATED = "estimated"


class Confidence(StrEnum):
    """How reliable a pledge's figures are."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class PledgeState(StrEnum):
    """A pledge waits for the secretariat, was verified, was returned to be corrected, or was withdrawn."""

    RECORDED = "recorded"
    VERIFIED = "verified"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


class Progress(StrEnum):
    """How far the pledged action is, as its pledger says."""

    NOT_STARTED = "not_started"
    UNDER_WAY = "under_way"
    DONE = "done"
    DELAYED = "delayed"


class Pledge(Base):
    """What a contact says they will do, so that it can be counted; only `covenant.pledge_book` writes to it.

    `role` is what the pledger was to the Covenant then, `measure` the key of the measure in our library that it carries
    out, if any. `hazards` are codes of the framework, `audiences` names of `covenant.values.choices.AUDIENCES`,
    `attributes` of `Attribute`. Where: the municipality, else `place_id` of the gazetteer or just `place_name`.
    `people_min` to `people_max` are the people to be reached. `is_public`: its words may be shown to everybody; it is
    counted in any case. `reason` is why it was returned, `decided_at` when it was verified or returned.
    """

    __tablename__ = "pledge"
    __table_args__ = (Index(None, "state"),)

    id: Mapped[Id]
    reference: Mapped[Reference]
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    municipality_id: Mapped[int | None] = mapped_column(ForeignKey("municipality.id"), index=True)
    role: Mapped[str | None] = mapped_column(String(16))
    campaign: Mapped[Campaign] = mapped_column(String(24), default=Campaign.RESILIENCE)
    action: Mapped[str]
    measure: Mapped[str | None] = mapped_column(String(48))
    hazards: Mapped[JsonList] = mapped_column(default=list)
    area: Mapped[Area | None] = mapped_column(String(16))
    audiences: Mapped[JsonList] = mapped_column(default=list)
    place_id: Mapped[int | None] = mapped_column(BigInteger)
    place_name: Mapped[str | None] = mapped_column(String(200))
    country: Mapped[str | None] = mapped_column(String(2))
    people_min: Mapped[int | None] = mapped_column(BigInteger)
    people_max: Mapped[int | None] = mapped_column(BigInteger)
    counting: Mapped[Counting | None] = mapped_column(String(16))
    attributes: Mapped[JsonList] = mapped_column(default=list)
    confidence: Mapped[Confidence | None] = mapped_column(String(8))
    start_year: Mapped[int | None]
    end_year: Mapped[int | None]
    office: Mapped[str | None] = mapped_column(String(200))
    is_public: Mapped[bool] = mapped_column(default=False)
    progress: Mapped[Progress] = mapped_column(String(16), default=Progress.NOT_STARTED)
    state: Mapped[PledgeState] = mapped_column(String(16), default=PledgeState.RECORDED)
    reason: Mapped[str | None]
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Created]

    municipality: Mapped[Municipality | None] = relationship()
    target: Mapped["Target | None"] = relationship(back_populates="pledge", cascade="all, delete-orphan")


class TargetKind(StrEnum):
    """What a target is measured against: a base year, what would come without action, or a fixed level."""

    BASE_YEAR = "base_year"
    SCENARIO = "scenario"
    FIXED_LEVEL = "fixed_level"


class Target(Base):
    """The target of a pledge to Race to Zero or the Covenant; the target year is the pledge's `end_year`.

    `percent` is the reduction against the base year or the scenario, `level` the tonnes of CO2 equivalent a year that
    shall not be exceeded. `boundary` says what is counted: `community`, the whole territory, or `own`, what the local
    government itself runs.
    """

    __tablename__ = "target"

    pledge_id: Mapped[int] = mapped_column(ForeignKey("pledge.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[TargetKind] = mapped_column(String(16))
    base_year: Mapped[int | None]
    percent: Mapped[float | None]
    level: Mapped[int | None] = mapped_column(BigInteger)
    boundary: Mapped[str | None] = mapped_column(String(16))

    pledge: Mapped[Pledge] = relationship(back_populates="target")


class PledgeReport(Base):
    """What a pledger tells of a pledge later: how far it is, whom it has reached so far, what shows it."""

    __tablename__ = "pledge_report"

    id: Mapped[Id]
    reference: Mapped[Reference]
    pledge_id: Mapped[int] = mapped_column(ForeignKey("pledge.id", ondelete="CASCADE"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    progress: Mapped[Progress] = mapped_column(String(16))
    reached_min: Mapped[int | None] = mapped_column(BigInteger)
    reached_max: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str | None]
    link: Mapped[str | None]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("file.id", ondelete="SET NULL"))
    at: Mapped[Created]


class PledgeEvent(Base):
    """One change of a pledge: who, what, when, and the old and the new value of each field that changed.

    Without a contact it was the operator's command, or somebody who has been erased since.
    """

    __tablename__ = "pledge_event"

    id: Mapped[Id]
    pledge_id: Mapped[int] = mapped_column(ForeignKey("pledge.id", ondelete="CASCADE"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    event: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None]
    change: Mapped[Json] = mapped_column(default=dict, server_default=text("'{}'"))
    at: Mapped[Created]
