"""Runs that are compared: the range of each metric, tags, notes, and deletion that can be undone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # No batch: that would make the table anew, and dropping the old one would take the events along.
    op.add_column("runs", sa.Column("ranges", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("runs", sa.Column("tags", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("runs", sa.Column("notes", sa.Text(), nullable=False, server_default=""))
    op.add_column("runs", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_runs_deleted_at"), "runs", ["deleted_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_runs_deleted_at"), table_name="runs")
    for name in ("deleted_at", "notes", "tags", "ranges"):
        op.drop_column("runs", name)
