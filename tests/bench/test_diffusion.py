"""The benchmark of the labs on diffusion, with the smallest of them."""

import pytest

from bench import diffusion
from core.runs.parsing import parse_settings
from core.runs.registry import LABS
from core.runs.settings import ModelSettings


def test_one_lab_is_compared_with_its_program(monkeypatch: pytest.MonkeyPatch) -> None:
    small = diffusion.CASES["ddpm"]
    monkeypatch.setattr(diffusion, "CASES", {"ddpm": small})
    found = diffusion.main(2, "cpu")["labs"]
    assert isinstance(found, dict)
    figures = found["ddpm"]
    assert len(figures["bare_s"]) == 2 and min(figures["bare_s"] + figures["lab_s"]) > 0
    assert figures["interval_95"][0] <= figures["median_ratio"] <= figures["interval_95"][1]


@pytest.mark.parametrize("name", diffusion.CASES)
def test_every_case_is_a_run_of_its_lab_and_times_one_repeat(name: str) -> None:
    case = diffusion.CASES[name]
    settings = parse_settings(LABS[name], case.settings | {"source": "embedded", "device": "cpu"})
    assert isinstance(settings, ModelSettings) and case.model in settings.loaded
