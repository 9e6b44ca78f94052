"""An index of the events that do not come with every step, so that they are found without reading those that do."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

RARE = sa.text("type NOT IN ('metrics', 'progress')")


def upgrade() -> None:
    op.create_index(
        "ix_run_events_rare", "run_events", ["run_id", "type", "seq"], sqlite_where=RARE, postgresql_where=RARE
    )


def downgrade() -> None:
    op.drop_index("ix_run_events_rare", table_name="run_events")
