"""The containers' files, read without Docker. `tests/browser/test_container.py` carries out the web process's steps."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.test_deploy import DEPLOY, ROOT

OF_MODELS = {"torch", "torchvision", "transformers", "diffusers", "accelerate", "bitsandbytes", "torchao", "gguf"}
OF_MODELS |= {"peft", "torchmetrics", "ultralytics", "huggingface_hub", "safetensors", "pytest"}


def names(file: Path) -> set[str]:
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith(("#", "-"))]
    return {re.split(r"[\[><=]", line)[0] for line in lines}


def steps(dockerfile: str, *kinds: str) -> list[str]:
    """The instructions of these kinds, continued lines put together."""
    text = (DEPLOY / dockerfile).read_text().replace("\\\n", " ")
    found = [line.partition(" ") for line in text.splitlines()]
    return [" ".join(rest.split()) for kind, _, rest in found if kind in kinds]


def copied(dockerfile: str, into: Path) -> None:
    """Carry out its COPY instructions, which name files and folders of the project."""
    for step in steps(dockerfile, "COPY"):
        *sources, target = step.split()
        for source in sources:
            path = into / target / Path(source).name if target.endswith("/") else into / target
            path.parent.mkdir(parents=True, exist_ok=True)
            whole = ROOT / source
            if whole.is_dir():
                shutil.copytree(whole, path, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(whole, path)


def settings(dockerfile: str, home: Path) -> dict[str, str]:
    """Its ENV instructions, with a folder of the test's in the place of the container's."""
    pairs = (pair.split("=", 1) for step in steps(dockerfile, "ENV") for pair in step.split())
    return {name: value.replace("/var/lib/vram-lab", str(home)) for name, value in pairs}


def test_the_web_process_needs_all_but_what_runs_models() -> None:
    every, web = names(ROOT / "requirements.txt"), names(DEPLOY / "requirements-web.txt")
    assert every - web == OF_MODELS and web <= every
    for line in (DEPLOY / "requirements-web.txt").read_text().splitlines():
        assert line.startswith("#") or line in (ROOT / "requirements.txt").read_text().splitlines()


def test_the_workers_run_on_what_their_container_is_given(tmp_path: Path) -> None:
    """With this environment's own PyTorch: what is copied is enough for a run."""
    copied("workers.Dockerfile", tmp_path / "container")
    command = [sys.executable, "-m", "core", "run", "text_generation", "--source", "embedded", "--device", "cpu"]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [*command, "--set", "max_new_tokens=5", "--json"],
        cwd=tmp_path / "container",
        env={**kept, **settings("workers.Dockerfile", tmp_path), "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)["state"] == "finished"


@pytest.mark.parametrize("name", ["web", "workers"])
def test_what_is_copied_is_not_kept_away(name: str) -> None:
    kept = {
        line[1:] for line in (DEPLOY / f"{name}.Dockerfile.dockerignore").read_text().splitlines() if line[0] == "!"
    }
    assert kept == {source for step in steps(f"{name}.Dockerfile", "COPY") for source in step.split()[:-1]}


def test_the_compose_file_hangs_together() -> None:
    composed: Any = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text())
    services = composed["services"]
    for service in services.values():
        if "build" in service:
            assert (ROOT / service["build"]["dockerfile"]).is_file() and (DEPLOY / service["build"]["context"]).is_dir()
        volumes = {volume.partition(":")[0] for volume in service.get("volumes", [])}
        assert {volume for volume in volumes if not volume.startswith(".")} <= set(composed["volumes"])
        assert set(service.get("depends_on", [])) <= set(services)
    upstreams = services["caddy"]["environment"]["VRAM_LAB_WEB"].split()
    assert [name.partition(":")[0] for name in upstreams] == ["web-1", "web-2"]
    assert services["web-1"]["environment"] == services["workers"]["environment"]
    assert services["web-1"]["build"]["dockerfile"] == "deploy/web.Dockerfile"
