"""Says in plain words why a download did not succeed, and what to do instead.

>>> explained(ConnectionRefusedError(), CATALOG["qwen3-0.6b"]).message
'Qwen3-0.6B could not be downloaded: https://huggingface.co did not answer (ConnectionRefusedError).'
"""

import errno
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit

from core.errors import WeightsUnavailable
from core.models.catalog import Model
from core.models.sources import endpoint
from core.units import gb

INSTEAD = "or take dummy weights: the same size and speed, without a download"


def offline(model: Model) -> WeightsUnavailable:
    """The environment forbids the download."""
    return WeightsUnavailable(
        f"{model.title} is not on this machine, and HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE forbids downloading it.",
        f"Unset that variable and start again, {INSTEAD}.",
    )


def no_space(model: Model, missing_bytes: int, free_bytes: int, folder: Path) -> WeightsUnavailable:
    """The disk is too full to begin."""
    return WeightsUnavailable(
        f"{model.title} needs {gb(missing_bytes)} more on disk; {gb(free_bytes)} are free in {folder}.",
        f"Free disk space, set {_folder_setting(model)} to a folder on a larger disk, {INSTEAD}.",
    )


def explained(error: BaseException, model: Model) -> WeightsUnavailable:
    """What `error`, or what caused it, means for somebody who wanted `model`."""
    names = {type(cause).__name__ for cause in _causes(error)}
    status = next((code for cause in _causes(error) if (code := _status(cause))), None)
    if any(isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT) for cause in _causes(error)):
        return WeightsUnavailable(
            f"The disk became full while {model.title} was downloaded.",
            f"Free disk space, or set {_folder_setting(model)} to a folder on a larger disk.",
        )
    if "GatedRepoError" in names or status == 403:
        return WeightsUnavailable(
            f"{model.repo} gives its files only to people who accepted its terms.",
            f"Accept them on {_page(model)}, set HF_TOKEN to a token of yours, {INSTEAD}.",
        )
    if names & {"RepositoryNotFoundError", "RevisionNotFoundError"} or status in (401, 404):
        return WeightsUnavailable(
            f"{model.repo} at {model.revision!r} is not on {_host(model)}: it was removed, renamed or made private.",
            f"Look at {_page(model)}, {INSTEAD}.",
        )
    return WeightsUnavailable(
        f"{model.title} could not be downloaded: {_what_failed(error, status, model)}.",
        f"Check the network and run again (what has arrived is kept), {INSTEAD}.",
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what caused it, what caused that."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


def _status(error: BaseException) -> int | None:
    if isinstance(error, HTTPError):
        return error.code
    code = getattr(getattr(error, "response", None), "status_code", None)
    return code if isinstance(code, int) else None


def _what_failed(error: BaseException, status: int | None, model: Model) -> str:
    if status:
        return f"{_host(model)} answered with HTTP {status}"
    root = list(_causes(error))[-1]
    if isinstance(root, OSError) and not isinstance(root, ConnectionError | TimeoutError) and root.errno is None:
        return f"what arrived is damaged ({root})"
    return f"{_host(model)} did not answer ({type(root).__name__})"


def _folder_setting(model: Model) -> str:
    return "VRAM_LAB_CACHE_DIR" if model.url else "HF_HOME"


def _host(model: Model) -> str:
    parts = urlsplit(model.url or endpoint())
    return f"{parts.scheme}://{parts.netloc}"


def _page(model: Model) -> str:
    return f"https://github.com/{model.repo}/releases" if model.url else f"{endpoint()}/{model.repo}"
