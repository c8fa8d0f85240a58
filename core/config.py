"""Every setting of the app with its default.

A setting is taken from the environment (`VRAM_LAB_DATA_DIR=/srv/lab`), else from a container's secrets, else from
`vram_lab.toml` in the working directory, else from the default below. `DATABASE_URL` has no prefix, as hosting
services set it so.
"""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

ROOT = Path(__file__).resolve().parent.parent
SECRETS = Path("/run/secrets")
"""Where containers put secrets, a file each: `vram_lab_teacher_passcode`."""


def _listed(value: object) -> object:
    """`a@school.org, b@school.org` as a list."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class Config(BaseSettings):
    """Settings of one installation. Times are in seconds."""

    model_config = SettingsConfigDict(
        env_prefix="VRAM_LAB_",
        toml_file="vram_lab.toml",
        extra="forbid",
        secrets_dir=SECRETS if SECRETS.is_dir() else None,
    )

    data_dir: Path = ROOT / ".vram_lab"
    """Database, locks and logs."""
    cache_dir: Path = Path.home() / ".cache" / "vram-lab"
    """Dummy checkpoints and the twins' weights. Hub downloads stay in Hugging Face's own cache."""
    database_url: str = Field(default="", validation_alias=AliasChoices("DATABASE_URL", "database_url"))
    """SQLAlchemy URL; empty means SQLite in `data_dir`."""
    bank: Path = ROOT / "quiz_bank.yaml"
    """The question bank."""
    workers: Literal["local", "external"] = "local"
    """`local`: the app starts one worker per GPU. `external`: something else (systemd) runs them."""
    minimum_timeout_s: float = 600
    """No run is stopped earlier than this."""
    timeout_factor: float = 10
    """A run is stopped after max(minimum_timeout_s, timeout_factor x expected time). What was never timed here is
    expected to take as long as its steps tell while it runs. Downloads do not count."""
    heartbeat_s: float = 5
    """A worker renews its lease this often."""
    lease_s: float = 60
    """A job whose worker has not been heard of for this long is queued again, once."""
    hard_stop_s: float = 60
    """A worker whose run has not stopped this long after its time limit ends itself."""
    preload_libraries: bool = True
    """An idle worker imports torch and its companions soon after its start, so that the first run need not."""
    resident_share: float = Field(default=0.5, ge=0, le=1)
    """Models that runs leave loaded keep at most this share of a device's memory, each GPU's and the RAM; beyond it the
    one that was not used for longest goes. 0 keeps the last one only."""
    memory_limit_gib: float = Field(default=0, ge=0)
    """So much memory a worker takes at most of its GPU, or of the RAM where there is none: plays a smaller one. 0 is
    no limit."""
    fairness_window_s: float = 600
    """Whoever started fewest runs within this window goes first."""
    short_run_s: float = Field(default=60, ge=0)
    """A training lets runs that are known to take no longer than this go first, between two of its steps."""
    max_waiting_jobs: int = 300
    """So many runs wait at most, everybody's together; a further one is refused."""
    hub_probe_s: float = 2
    """How long the Hub may take to answer before it counts as out of reach."""
    max_upload_bytes: int = 20_000_000
    """The largest picture that a student may bring."""
    teacher_passcode: SecretStr = SecretStr("")
    """What a teacher signs in with. Empty, and no `teachers` named: the server prints a one-time token instead."""
    teacher_passcode_hash: str = ""
    """The same without the passcode being readable; `python -m core passcode` makes it."""
    teachers: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = ()
    """E-mail addresses of accounts that teach, where Streamlit's `[auth]` is set up; separated by commas."""
    teacher_hours: float = 12
    """So long a teacher stays signed in."""
    keep_days: int = 180
    """So many days after it was opened a class is deleted with everything in it; its teacher can set another day."""
    keep_pictures_days: int = Field(default=90, ge=1)
    """So many days after it was made a picture is deleted; what was measured with it stays."""
    max_pictures_bytes: int = Field(default=10_000_000_000, ge=0)
    """So much room all pictures take at most; beyond it the oldest go sooner."""
    max_checkpoints_bytes: int = Field(default=5_000_000_000, ge=0)
    """So much room what trainings leave to go on from takes at most; beyond it the oldest go. They go with their run,
    and as early as its pictures would."""
    keep_runs_days: int = Field(default=365, ge=1)
    """So many days after it was made a run is deleted, unless an answer rests on it."""
    stuck_s: float = 480
    """Somebody who has a question open but did nothing for so long counts as stuck."""

    @property
    def url(self) -> str:
        """The database's SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{self.data_dir / 'vram_lab.sqlite'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, file_secret_settings, TomlConfigSettingsSource(settings_cls)


@lru_cache
def config() -> Config:
    """The configuration of this process, read once."""
    return Config()
