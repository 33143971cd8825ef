"""The first form of the database."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "replicas",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("dead", sa.Boolean, nullable=False),
        sa.Column("started_at", sa.Double, nullable=False),
        sa.Column("build", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_replicas"),
    )
    op.create_table(
        "leases",
        sa.Column("bucket", sa.Text, nullable=False),
        sa.Column("replica_id", sa.Text, nullable=True),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("wanted_by", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("bucket", name="pk_leases"),
    )
    op.create_table(
        "ingress",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("bucket", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_ingress"),
    )
    op.create_table(
        "inbox",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("bucket", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("received_at", sa.Double, nullable=False),
        sa.Column("done_at", sa.Double, nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_inbox"),
        sa.UniqueConstraint("session_id", "seq", name="uq_inbox_session_id_seq"),
    )
    op.create_index(
        "ix_inbox_waiting",
        "inbox",
        ["bucket", "session_id", "seq"],
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("bucket", sa.Text, nullable=False),
        sa.Column("team", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("thread_ts", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("remote_id", sa.Text, nullable=True),
        sa.Column("state", sa.Text, nullable=True),
        sa.Column("state_version", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.Double, nullable=True),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint(
            "team", "channel", "thread_ts", name="uq_sessions_team_channel_thread_ts"
        ),
    )
    op.create_index("ix_sessions_bucket_status", "sessions", ["bucket", "status"])
    op.create_index(
        "ix_sessions_due",
        "sessions",
        ["bucket", "due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "remote_ids",
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("remote_id", sa.Text, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("agent", "remote_id", name="pk_remote_ids"),
    )
    op.create_table(
        "messages",
        sa.Column("intent", sa.Text, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("slot", sa.Text, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("thread_ts", sa.Text, nullable=False),
        sa.Column("ts", sa.Text, nullable=True),
        sa.Column("shown", sa.Text, nullable=True),
        sa.Column("sealed", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("intent", name="pk_messages"),
    )
    op.create_index("ix_messages_channel_ts", "messages", ["channel", "ts"])
    op.create_index("ix_messages_session_id", "messages", ["session_id"])
    op.create_table(
        "asks",
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("ask_id", sa.Text, nullable=False),
        sa.Column("team", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("uid", name="pk_asks"),
    )
    op.create_index("ix_asks_session_id", "asks", ["session_id"])
    op.create_table(
        "preferences",
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name="pk_preferences"),
    )
    op.create_table(
        "rate_blocks",
        sa.Column("team", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("until", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("team", "method", "channel", name="pk_rate_blocks"),
    )
    op.create_table(
        "seen",
        sa.Column("team", sa.Text, nullable=False),
        sa.Column("ts", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("team", name="pk_seen"),
    )


def downgrade() -> None:
    """Drop every table."""
    op.drop_table("seen")
    op.drop_table("rate_blocks")
    op.drop_table("preferences")
    op.drop_table("asks")
    op.drop_table("messages")
    op.drop_table("remote_ids")
    op.drop_table("sessions")
    op.drop_table("inbox")
    op.drop_table("ingress")
    op.drop_table("leases")
    op.drop_table("replicas")
