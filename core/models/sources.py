"""Which weights can be had right now. No torch and no huggingface_hub here: pages ask this.

>>> is_cached("qwen3-0.6b"), dummy_is_written("qwen3-0.6b"), hub_reachable()
(False, True, False)
"""

import json
import os
import shutil
import threading
import time
from functools import cache
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from core.config import config
from core.errors import WeightsUnavailable
from core.models.catalog import CATALOG, CONFIGS, Model

DEFAULT_ENDPOINT = "https://huggingface.co"
PROBE_KEPT_S = 60.0
WRITTEN_MARK = json.dumps({"schema": "vram-lab/dummy/1"})
"""Content of `written.json` in a dummy checkpoint; change it when what is written changes."""

_probe_lock = threading.Lock()
_probe: tuple[str, float, bool] | None = None


def endpoint() -> str:
    """Address of the Hub, without a slash at the end."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or DEFAULT_ENDPOINT


def is_offline() -> bool:
    """Whether the environment forbids going to the Hub."""
    switches = (os.environ.get(name, "") for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    return any(switch.upper() in {"1", "ON", "YES", "TRUE"} for switch in switches)


def hub_cache() -> Path:
    """Hugging Face's own cache folder, found the way its client finds it."""
    cache_home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("HF_HOME") or f"{cache_home}/huggingface"
    folder = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or f"{home}/hub"
    return Path(os.path.expandvars(folder)).expanduser()


def repo_folder(model: Model) -> str:
    """Name of a repository's folder in that cache."""
    return f"models--{model.repo.replace('/', '--')}"


@cache
def config_files(model: Model) -> tuple[str, ...]:
    """Paths of the configuration files that belong to a checkpoint of `model`."""
    folder = CONFIGS / model.id
    return tuple(path.relative_to(folder).as_posix() for path in folder.rglob("*.json"))


def snapshot(model: Model) -> Path | None:
    """The folder of the downloaded weights if every file that loading needs is there, else None."""
    repo = hub_cache() / repo_folder(model)
    reference = repo / "refs" / model.revision
    commit = reference.read_text().strip() if reference.is_file() else model.revision
    folder = repo / "snapshots" / commit
    names = (*model.required_files, *config_files(model))
    return folder if all((folder / name).exists() for name in names) else None


def file_path(model: Model) -> Path:
    """Where the one downloaded file of a model with a `url` is kept."""
    return config().cache_dir / "hub" / str(model.file)


def free_disk(model: Model) -> tuple[Path, int]:
    """The folder that a download of `model` fills, or the part of its path that exists, and the bytes free there."""
    wanted = file_path(model).parent if model.url else hub_cache()
    folder = next(parent for parent in (wanted, *wanted.parents) if parent.exists())
    return folder, shutil.disk_usage(folder).free


def is_cached(model_id: str) -> bool:
    """Whether the pretrained weights are on this machine, whole."""
    model = CATALOG[model_id]
    return file_path(model).is_file() if model.url else snapshot(model) is not None


def no_twin(model: Model) -> WeightsUnavailable:
    """Why the embedded source has nothing for `model`."""
    with_twin = " or ".join(each.title for each in CATALOG.values() if each.task == model.task and each.twin)
    other = f"the model {with_twin}, or " if with_twin else ""
    return WeightsUnavailable(
        f"{model.title} has no small twin: {model.twin_reason}.",
        f"Choose {other}the source dummy: the real size with random weights.",
    )


def dummy_path(model_id: str) -> Path:
    """Where the dummy checkpoint is kept."""
    return config().cache_dir / "dummy" / model_id


def dummy_is_written(model_id: str) -> bool:
    """Whether the dummy checkpoint is on disk, in the present layout."""
    mark = dummy_path(model_id) / "written.json"
    return mark.is_file() and mark.read_text(encoding="utf-8").strip() == WRITTEN_MARK


def hub_reachable() -> bool:
    """Whether the Hub answers, asked at most once a minute and for at most `hub_probe_s` seconds.

    Only the first call waits for the answer; later ones get the last one while a thread asks again.
    """
    global _probe
    if is_offline():
        return False
    with _probe_lock:
        address, now = endpoint(), time.monotonic()
        if _probe is None or _probe[0] != address:
            _probe = (address, now, _answers(address, config().hub_probe_s))
        elif now - _probe[1] > PROBE_KEPT_S:
            _probe = (address, now, _probe[2])
            threading.Thread(target=_ask_again, args=(address,), daemon=True).start()
        return _probe[2]


def _ask_again(address: str) -> None:
    global _probe
    found = _answers(address, config().hub_probe_s)
    with _probe_lock:
        _probe = (address, time.monotonic(), found)


def _answers(address: str, timeout_s: float) -> bool:
    """Ask in a thread, because looking up a name has no timeout of its own."""
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(_asks(address, timeout_s)), daemon=True)
    thread.start()
    thread.join(timeout_s)
    return bool(answers) and answers[0]


def _asks(address: str, timeout_s: float) -> bool:
    try:
        with urlopen(Request(address, method="HEAD"), timeout=timeout_s):
            return True
    except HTTPError as error:
        # A proxy that says no is no Hub; a Hub that dislikes the question still is one.
        return error.code < 500 and error.code not in (403, 407)
    except (OSError, HTTPException, ValueError):
        return False
