"""Versions of data sets: the recipe each was made by, the steps it records, the file of its test part."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("datasets", sa.Column("recipe", sa.JSON(), nullable=True))
    op.add_column("datasets", sa.Column("steps", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("datasets", sa.Column("family", sa.String(32), nullable=True))
    op.add_column("datasets", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("datasets", sa.Column("test_blob", sa.String(64), nullable=True))
    op.add_column("datasets", sa.Column("test_filename", sa.String(255), nullable=True))
    op.create_index(op.f("ix_datasets_family"), "datasets", ["family"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_datasets_family"), table_name="datasets")
    for name in ("test_filename", "test_blob", "version", "family", "steps", "recipe"):
        op.drop_column("datasets", name)
