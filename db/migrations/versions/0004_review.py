"""Review: steps with from, to and reason, versions of the signed letter, who took a request up, nudges."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UNBOUND = sa.text("file_id IS NULL AND bound_at IS NULL")
# The signed copies that are there become the first version of their letter.
FIRST_VERSIONS = sa.text(
    "INSERT INTO letter (application_id, version, contact_id, pages, file_id, bound_at, at) "
    "SELECT application.id, 1, file.contact_id, jsonb_build_array(file.public_id), file.id, file.created_at, "
    "file.created_at FROM application JOIN file ON file.id = application.letter_id"
)


def upgrade() -> None:
    """Apply this migration."""
    zero, moment = sa.text("0"), sa.DateTime(timezone=True)
    op.add_column("draft", sa.Column("nudged", sa.Integer(), server_default=zero, nullable=False))
    op.add_column("file", sa.Column("long_side", sa.Integer(), nullable=True))
    op.add_column("application", sa.Column("moved_at", moment, server_default=sa.text("now()"), nullable=False))
    op.execute("UPDATE application SET moved_at = coalesce(decided_at, submitted_at)")
    op.add_column("application", sa.Column("reviewer_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_application_reviewer_id_contact"),
        "application",
        "contact",
        ["reviewer_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.add_column(
        "application",
        sa.Column("returned_fields", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
    )
    op.add_column("application", sa.Column("nudged", sa.Integer(), server_default=zero, nullable=False))
    op.add_column("application_event", sa.Column("before", sa.String(length=16), nullable=True))
    op.add_column("application_event", sa.Column("after", sa.String(length=16), nullable=True))
    op.add_column("application_event", sa.Column("reason", sa.String(), nullable=True))
    _create_letter()
    op.execute(FIRST_VERSIONS)


def _create_letter() -> None:
    op.create_table(
        "letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("pages", postgresql.JSONB(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_letter_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_letter_contact_id_contact"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_letter_file_id_file"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("application_id", "version", name=op.f("uq_letter_application_id_version")),
    )
    op.create_index(op.f("ix_letter_contact_id"), "letter", ["contact_id"])
    op.create_index("ix_letter_unbound", "letter", ["id"], postgresql_where=UNBOUND)


def downgrade() -> None:
    """Take this migration back; states that were not known before become the nearest one that was."""
    op.execute("UPDATE application SET state = 'declined' WHERE state = 'withdrawn'")
    op.execute("UPDATE application SET state = 'letter_received' WHERE state = 'in_review' AND letter_id IS NOT NULL")
    op.execute("UPDATE application SET state = 'submitted' WHERE state IN ('in_review', 'letter_issued')")
    op.drop_table("letter")
    for column in ("reason", "after", "before"):
        op.drop_column("application_event", column)
    for column in ("nudged", "returned_fields", "reviewer_id", "moved_at"):
        op.drop_column("application", column)
    op.drop_column("file", "long_side")
    op.drop_column("draft", "nudged")
