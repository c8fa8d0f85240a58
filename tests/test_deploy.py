"""The files that run an installation: complete, and accepted by what reads them."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from core.config import Config

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
OF_A_SERVER = {"data_dir", "cache_dir", "bank"}
"""Settings that stand there with a server's own paths."""


def settings() -> dict[str, str]:
    """What the environment file names, by variable, whether or not it counts."""
    lines = (DEPLOY / "vram-lab.env").read_text().splitlines()
    return dict(found.groups() for line in lines if (found := re.fullmatch(r"#?([A-Z_]+)=(.*)", line)))  # type: ignore[misc]


def written(default: Any) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, int | float | str):
        return f"{default:g}" if isinstance(default, float) else str(default)
    return ""  # a secret, or an empty list


def variable(setting: str) -> str:
    return "DATABASE_URL" if setting == "database_url" else f"VRAM_LAB_{setting.upper()}"


def test_the_environment_file_names_every_setting_with_its_default() -> None:
    found, fields = settings(), Config.model_fields
    told = {name: found.get(variable(name)) for name in fields if name not in OF_A_SERVER}
    assert told == {name: written(field.default) for name, field in fields.items() if name not in OF_A_SERVER}
    known = {variable(name) for name in fields}
    assert {name for name in found if name.startswith("VRAM_LAB_")} <= known


def test_the_environment_file_can_be_read_by_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every line counting."""
    for name, value in settings().items():
        monkeypatch.setenv(name, value)
    assert Config().keep_days == Config.model_fields["keep_days"].default


@pytest.mark.parametrize("unit", ["vram-lab-web@8501.service", "vram-lab-workers.service"])
def test_systemd_takes_the_units(unit: str, tmp_path: Path) -> None:
    if not (analyze := shutil.which("systemd-analyze")):
        pytest.skip("systemd-analyze is not on this machine")
    for file in DEPLOY.glob("*.service"):
        text = file.read_text().replace("/opt/vram-lab/.venv/bin/", "/bin/true ")
        (tmp_path / file.name.replace("@", "@8501" if "web" in file.name else "@")).write_text(text)
    done = subprocess.run([analyze, "verify", "--man=no", tmp_path / unit], capture_output=True, text=True)
    told = [line for line in done.stderr.splitlines() if "vram-lab" in line and "User" not in line]
    assert told == []


def test_the_proxy_takes_what_the_app_takes_and_no_more() -> None:
    largest = int(re.search(r"max_size (\d+)MB", (DEPLOY / "Caddyfile").read_text()).group(1))  # type: ignore[union-attr]
    server = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["server"]
    assert largest == server["maxUploadSize"] + 1
