import errno
import hashlib
import shutil
import socket
import time
from dataclasses import replace
from urllib.error import HTTPError

import pytest
import torch

from core.cli import main
from core.config import config
from core.errors import RunCancelled, WeightsUnavailable
from core.models import classifier, transfer
from core.models.catalog import CATALOG
from core.models.checkpoint import checkpoint
from core.models.download_errors import explained
from core.models.sources import file_path, hub_cache, is_cached, repo_folder, snapshot
from core.models.verifying import damaged
from tests.core.models.conftest import Reports
from tests.core.models.hub_server import COMMIT, Hub, running

QWEN, YOLO = CATALOG["qwen3-0.6b"], CATALOG["yolov8n-seg"]


@pytest.fixture
def hub(twins_cache, tmp_path, monkeypatch):
    """A Hub that has a small Qwen under the real one's name, and an empty cache."""
    monkeypatch.setenv("VRAM_LAB_CACHE_DIR", str(twins_cache))
    config.cache_clear()
    twin = checkpoint(QWEN.id, "embedded", Reports())
    monkeypatch.setenv("VRAM_LAB_CACHE_DIR", str(tmp_path / "cache"))
    config.cache_clear()
    from pathlib import Path

    with running(Hub(QWEN.repo, Path(twin.path))) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.address)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        monkeypatch.delenv("TRANSFORMERS_OFFLINE", raising=False)
        yield served


def test_weights_are_downloaded_with_progress_and_loaded(hub, reports):
    from transformers import AutoModelForCausalLM

    assert not is_cached(QWEN.id)
    found = checkpoint(QWEN.id, "hub", reports)
    assert is_cached(QWEN.id)
    assert (found.source, found.repo, found.revision) == ("hub", QWEN.repo, COMMIT)
    assert (
        AutoModelForCausalLM.from_pretrained(found.path, dtype=torch.float32).num_parameters() == QWEN.twin_parameters
    )
    stage, done, total = reports.seen[-1]
    size = sum(path.stat().st_size for path in hub.folder.iterdir() if path.name != "README.md")  # not asked for
    assert (stage, done, total) == ("Downloading Qwen3-0.6B", size, size)


def test_rate_is_reported_while_bytes_arrive(hub, reports):
    hub.pause_s = 0.02
    checkpoint(QWEN.id, "hub", reports)
    assert max(rate for rate in reports.rates if rate is not None) > 100_000
    assert len({step for _, step, _ in reports.seen}) > 2


def test_what_is_cached_is_used_without_the_network(hub, reports):
    first = checkpoint(QWEN.id, "hub", reports)
    asked = len(hub.requests)
    assert checkpoint(QWEN.id, "hub", reports) == first
    assert len(hub.requests) == asked


def test_only_files_that_loading_needs_are_fetched(hub, reports, tmp_path):
    copy = tmp_path / "repo"
    copy.mkdir()
    for path in hub.folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    (copy / "pytorch_model.bin").write_bytes(b"x" * 1000)
    hub.folder = copy
    checkpoint(QWEN.id, "hub", reports)
    assert not any("pytorch_model.bin" in request for request in hub.requests)


def test_a_stopped_download_ends_at_once_and_is_not_taken_for_whole(hub):
    hub.pause_s = 0.2
    begun = time.monotonic()
    with pytest.raises(RunCancelled):
        checkpoint(QWEN.id, "hub", Reports(stop_after=4))
    assert time.monotonic() - begun < 4
    assert not is_cached(QWEN.id)


def test_a_repository_that_is_gone_is_named(hub, reports):
    hub.repo = "somebody/else"
    with pytest.raises(WeightsUnavailable, match=r"Qwen/Qwen3-0\.6B .* removed, renamed or made private") as caught:
        checkpoint(QWEN.id, "hub", reports)
    assert f"{hub.address}/Qwen/Qwen3-0.6B" in caught.value.remedy


def test_a_gated_repository_asks_for_its_terms(hub, reports):
    hub.refuse = (403, "GatedRepo")
    with pytest.raises(WeightsUnavailable, match="accepted its terms") as caught:
        checkpoint(QWEN.id, "hub", reports)
    assert "HF_TOKEN" in caught.value.remedy


def test_an_unreachable_hub_is_said_with_its_address(hub, reports, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("HF_ENDPOINT", address)
    with pytest.raises(WeightsUnavailable, match=f"{address} did not answer") as caught:
        checkpoint(QWEN.id, "hub", reports)
    assert "dummy" in caught.value.remedy


def test_too_little_disk_is_said_before_the_download(hub, reports, monkeypatch):
    from types import SimpleNamespace

    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=1_000_000))
    with pytest.raises(WeightsUnavailable, match=r"needs 2\.\d+ MB more on disk; 1\.?0* MB are free"):
        checkpoint(QWEN.id, "hub", reports)
    assert not any(request.startswith("GET /Qwen") for request in hub.requests)


