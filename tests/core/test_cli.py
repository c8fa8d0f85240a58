import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.cli import main
from core.config import ROOT, config
from core.models.catalog import CATALOG
from core.runs.png import describe
from core.units import GIB
from tests.core.measure.machines import LAPTOP, T4
from tests.core.measure.run_schema import assert_valid


@pytest.fixture(scope="session")
def cli_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cli")


@pytest.fixture(autouse=True)
def twins(own_settings: Any, cli_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VRAM_LAB_CACHE_DIR", str(cli_cache))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    config.cache_clear()


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "core", *arguments]


def core(*arguments: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command(*arguments), cwd=cwd or ROOT, env=environment, capture_output=True, text=True, check=False
    )


def record_of(run: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    record: dict[str, Any] = json.loads(run.stdout)
    assert_valid(record)
    return record


def test_a_reader_that_stops_reading_ends_the_command_without_a_trace() -> None:
    read, written = os.pipe()
    os.close(read)
    ended = subprocess.run(command("models"), cwd=ROOT, stdout=written, stderr=subprocess.PIPE, text=True, check=False)
    os.close(written)
    assert (ended.returncode, ended.stderr) == (1, "")


def test_json_is_one_document_and_nothing_else() -> None:
    run = core(
        "run", "text_generation", "--source", "embedded", "--device", "cpu", "--set", "max_new_tokens=3", "--json"
    )
    record = record_of(run)
    assert (run.returncode, record["state"], len(record["repeats"])) == (0, "finished", 3)
    assert "Repeat 1 of 3" in run.stderr


def test_a_thread_of_a_library_that_does_not_end_does_not_keep_the_command(tmp_path: Path) -> None:
    endless = "import threading\nthreading.Thread(target=threading.Event().wait).start()\n"
    (tmp_path / "sitecustomize.py").write_text(endless)
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    asked = command("run", "runtime", "--json")
    run = subprocess.run(asked, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120)
    assert record_of(run)["state"] == "finished"


def test_pictures_are_written_and_listed_by_their_full_path(tmp_path: Path) -> None:
    arguments = ("--source", "embedded", "--device", "cpu", "--set", "num_inference_steps=2", "--set", "seed=7")
    record = record_of(core("run", "inpainting", *arguments, "--json", cwd=tmp_path))
    images = [Path(path) for path in record["outputs"]["images"]]
    folder = tmp_path / f"vram-lab-{record['id']}"
    assert images == [folder / name for name in ("01-original.png", "02-mask.png", "03-result.png")]
    assert describe(images[2].read_bytes())["seed"] == 7


def test_without_json_a_summary_is_for_people() -> None:
    run = core("run", "runtime")
    assert run.returncode == 0
    assert run.stdout.startswith("runtime: finished on ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "painting"), "invalid choice: 'painting'"),
        (("run", "text_generation", "--set", "max_new_tokens=0"), "it takes a whole number from 1 to 1,000"),
        (("run", "text_generation", "--set", "steps"), "Write it as NAME=VALUE"),
        (("run", "text_generation", "--repeats", "many"), "invalid int value: 'many'"),
        (("run", "runtime", "--source", "dummy"), "has no setting 'source'"),
        (("run", "runtime", "--device", "cuda:abc"), "device = 'cuda:abc' is not possible"),
        (("run", "runtime", "--device", "banana"), "device = 'banana' is not possible"),
        (("run", "text_generation", "--set", "temperature=inf"), "temperature = 'inf' is not possible"),
        (("run", "text_to_image", "--set", "guidance_scale=NaN"), "guidance_scale = nan is not possible"),
        (("run", "text_to_image", "--set", "sweep=seed", "--set", "sweep_values=[1e999]"), "= inf is not possible"),
        (("run", "text_to_image", "--set", "sweep=seed", "--set", "sweep_values=[1e300]"), "seed cannot be 1e+300"),
        (("run",), "LAB"),
        ((), "COMMAND"),
        (("frobnicate",), "invalid choice: 'frobnicate'"),
    ],
)
def test_a_usage_error_exits_with_2_and_one_line_that_says_what_to_do(
    arguments: Sequence[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    out, said = capsys.readouterr()
    assert (exit_.value.code, out) == (2, "")
    assert len(said.strip().splitlines()) == 1
    assert says in said and "--help" in said


def test_a_run_that_this_machine_cannot_do_exits_with_1_and_a_record() -> None:
    run = core("run", "text_generation", "--source", "embedded", "--device", "cuda:99", "--json")
    assert run.returncode == 1
    assert record_of(run)["error"]["kind"] == "device_unavailable"


def test_ctrl_c_gives_a_cancelled_record() -> None:
    arguments = ("--source", "embedded", "--device", "cpu", "--repeats", "20", "--set", "max_new_tokens=1000", "--json")
    process = subprocess.Popen(
        command("run", "text_generation", *arguments),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None and process.stdout is not None
    for line in process.stderr:
        if line.startswith("Repeat 1"):
            break
    asked_at = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    record = json.loads(out)
    assert_valid(record)
    assert (process.returncode, record["state"]) == (1, "cancelled")
    assert time.monotonic() - asked_at < 10


def test_models_lists_the_catalog_and_what_fits_this_machine(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.measure.machine.this_machine", lambda: replace(LAPTOP, ram_bytes=6 * GIB, gpus=(T4,)))
    assert main(["models"]) == 0
    lines, below = capsys.readouterr().out.splitlines(), len(CATALOG) + 1
    assert [line.split()[0] for line in lines[1:below]] == list(CATALOG)
    assert "596,049,920" in lines[1] and "2.22 GiB" in lines[1] and "1.11 GiB" in lines[1] and "Apache-2.0" in lines[1]
    start = lines[0].index("FITS")
    assert [line[start:].split("  ")[0] for line in lines[1:below]] == [
        "cpu float32, cuda float32",
        *["cpu float16, cuda float32"] * 3,
        *["cuda float32"] * 2,
        "cpu float16, cuda float32",
        "cuda float32",
        *["cpu float32, cuda float32"] * 7,
    ]
    assert [line.split()[0] for line in lines[below:]] == [
        "Stable",
        "SDXL",
        "SDXL-Turbo",
        "SDXL",
        "ResNet18",
        "MobileNetV2",
    ]
    why = "has no small twin: the embedded"
    assert all(f"{why} painters stand for Stable Diffusion 1.5" in line for line in lines[below : below + 4])
    assert all(f"{why} classifier stands for ResNet50" in line for line in lines[below + 4 :])


def test_a_broken_bank_is_listed_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bank.yaml").write_text("questions: []\nsurprise: 1\n")
    assert main(["check-bank", "bank.yaml"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 1 and all(line.startswith("bank.yaml:") for line in lines)


def test_the_bank_of_this_installation_is_checked_where_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-bank"]) == 0, capsys.readouterr().out


def test_a_bank_that_is_not_there_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-bank", str(tmp_path / "nowhere.yaml")]) == 1
    assert "no such file" in capsys.readouterr().out


def test_listing_models_does_not_import_torch() -> None:
    code = "import sys; from core.cli import main; main(['models']); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False).returncode == 0
