"""Which savers are proposed for a run that needs more memory than there is."""

from dataclasses import replace
from typing import Any

import pytest

from core.labs.inpainting.settings import Settings
from core.measure.machine import Machine
from core.models.catalog import CATALOG
from core.runs.parsing import parse_settings
from core.runs.planning import Plan, plan
from core.runs.registry import LABS
from core.runs.savers import needed_bytes, proposal, weights_on_device
from core.units import GIB
from tests.core.measure.machines import COLAB, LAPTOP

LAB = LABS["inpainting"]
FIFTEEN_GB = 15 * 10**9
BOTH = CATALOG["sdxl-inpainting"].parameters + CATALOG["yolov8n-seg"].parameters


def settings(**values: Any) -> Settings:
    return Settings(**{"source": "dummy", "device": "cuda", "dtype": "float32"} | values)


def planned(machine: Machine, **values: Any) -> Plan:
    return plan(LAB, parse_settings(LAB, {"source": "dummy", **values}), machine)


def test_a_run_needs_its_weights_its_decoder_and_the_libraries() -> None:
    assert needed_bytes(LAB, settings()) == 4 * BOTH + 3 * 256 * 1024**2 * 4 + GIB


def test_tiling_bounds_the_decoder_and_offload_leaves_the_largest_network() -> None:
    tiled, whole = (needed_bytes(LAB, settings(savers=savers)) for savers in (["vae_tiling"], []))
    assert whole - tiled == 3 * 256 * (1024**2 - 512**2) * 4
    unet = next(part for part in CATALOG["sdxl-inpainting"].components if part.name == "unet")
    assert weights_on_device(settings(savers=["model_offload"], dtype="float16")) == 2 * unet.parameters


@pytest.mark.parametrize(
    ("had_gib", "device", "names"),
    [
        (FIFTEEN_GB / GIB, "cpu", ("half_precision",)),
        (FIFTEEN_GB / GIB, "cuda", ("half_precision",)),
        (9, "cuda", ("half_precision", "vae_tiling")),
        (7, "cuda", ("half_precision", "vae_tiling", "model_offload")),
    ],
)
def test_the_fewest_savers_that_are_enough(had_gib: float, device: str, names: tuple[str, ...]) -> None:
    found = proposal(LAB, settings(device=device), round(had_gib * GIB))
    assert found is not None and found.names == names and found.needed_bytes <= had_gib * GIB
    assert found.changes["dtype"] == ("bfloat16" if device == "cpu" else "float16")
    assert found.changes["savers"] == tuple(sorted(set(names) - {"half_precision"}))


def test_where_no_saver_is_enough_or_none_is_known_nothing_is_proposed() -> None:
    assert proposal(LAB, settings(), 3 * GIB) is None
    assert proposal(LAB, settings(device="cpu"), 7 * GIB) is None  # there is no other memory to move weights to
    text = parse_settings(LABS["text_generation"], {"source": "dummy", "device": "cpu", "dtype": "float32"})
    assert proposal(LABS["text_generation"], text, GIB) is None  # type: ignore[arg-type]


def test_what_is_on_already_is_kept_and_not_proposed_again() -> None:
    found = proposal(LAB, settings(dtype="float16", savers=["vae_tiling"]), 7 * GIB)
    assert found is not None and found.names == ("model_offload",)
    assert found.changes == {"savers": ("model_offload", "vae_tiling")}


def test_the_refusal_says_what_is_needed_and_the_savers_with_which_it_goes_through() -> None:
    small = replace(LAPTOP, ram_bytes=FIFTEEN_GB, limit_bytes=FIFTEEN_GB)
    found = planned(small)
    assert found.refusal is not None and found.refusal.kind == "out_of_memory" and found.proposal is not None
    assert "16.9 GiB" in found.refusal.message and "14.0 GiB of RAM" in found.refusal.message
    assert found.refusal.remedy == "Take half precision, with which 10.5 GiB are enough."
    again = planned(small, **found.proposal.changes)
    assert (again.refusal, again.proposal) == (None, None)
    assert planned(LAPTOP).proposal is planned(small, source="embedded").proposal is None


def test_a_card_of_16_gb_paints_at_its_own_precision_without_savers() -> None:
    assert planned(COLAB).refusal is None


def test_savers_come_once_and_in_order_and_unknown_ones_are_refused() -> None:
    assert settings(savers=["vae_tiling", "model_offload", "vae_tiling"]).savers == ("model_offload", "vae_tiling")
    with pytest.raises(ValueError, match="savers"):
        settings(savers=["magic"])
