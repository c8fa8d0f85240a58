"""Changes of the schema, one file each in `versions`, run by Alembic.

To change the schema: edit `core/store/tables.py`, add `versions/0004_<noun>.py` with `down_revision = "0003"` that
does the same with `op`, and set `HEAD` in `core/store/database.py`. The tests compare the migrated schema with the
tables on SQLite and PostgreSQL, so a forgotten column fails there.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

FOLDER = Path(__file__).parent


def alembic_config() -> Config:
    """Alembic's configuration; there is no alembic.ini."""
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    return settings


def newest() -> str | None:
    """Revision of the newest file in `versions`."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def is_known(revision: str) -> bool:
    """Whether a database at this revision can be brought up to date by this code."""
    try:
        return ScriptDirectory.from_config(alembic_config()).get_revision(revision) is not None
    except CommandError:
        return False


def upgrade(connection: Connection, revision: str) -> None:
    """Bring the schema behind `connection` to `revision`, within the caller's transaction."""
    settings = alembic_config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, revision)
