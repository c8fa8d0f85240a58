import time

import pytest

from core.models import sources
from core.models.catalog import CATALOG
from core.models.sources import config_files, hub_cache, hub_reachable, is_cached, snapshot
from tests.core.models.hub_server import Hub, running

SD = CATALOG["stable-diffusion-1.5"]


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    """No earlier probe, and no setting of the machine that runs the tests."""
    monkeypatch.setattr(sources, "_probe", None)
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    with running(Hub("a/b", tmp_path)) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.address + "/")
        yield served


def test_hub_is_reachable_and_asked_once_a_minute(hub, monkeypatch):
    assert hub_reachable()
    assert hub_reachable()
    assert hub.requests == ["HEAD /"]
    monkeypatch.setattr(sources, "PROBE_KEPT_S", -1.0)
    assert hub_reachable()
    deadline = time.monotonic() + 5
    while len(hub.requests) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(hub.requests) == 2


def test_a_hub_that_went_away_is_noticed_without_waiting_for_it(hub, monkeypatch):
    assert hub_reachable()
    monkeypatch.setattr(sources, "PROBE_KEPT_S", -1.0)
    hub.refuse = (502, "gone")
    assert hub_reachable()
    deadline = time.monotonic() + 5
    while hub_reachable() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not hub_reachable()


def test_another_endpoint_is_asked_anew(hub, monkeypatch):
    assert hub_reachable()
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert not hub_reachable()


@pytest.mark.parametrize("name", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_offline_switches_forbid_the_question(hub, monkeypatch, name):
    monkeypatch.setenv(name, "true")
    assert not hub_reachable()
    assert hub.requests == []


@pytest.mark.parametrize(("status", "is_reachable"), [(403, False), (407, False), (502, False), (405, True)])
def test_a_proxy_that_refuses_is_no_hub(hub, status, is_reachable):
    hub.refuse = (status, "no")
    assert hub_reachable() is is_reachable


@pytest.mark.parametrize("address", ["no address", "http://host.invalid", "http://[", "file:///etc"])
def test_a_useless_endpoint_raises_nothing(monkeypatch, address):
    monkeypatch.setenv("HF_ENDPOINT", address)
    assert hub_reachable() in (False, True)


def test_a_hub_that_never_answers_costs_no_more_than_the_probe_time(hub, monkeypatch):
    monkeypatch.setattr(sources, "_asks", lambda address, timeout_s: time.sleep(5))
    begun = time.monotonic()
    assert not sources._answers(hub.address, 0.2)
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"HF_HUB_CACHE": "/a"}, "/a"),
        ({"HUGGINGFACE_HUB_CACHE": "/b"}, "/b"),
        ({"HF_HOME": "/c"}, "/c/hub"),
        ({"XDG_CACHE_HOME": "/d"}, "/d/huggingface/hub"),
    ],
)
def test_cache_is_found_where_the_hubs_client_puts_it(monkeypatch, variables, expected):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(hub_cache()) == expected


def put_snapshot(folder) -> None:
    repo = folder / "models--stable-diffusion-v1-5--stable-diffusion-v1-5"
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text("c0ffee\n")
    for name in (*SD.required_files, *config_files(SD)):
        path = repo / "snapshots" / "c0ffee" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_a_whole_snapshot_is_cached(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert not is_cached(SD.id)
    put_snapshot(tmp_path)
    assert is_cached(SD.id)


@pytest.mark.parametrize("missing", [*SD.required_files, *config_files(SD)])
def test_a_snapshot_without_one_of_its_files_is_not_cached(tmp_path, monkeypatch, missing):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    put_snapshot(tmp_path)
    found = snapshot(SD)
    assert found is not None
    (found / missing).unlink()
    assert not is_cached(SD.id)
