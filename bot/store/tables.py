"""Every table. All times are epoch seconds of the database's clock.

There are no foreign keys: a check on `sessions` would make ingress lock the row its owner writes.
`updated_at` of sessions has no index either: each save would have to maintain it.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

REVISION = "0002"
"""The migration that leads to these tables."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

replicas = Table(
    "replicas",
    metadata,
    Column("id", Text, primary_key=True),
    Column("expires_at", Double, nullable=False),
    Column("dead", Boolean, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("build", Text, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("bucket", Text, primary_key=True),
    Column("replica_id", Text),
    Column("epoch", BigInteger, nullable=False),
    Column("wanted_by", Text),
)

# Apart from sessions, so that ingress and owner do not queue on one row.
ingress = Table(
    "ingress",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("bucket", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("key", Text, primary_key=True),
    Column("session_id", Text, nullable=False),
    Column("bucket", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("received_at", Double, nullable=False),
    Column("done_at", Double),
    UniqueConstraint("session_id", "seq"),
)
Index(
    "ix_inbox_waiting",
    inbox.c.bucket,
    inbox.c.session_id,
    inbox.c.seq,
    sqlite_where=inbox.c.done_at.is_(None),
    postgresql_where=inbox.c.done_at.is_(None),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("bucket", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("thread_ts", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("remote_id", Text),
    Column("state", Text),
    Column("state_version", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("due_at", Double),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    UniqueConstraint("team", "channel", "thread_ts"),
    Index(None, "bucket", "status"),
)
Index(
    "ix_sessions_due",
    sessions.c.bucket,
    sessions.c.due_at,
    sqlite_where=sessions.c.due_at.is_not(None),
    postgresql_where=sessions.c.due_at.is_not(None),
)

# Remote sessions, and remote agents that name no session, back to ours.
remote_ids = Table(
    "remote_ids",
    metadata,
    Column("agent", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
    Column("session_id", Text, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("intent", Text, primary_key=True),
    Column("session_id", Text, nullable=False),
    Column("slot", Text, nullable=False),
    Column("part", Integer, nullable=False),
    Column("place", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("thread_ts", Text, nullable=False),
    Column("ts", Text),
    Column("shown", Text),
    Column("sealed", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Index(None, "session_id"),
    Index(None, "channel", "ts"),
)

asks = Table(
    "asks",
    metadata,
    Column("uid", Text, primary_key=True),
    Column("session_id", Text, nullable=False),
    Column("ask_id", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("updated_at", Double, nullable=False),
    Index(None, "session_id"),
)

preferences = Table(
    "preferences",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", Double, nullable=False),
)

rate_blocks = Table(
    "rate_blocks",
    metadata,
    Column("team", Text, primary_key=True),
    Column("method", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("until", Double, nullable=False),
)

seen = Table(
    "seen",
    metadata,
    Column("team", Text, primary_key=True),
    Column("ts", Text, nullable=False),
)

# One chain of digests per workspace. Rows are never changed or deleted; what they say stands apart.
audit = Table(
    "audit",
    metadata,
    Column("team", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("key", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("content_digest", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("digest", Text, nullable=False),
    UniqueConstraint("key"),
)

# May be erased: the chain holds a digest of it alone, which the salt keeps from being guessed back.
audit_contents = Table(
    "audit_contents",
    metadata,
    Column("team", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at", Double, nullable=False),
    Column("salt", Text, nullable=False),
    Column("content", Text, nullable=False),
    Index(None, "at"),
)

# The end of each chain. Who appends locks it.
audit_heads = Table(
    "audit_heads",
    metadata,
    Column("team", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
)

# Standing rules that people made.
grants = Table(
    "grants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("team", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("until", Double, nullable=False),
    Column("revoked_at", Double),
    Column("revoked_by", Text),
    Index(None, "team", "until"),
)
