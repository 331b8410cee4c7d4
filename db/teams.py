"""Change of staff: the one-time invitations to a municipality's team, and the history of who belonged to it."""

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import Base
from db.columns import Created, Id, Moment, PublicId
from db.records import Draft, Municipality


class InvitationKind(StrEnum):
    """What is handed over: a focal point's role, a place in the team, the signatory's word, or a draft to fill in."""

    SUCCESSOR = "successor"
    SECOND = "second"
    COLLEAGUE = "colleague"
    SIGNATORY = "signatory"
    TYPIST = "typist"


class InvitationState(StrEnum):
    """An invitation is open until it is answered, taken back, or its time is over (`expires_at`)."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"


class Invitation(Base):
    """A one-time link by which a contact hands something over; of its code only a slow hash is kept.

    `municipality_id` is empty where only a draft is handed over (`draft_id`). `stays` tells whether a focal point stays
    in the team as an officer.
    """

    __tablename__ = "invitation"
    __table_args__ = (Index(None, "contact_id", "state"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    public_id: Mapped[PublicId]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    kind: Mapped[InvitationKind] = mapped_column(String(16))
    municipality_id: Mapped[int | None] = mapped_column(ForeignKey("municipality.id", ondelete="CASCADE"))
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("draft.id", ondelete="CASCADE"))
    stays: Mapped[bool] = mapped_column(default=False)
    state: Mapped[InvitationState] = mapped_column(String(16), default=InvitationState.OPEN)
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    created_at: Mapped[Created]
    expires_at: Mapped[Moment]

    municipality: Mapped[Municipality | None] = relationship()
    draft: Mapped[Draft | None] = relationship()


class MembershipEvent(Base):
    """One step in the history of a municipality's team: about whom, what, by whom, when.

    `by_id` is empty where the secretariat decided on the command line.
    """

    __tablename__ = "membership_event"

    id: Mapped[Id]
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id", ondelete="CASCADE"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    event: Mapped[str] = mapped_column(String(32))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    at: Mapped[Created]
