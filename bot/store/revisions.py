"""Alembic, as far as it is used; imported only when there is something to migrate."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.core.errors import ConfigError

PACKAGE = Path(__file__).parent.parent


def newest() -> str | None:
    """The newest revision there is a migration to."""
    return _scripts().get_current_head()


def upgrade(connection: Connection) -> None:
    """Migrate to the newest revision in the transaction of `connection`."""
    command.upgrade(_config(connection), "head")


def downgrade(connection: Connection, revision: str) -> None:
    """Migrate back to `revision` in the transaction of `connection`."""
    command.downgrade(_config(connection), revision)


def refuse_unknown(revision: str | None) -> None:
    """Raise ConfigError for a revision that only a newer program can have made."""
    known = {script.revision for script in _scripts().walk_revisions()}
    if revision is not None and revision not in known:
        raise ConfigError(
            "database",
            f"a newer version has written it (revision {revision}; this one ends at {newest()})",
            "Install that version again, or restore the backup made before the upgrade",
        )


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    packaged, source = PACKAGE / "_migrations", PACKAGE.parent / "migrations"
    config = Config()
    location = packaged if packaged.is_dir() else source
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
