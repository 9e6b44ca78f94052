"""Runs that are steered: changes and advice, where a run comes from, memory, starting paused."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # No batch: that would make the table anew, and dropping the old one would take the events along.
    op.add_column("runs", sa.Column("memory_bytes", sa.BigInteger(), nullable=True))
    op.add_column("runs", sa.Column("start_paused", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("runs", sa.Column("changes", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("runs", sa.Column("advice", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("runs", sa.Column("parent_id", sa.String(length=32), nullable=True))
    op.add_column("runs", sa.Column("origin", sa.JSON(), nullable=True))
    op.create_index(op.f("ix_runs_parent_id"), "runs", ["parent_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_runs_parent_id"), table_name="runs")
    for name in ("origin", "parent_id", "advice", "changes", "start_paused", "memory_bytes"):
        op.drop_column("runs", name)
