"""Whoever sent something back hears that it is mended; one ticket for a milestone of which nobody can be reminded."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MENDED = ("application", "evidence")


def upgrade() -> None:
    """Apply this migration."""
    for table in MENDED:
        op.add_column(table, sa.Column("unheard", sa.Boolean(), server_default=sa.text("false"), nullable=False))
        op.create_index(f"ix_{table}_unheard", table, ["id"], postgresql_where=sa.text("unheard"))
    op.add_column("evidence", sa.Column("reviewer_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_evidence_reviewer_id_contact"), "evidence", "contact", ["reviewer_id"], ["id"], ondelete="SET NULL"
    )
    op.add_column("milestone", sa.Column("ticket_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_milestone_ticket_id_ticket"), "milestone", "ticket", ["ticket_id"], ["id"], ondelete="SET NULL"
    )


def downgrade() -> None:
    """Take this migration back."""
    op.drop_column("milestone", "ticket_id")
    op.drop_column("evidence", "reviewer_id")
    for table in MENDED:
        op.drop_column(table, "unheard")
