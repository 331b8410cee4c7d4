"""Telegram and WhatsApp: groups, phones, codes that join addresses, templates, what became of a sending."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('queued', 'held', 'unknown')")
# Eight characters without look-alikes, as `db.columns.new_reference` makes them; for the broadcasts that are there.
REFERENCE = sa.text(
    "UPDATE broadcast SET reference = ("
    "SELECT string_agg(substr('23456789ABCDEFGHJKMNPQRSTVWXYZ', 1 + floor(random() * 30)::int, 1), '') "
    "FROM generate_series(1, 8) WHERE broadcast.id IS NOT NULL)"
)


def upgrade() -> None:
    """Apply this migration."""
    op.add_column("contact", sa.Column("is_group", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("address", sa.Column("phone", sa.String(length=20), nullable=True))
    op.add_column("conversation", sa.Column("patience", sa.Float(), nullable=True))
    op.add_column("conversation", sa.Column("patience_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "outbound", sa.Column("token", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False)
    )
    op.create_unique_constraint(op.f("uq_outbound_token"), "outbound", ["token"])
    op.add_column("outbound", sa.Column("doubted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbound", sa.Column("template", sa.String(length=64), nullable=True))
    op.add_column("outbound", sa.Column("cost", sa.Numeric(precision=10, scale=6), nullable=True))
    op.create_index(op.f("ix_outbound_provider_id"), "outbound", ["provider_id"])
    op.create_index("ix_outbound_open", "outbound", ["address_id", "state"], postgresql_where=OPEN)
    op.add_column("broadcast", sa.Column("reference", sa.String(length=8), nullable=True))
    op.execute(REFERENCE)
    op.alter_column("broadcast", "reference", nullable=False)
    op.create_unique_constraint(op.f("uq_broadcast_reference"), "broadcast", ["reference"])
    op.create_table(
        "template",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("approval", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", "language", name=op.f("pk_template")),
    )
    op.create_table(
        "link_code",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_link_code_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_link_code")),
        sa.UniqueConstraint("id", name=op.f("uq_link_code_id")),
    )
    op.create_index(op.f("ix_link_code_contact_id_id"), "link_code", ["contact_id", "id"])


def downgrade() -> None:
    """Take this migration back."""
    op.drop_table("link_code")
    op.drop_table("template")
    op.drop_column("broadcast", "reference")
    op.drop_index("ix_outbound_open", "outbound")
    op.drop_index(op.f("ix_outbound_provider_id"), "outbound")
    for column in ("cost", "template", "doubted_at", "token"):
        op.drop_column("outbound", column)
    op.drop_column("conversation", "patience_at")
    op.drop_column("conversation", "patience")
    op.drop_column("address", "phone")
    op.drop_column("contact", "is_group")