@pytest.fixture
def assets(tmp_path, monkeypatch):
    """A server with a YOLO file of 300 KB."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "yolov8n-seg.pt").write_bytes(b"y" * 300_000)
    served = Hub("ultralytics/assets", tmp_path / "assets")
    with running(served):
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        monkeypatch.setenv("YOLO_ASSETS_URL", f"{served.address}/ultralytics/assets/resolve/main")
        yield served


def test_yolo_comes_from_the_place_that_the_environment_names(assets, reports):
    found = checkpoint("yolov8n-seg", "hub", reports)
    assert (found.path, found.revision) == (str(file_path(YOLO)), "v8.4.0")
    assert file_path(YOLO).stat().st_size == 300_000
    assert is_cached("yolov8n-seg")
    assert [path.name for path in file_path(YOLO).parent.iterdir()] == ["yolov8n-seg.pt"]


def test_a_file_that_is_cut_is_asked_for_from_there_on(assets, reports):
    assets.cut_after = [100_000, 150_000]
    checkpoint("yolov8n-seg", "hub", reports)
    assert file_path(YOLO).read_bytes() == b"y" * 300_000
    assert assets.sent_bytes == 300_000


def test_a_server_without_ranges_sends_it_all_once_more(assets, reports):
    assets.has_ranges = False
    assets.cut_after = [100_000]
    checkpoint("yolov8n-seg", "hub", reports)
    assert file_path(YOLO).read_bytes() == b"y" * 300_000
    assert assets.sent_bytes == 400_000
    _, done, total = reports.seen[-1]
    assert done == total == 300_000


def test_a_server_that_gives_up_every_time_is_told_after_so_many_tries(assets, reports):
    assets.failures = 1000
    with pytest.raises(WeightsUnavailable, match="answered with HTTP 503"):
        checkpoint("yolov8n-seg", "hub", reports)
    assert 1000 - assets.failures == transfer.TRIES
    assert not is_cached("yolov8n-seg")


def test_a_busy_server_is_asked_again(assets, reports):
    assets.failures = 2
    checkpoint("yolov8n-seg", "hub", reports)
    assert assets.failures == 0 and is_cached("yolov8n-seg")


def test_a_server_that_stalls_is_asked_for_the_rest(assets, reports, monkeypatch):
    monkeypatch.setattr(transfer, "STALL_S", 0.3)
    assets.stall_s = 5.0
    begun = time.monotonic()
    checkpoint("yolov8n-seg", "hub", reports)
    assert time.monotonic() - begun < 5
    assert file_path(YOLO).read_bytes() == b"y" * 300_000


def test_the_token_goes_to_the_hub_and_not_to_where_it_sends_us(hub, reports, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with running(Hub(hub.repo, hub.folder)) as elsewhere:
        elsewhere.cut_after = [100_000]
        hub.elsewhere = elsewhere
        checkpoint(QWEN.id, "hub", reports)
    assert damaged(QWEN) == [] and is_cached(QWEN.id)
    assert "Bearer hf_secret" in hub.tokens
    assert elsewhere.requests and set(elsewhere.tokens) == {None}


class StopsHalfway(Reports):
    """Asks to stop once half of the bytes are here."""

    def check(self):
        if self.seen and self.seen[-1][1] > self.seen[-1][2] / 2:
            raise RunCancelled("You stopped this run.")


def test_what_a_stopped_download_left_is_not_sent_again(hub, reports):
    size = (hub.folder / "model.safetensors").stat().st_size
    hub.pause_s = 0.1
    with pytest.raises(RunCancelled):
        checkpoint(QWEN.id, "hub", StopsHalfway())
    hub.pause_s, before = 0.0, hub.sent_bytes
    checkpoint(QWEN.id, "hub", reports)
    again = hub.sent_bytes - before
    assert (snapshot(QWEN) / "model.safetensors").read_bytes() == (hub.folder / "model.safetensors").read_bytes()
    assert 0 < before < size + again < 2 * size
    assert damaged(QWEN) == []


def test_a_part_that_was_spoilt_is_thrown_away_and_said(hub, reports):
    size = (hub.folder / "model.safetensors").stat().st_size
    hub.cut_after = [size // 2] * 10
    blobs = snapshot_blobs()
    blobs.mkdir(parents=True)
    digest = hashlib.sha256((hub.folder / "model.safetensors").read_bytes()).hexdigest()
    (blobs / f"{digest}.part").write_bytes(b"x" * 1000)
    with pytest.raises(WeightsUnavailable, match=r"what arrived is damaged .its SHA-256 begins with"):
        checkpoint(QWEN.id, "hub", reports)
    assert not is_cached(QWEN.id)
    checkpoint(QWEN.id, "hub", reports)
    assert is_cached(QWEN.id) and damaged(QWEN) == []


def snapshot_blobs():
    return hub_cache() / repo_folder(QWEN) / "blobs"


def test_a_missing_yolo_file_is_named(assets, reports):
    (assets.folder / "yolov8n-seg.pt").unlink()
    with pytest.raises(WeightsUnavailable, match=r"ultralytics/assets at 'v8\.4\.0' is not on"):
        checkpoint("yolov8n-seg", "hub", reports)


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A server with a file of weights that is named by the begin of its SHA-256, and the catalog saying so."""
    (tmp_path / "models").mkdir()
    part = tmp_path / "weights.pth"
    classifier.write_classifier("mobilenet_v2", part)
    digest = hashlib.sha256(part.read_bytes()).hexdigest()[:8]
    part.rename(tmp_path / "models" / f"mobilenet_v2-{digest}.pth")
    url = f"https://download.pytorch.org/models/mobilenet_v2-{digest}.pth"
    monkeypatch.setitem(CATALOG, "mobilenet_v2", replace(CATALOG["mobilenet_v2"], url=url))
    with running(Hub("models", tmp_path / "models")) as served:
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        monkeypatch.setenv("TORCHVISION_WEIGHTS_URL", f"{served.address}/models/resolve/main/x")
        yield served


