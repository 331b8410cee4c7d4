"""Change of staff: roles in a team, invitations, the history of teams, the signatory's confirmation."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Whoever came first spoke for the municipality until now, so they are its focal point.
FIRST = sa.text(
    "UPDATE membership SET role = 'focal' WHERE id IN "
    "(SELECT min(id) FROM membership WHERE NOT pending GROUP BY municipality_id)"
)


def upgrade() -> None:
    """Apply this migration."""
    op.add_column(
        "membership", sa.Column("role", sa.String(length=16), server_default=sa.text("'officer'"), nullable=False)
    )
    op.add_column("membership", sa.Column("asked_as", sa.String(length=200), nullable=True))
    op.add_column("membership", sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(FIRST)
    op.create_index(
        "uq_membership_focal",
        "membership",
        ["municipality_id"],
        unique=True,
        postgresql_where=sa.text("role = 'focal'"),
    )
    op.add_column("application", sa.Column("signatory_confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "invitation",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("municipality_id", sa.BigInteger(), nullable=True),
        sa.Column("draft_id", sa.BigInteger(), nullable=True),
        sa.Column("stays", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answered_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["contact.id"], name=op.f("fk_invitation_answered_by_contact"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_invitation_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["draft.id"], name=op.f("fk_invitation_draft_id_draft"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id"],
            ["municipality.id"],
            name=op.f("fk_invitation_municipality_id_municipality"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_invitation")),
        sa.UniqueConstraint("id", name=op.f("uq_invitation_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invitation_public_id")),
    )
    op.create_index(op.f("ix_invitation_contact_id_state"), "invitation", ["contact_id", "state"])
    op.create_table(
        "membership_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("municipality_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["contact.id"], name=op.f("fk_membership_event_by_id_contact"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_membership_event_contact_id_contact"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id"],
            ["municipality.id"],
            name=op.f("fk_membership_event_municipality_id_municipality"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_event")),
    )
    op.create_index(op.f("ix_membership_event_municipality_id"), "membership_event", ["municipality_id"])


def downgrade() -> None:
    """Take this migration back."""
    op.drop_table("membership_event")
    op.drop_table("invitation")
    op.drop_column("application", "signatory_confirmed_at")
    op.drop_index("uq_membership_focal", "membership")
    for column in ("chosen_at", "asked_as", "role"):
        op.drop_column("membership", column)
