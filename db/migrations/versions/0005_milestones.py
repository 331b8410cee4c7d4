"""Milestones of each municipality, evidence, badges, and reminders that are answered, climb and pause."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UNSETTLED = sa.text("state <> 'settled'")
# Those that an earlier version laid out: what it had sent was sent to all, so nobody is asked again.
TAKE_MILESTONES = sa.text(
    "INSERT INTO milestone (municipality_id, key, cycle, due_on, phase) "
    "SELECT DISTINCT municipality_id, milestone, 0, due_on, 'open' FROM reminder"
)
TAKE_REMINDERS = sa.text(
    "UPDATE reminder SET milestone_id = milestone.id, "
    "state = CASE WHEN reminder.queued THEN 'settled' ELSE 'waiting' END FROM milestone "
    "WHERE milestone.municipality_id = reminder.municipality_id AND milestone.key = reminder.milestone"
)
GIVE_REMINDERS_BACK = sa.text(
    "UPDATE reminder SET municipality_id = milestone.municipality_id, milestone = milestone.key, "
    "due_on = milestone.due_on, queued = reminder.state <> 'waiting' FROM milestone "
    "WHERE milestone.id = reminder.milestone_id"
)


def upgrade() -> None:
    """Apply this migration."""
    _make_milestone()
    _make_evidence()
    op.create_table(
        "badge",
        sa.Column("municipality_id", sa.BigInteger(), nullable=False),
        sa.Column("badge", sa.String(length=32), nullable=False),
        sa.Column("awarded_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id"],
            ["municipality.id"],
            name=op.f("fk_badge_municipality_id_municipality"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("municipality_id", "badge", name=op.f("pk_badge")),
    )
    _change_reminder()
    _make_notice()


def _make_milestone() -> None:
    op.create_table(
        "milestone",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("municipality_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=48), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["municipality_id"],
            ["municipality.id"],
            name=op.f("fk_milestone_municipality_id_municipality"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone")),
        sa.UniqueConstraint("municipality_id", "key", "cycle", name=op.f("uq_milestone_municipality_id_key_cycle")),
    )


def _make_evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("milestone_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("link", sa.String(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["milestone_id"], ["milestone.id"], name=op.f("fk_evidence_milestone_id_milestone"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_evidence_contact_id_contact"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_evidence_file_id_file"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("reference", name=op.f("uq_evidence_reference")),
    )
    op.create_index(op.f("ix_evidence_milestone_id"), "evidence", ["milestone_id"])
    op.create_index(op.f("ix_evidence_contact_id"), "evidence", ["contact_id"])


def _change_reminder() -> None:
    op.add_column("reminder", sa.Column("milestone_id", sa.BigInteger(), nullable=True))
    op.add_column("reminder", sa.Column("state", sa.String(length=16), server_default="waiting", nullable=False))
    op.add_column("reminder", sa.Column("step", sa.Integer(), server_default="0", nullable=False))
    op.execute(TAKE_MILESTONES)
    op.execute(TAKE_REMINDERS)
    op.drop_index("ix_reminder_queued_due_at", "reminder")
    for column in ("municipality_id", "milestone", "due_on", "queued"):  # its unique key goes with them
        op.drop_column("reminder", column)
    op.alter_column("reminder", "milestone_id", nullable=False)
    op.alter_column("reminder", "state", server_default=None)
    op.alter_column("reminder", "step", server_default=None)
    op.create_foreign_key(
        op.f("fk_reminder_milestone_id_milestone"),
        "reminder",
        "milestone",
        ["milestone_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_unique_constraint(
        op.f("uq_reminder_milestone_id_days_before"), "reminder", ["milestone_id", "days_before"]
    )
    op.create_index("ix_reminder_due", "reminder", ["due_at"], postgresql_where=UNSETTLED)


def _make_notice() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_notice_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("contact_id", "sent_on", name=op.f("uq_notice_contact_id_sent_on")),
    )
    op.create_table(
        "notice_item",
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("reminder_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_notice_item_notice_id_notice"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["reminder_id"], ["reminder.id"], name=op.f("fk_notice_item_reminder_id_reminder"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("notice_id", "reminder_id", name=op.f("pk_notice_item")),
    )
    op.create_table(
        "reminder_pause",
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_reminder_pause_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_reminder_pause")),
    )


def downgrade() -> None:
    """Take this migration back; reminders of milestones that come again had no place before."""
    op.drop_table("reminder_pause")
    op.drop_table("notice_item")
    op.drop_table("notice")
    op.execute(
        "DELETE FROM reminder USING milestone WHERE milestone.id = reminder.milestone_id AND milestone.cycle > 0"
    )
    op.add_column("reminder", sa.Column("municipality_id", sa.BigInteger(), nullable=True))
    op.add_column("reminder", sa.Column("milestone", sa.String(length=48), nullable=True))
    op.add_column("reminder", sa.Column("due_on", sa.Date(), nullable=True))
    op.add_column("reminder", sa.Column("queued", sa.Boolean(), nullable=True))
    op.execute(GIVE_REMINDERS_BACK)
    op.drop_index("ix_reminder_due", "reminder")
    for column in ("milestone_id", "state", "step"):
        op.drop_column("reminder", column)
    for column in ("municipality_id", "milestone", "due_on", "queued"):
        op.alter_column("reminder", column, nullable=False)
    op.create_foreign_key(
        op.f("fk_reminder_municipality_id_municipality"),
        "reminder",
        "municipality",
        ["municipality_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_unique_constraint(
        op.f("uq_reminder_municipality_id_milestone_days_before"),
        "reminder",
        ["municipality_id", "milestone", "days_before"],
    )
    op.create_index(op.f("ix_reminder_queued_due_at"), "reminder", ["queued", "due_at"])
    for table in ("badge", "evidence", "milestone"):
        op.drop_table(table)
