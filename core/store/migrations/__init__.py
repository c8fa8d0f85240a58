"""Changes of the schema, one file each in `versions`, run by Alembic.

To change the schema: edit `core/store/tables.py`, add `versions/0002_<noun>.py` with `down_revision = "0001"` that
does the same with `op`, and set `HEAD` in `core/store/database.py`. The tests compare the migrated schema with the
tables on SQLite and PostgreSQL, so a forgotten column fails there.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection

FOLDER = Path(__file__).parent


class UnknownRevision(Exception):
    """The database is at a revision that is not in `versions`."""


def alembic_config() -> Config:
    """Alembic's configuration; there is no alembic.ini."""
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    return settings


def newest() -> str | None:
    """Revision of the newest file in `versions`."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def upgrade(connection: Connection, revision: str) -> None:
    """Bring the schema behind `connection` to `revision`, within the caller's transaction.

    Raises:
        UnknownRevision: the database is at a revision that this code does not have.
    """
    settings = alembic_config()
    settings.attributes["connection"] = connection
    try:
        command.upgrade(settings, revision)
    except CommandError as error:
        if isinstance(error.__cause__, ResolutionError):
            raise UnknownRevision(str(error)) from error
        raise
