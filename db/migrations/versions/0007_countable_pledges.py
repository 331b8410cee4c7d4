"""Pledges that can be counted: campaign, place, several hazards, depth, targets, reports and their history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

EMPTY = sa.text("'[]'")
# Only what earlier rows had to be given: whoever writes a row from now on says it.
FILLED = ("campaign", "hazards", "audiences", "attributes", "is_public", "progress", "state")
KEEP_HAZARD = sa.text("UPDATE pledge SET hazards = jsonb_build_array(hazard) WHERE hazard IS NOT NULL")
FIND_COUNTRY = sa.text(
    "UPDATE pledge SET country = coalesce("
    "(SELECT country FROM municipality WHERE municipality.id = pledge.municipality_id), "
    "(SELECT country FROM contact WHERE contact.id = pledge.contact_id))"
)
GIVE_HAZARD_BACK = sa.text("UPDATE pledge SET hazard = hazards->>0")


def _new() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("campaign", sa.String(length=24), server_default="resilience", nullable=False),
        sa.Column("measure", sa.String(length=48), nullable=True),
        sa.Column("hazards", postgresql.JSONB(), server_default=EMPTY, nullable=False),
        sa.Column("area", sa.String(length=16), nullable=True),
        sa.Column("audiences", postgresql.JSONB(), server_default=EMPTY, nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("place_name", sa.String(length=200), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("counting", sa.String(length=16), nullable=True),
        sa.Column("attributes", postgresql.JSONB(), server_default=EMPTY, nullable=False),
        sa.Column("confidence", sa.String(length=8), nullable=True),
        sa.Column("start_year", sa.Integer(), nullable=True),
        sa.Column("office", sa.String(length=200), nullable=True),
        sa.Column("is_public", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("progress", sa.String(length=16), server_default="not_started", nullable=False),
        sa.Column("state", sa.String(length=16), server_default="recorded", nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
    )


def upgrade() -> None:
    """Apply this migration."""
    for column in _new():
        op.add_column("pledge", column)
    op.alter_column("pledge", "year", new_column_name="end_year")
    op.execute(KEEP_HAZARD)
    op.execute(FIND_COUNTRY)
    op.drop_column("pledge", "hazard")
    for name in FILLED:
        op.alter_column("pledge", name, server_default=None)
    op.create_index(op.f("ix_pledge_state"), "pledge", ["state"])
    _make_target()
    _make_report()
    _make_event()


def _pledge_key(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_pledge_id_pledge")
    return sa.ForeignKeyConstraint(["pledge_id"], ["pledge.id"], name=name, ondelete="CASCADE")


def _contact_key(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_contact_id_contact")
    return sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=name, ondelete="SET NULL")


def _make_target() -> None:
    op.create_table(
        "target",
        sa.Column("pledge_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("base_year", sa.Integer(), nullable=True),
        sa.Column("percent", sa.Float(), nullable=True),
        sa.Column("level", sa.BigInteger(), nullable=True),
        sa.Column("boundary", sa.String(length=16), nullable=True),
        _pledge_key("target"),
        sa.PrimaryKeyConstraint("pledge_id", name=op.f("pk_target")),
    )


def _make_report() -> None:
    op.create_table(
        "pledge_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("pledge_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("progress", sa.String(length=16), nullable=False),
        sa.Column("reached_min", sa.BigInteger(), nullable=True),
        sa.Column("reached_max", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("link", sa.String(), nullable=True),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        _pledge_key("pledge_report"),
        _contact_key("pledge_report"),
        sa.ForeignKeyConstraint(
            ["file_id"], ["file.id"], name=op.f("fk_pledge_report_file_id_file"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pledge_report")),
        sa.UniqueConstraint("reference", name=op.f("uq_pledge_report_reference")),
    )
    op.create_index(op.f("ix_pledge_report_pledge_id"), "pledge_report", ["pledge_id"])
    op.create_index(op.f("ix_pledge_report_contact_id"), "pledge_report", ["contact_id"])


def _make_event() -> None:
    op.create_table(
        "pledge_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("pledge_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("change", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        _pledge_key("pledge_event"),
        _contact_key("pledge_event"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pledge_event")),
    )
    op.create_index(op.f("ix_pledge_event_pledge_id"), "pledge_event", ["pledge_id"])
    op.create_index(op.f("ix_pledge_event_contact_id"), "pledge_event", ["contact_id"])


def downgrade() -> None:
    """Take this migration back; of several hazards the first stays."""
    for table in ("pledge_event", "pledge_report", "target"):
        op.drop_table(table)
    op.add_column("pledge", sa.Column("hazard", sa.String(length=64), nullable=True))
    op.execute(GIVE_HAZARD_BACK)
    op.alter_column("pledge", "end_year", new_column_name="year")
    op.drop_index("ix_pledge_state", "pledge")
    for column in _new():
        op.drop_column("pledge", column.name)
