"""the language a person writes in, and what was not understood."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this migration."""
    op.add_column("contact", sa.Column("heard", sa.String(length=8), nullable=True))
    op.add_column("contact", sa.Column("heard_times", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column(
        "contact", sa.Column("languages_offered", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False)
    )
    op.create_table(
        "doubt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("guesses", postgresql.JSONB(), nullable=False),
        sa.Column("meant", sa.String(length=64), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_doubt_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doubt")),
    )
    op.create_index(op.f("ix_doubt_contact_id_id"), "doubt", ["contact_id", "id"])
    op.create_index(op.f("ix_doubt_at"), "doubt", ["at"])


def downgrade() -> None:
    """Undo this migration."""
    op.drop_table("doubt")
    op.drop_column("contact", "languages_offered")
    op.drop_column("contact", "heard_times")
    op.drop_column("contact", "heard")