def test_a_classifiers_weights_are_downloaded_checked_and_loaded(published, reports):
    from core.labs.image_classification import program

    found = checkpoint("mobilenet_v2", "hub", reports)
    assert (found.source, found.repo, found.revision) == ("hub", "pytorch/vision", "IMAGENET1K_V1")
    assert is_cached("mobilenet_v2")
    model, weights = program.load("mobilenet_v2", found.revision, found.path, stage=lambda stage: None)
    expected = classifier.network("mobilenet_v2").state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in model.state_dict().items())
    assert len(weights.meta["categories"]) == 1000


def test_weights_that_are_not_the_published_ones_are_not_kept(published, reports):
    [file] = published.folder.iterdir()
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(WeightsUnavailable, match=r"what arrived is damaged .its SHA-256 begins with"):
        checkpoint("mobilenet_v2", "hub", reports)
    assert not is_cached("mobilenet_v2") and list(file_path(CATALOG["mobilenet_v2"]).parent.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk became full"),
        (OSError("Consistency check failed: 5 of 9"), "what arrived is damaged"),
        (TimeoutError(), r"did not answer \(TimeoutError\)"),
        (HTTPError("", 503, "busy", None, None), "answered with HTTP 503"),
    ],
)
def test_every_failure_is_put_into_plain_words(error, message):
    told = explained(error, QWEN)
    assert told.kind == "weights_unavailable"
    with pytest.raises(WeightsUnavailable, match=message):
        raise told
    assert told.remedy


def test_the_cause_of_an_error_decides_and_not_its_wrapping():
    wrapped = RuntimeError("download failed")
    wrapped.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert "became full" in explained(wrapped, QWEN).message


def test_the_command_line_fetches_checks_and_fetches_a_damaged_file_anew(hub, capsys):
    assert main(["fetch", "--check", QWEN.id]) == 1
    assert "is not here" in capsys.readouterr().err and not hub.requests
    assert main(["fetch", QWEN.id]) == 0
    assert "1 of 1 are not here yet: 1.52 GB to download." in capsys.readouterr().out
    hub.requests.clear()
    assert main(["fetch", "--check", QWEN.id]) == 0
    assert "here and whole" in capsys.readouterr().out and not hub.requests

    weights = snapshot(QWEN) / "model.safetensors"
    with weights.open("r+b") as file:
        file.seek(1000)
        file.write(b"other")
    assert main(["fetch", "--check", QWEN.id]) == 1
    assert "is damaged" in capsys.readouterr().err and weights.exists()
    assert main(["fetch", QWEN.id]) == 0
    assert "model.safetensors is damaged and fetched once more" in capsys.readouterr().err
    assert weights.read_bytes() == (hub.folder / "model.safetensors").read_bytes()


def test_a_small_file_is_checked_too(hub, reports):
    checkpoint(QWEN.id, "hub", reports)
    assert damaged(QWEN) == []
    path = snapshot(QWEN) / "config.json"
    path.write_text(path.read_text().replace("1", "2", 1))
    assert damaged(QWEN) == [path]


def test_what_cannot_be_fetched_is_told_and_the_others_are_fetched(hub, capsys):
    assert main(["fetch", "stable-diffusion-1.5", QWEN.id]) == 1
    told = capsys.readouterr()
    assert "Stable Diffusion 1.5: " in told.err and "Qwen3-0.6B: here and whole" in told.out


@pytest.mark.parametrize(("command", "told"), [([], "name models"), (["gpt-9"], "there is no model gpt-9")])
def test_a_fetch_without_a_model_says_which_there_are(command, told, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["fetch", *command])
    assert ended.value.code == 2 and told in capsys.readouterr().err


def test_a_classifiers_file_is_checked_by_its_name(published, reports):
    checkpoint("mobilenet_v2", "hub", reports)
    assert damaged(CATALOG["mobilenet_v2"]) == []
    with file_path(CATALOG["mobilenet_v2"]).open("ab") as file:
        file.write(b"more")
    assert damaged(CATALOG["mobilenet_v2"]) == [file_path(CATALOG["mobilenet_v2"])]
