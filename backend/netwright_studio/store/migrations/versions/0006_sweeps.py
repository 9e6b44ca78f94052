"""Sweeps: what is varied, their trials, and which run is a trial of which."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sweeps",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("project_id", sa.String(length=32), nullable=True),
        sa.Column("dataset", sa.String(length=120), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("concurrency", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_sweeps_project_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sweeps")),
        sa.UniqueConstraint("number", name=op.f("uq_sweeps_number")),
    )
    for column in ("project_id", "state", "deleted_at"):
        op.create_index(op.f(f"ix_sweeps_{column}"), "sweeps", [column], unique=False)
    op.create_table(
        "sweep_trials",
        sa.Column("sweep_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["sweep_id"], ["sweeps.id"], name=op.f("fk_sweep_trials_sweep_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sweep_id", "number", name=op.f("pk_sweep_trials")),
    )
    op.create_index(op.f("ix_sweep_trials_run_id"), "sweep_trials", ["run_id"], unique=False)
    # No batch: that would make the table anew, and dropping the old one would take the events along.
    op.add_column("runs", sa.Column("sweep_id", sa.String(length=32), nullable=True))
    op.add_column("runs", sa.Column("trial", sa.Integer(), nullable=True))
    op.add_column("runs", sa.Column("trial_state", sa.String(length=16), nullable=True))
    op.add_column("runs", sa.Column("rung", sa.Integer(), nullable=True))
    op.add_column("runs", sa.Column("until_epoch", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_runs_sweep_id"), "runs", ["sweep_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_runs_sweep_id"), table_name="runs")
    for name in ("until_epoch", "rung", "trial_state", "trial", "sweep_id"):
        op.drop_column("runs", name)
    op.drop_index(op.f("ix_sweep_trials_run_id"), table_name="sweep_trials")
    op.drop_table("sweep_trials")
    for column in ("deleted_at", "state", "project_id"):
        op.drop_index(op.f(f"ix_sweeps_{column}"), table_name="sweeps")
    op.drop_table("sweeps")
