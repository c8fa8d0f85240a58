import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.measure.verdict import limit_share, verdict

READING = {"kind": "bandwidth", "value": 20.0, "unit": "tokens/s", "bytes_per_token": 10**9, "read_bytes_per_s": 2e10}
COMPUTING = {"kind": "compute", "value": 5.0, "unit": "s/evaluation", "flops": 10**12, "flops_per_s": 2e11}


def text(rate: float | None, busy_s: float = 0.95, limit: Any = READING, **settings: Any) -> dict[str, Any]:
    profile = {"busy_s": busy_s, "products_s": busy_s * 0.9, "reference_s": 1.0, "bytes": 8 * 10**9}
    repeats = [{"tokens_per_s": rate}] if rate else []
    chosen = {"dtype": "float32", "source": "dummy", **settings}
    return {"lab": "text_generation", "limit": limit, "profile": profile, "repeats": repeats, "settings": chosen}


def picture(seconds: float, **settings: Any) -> dict[str, Any]:
    profile = {"busy_s": 0.9, "products_s": 0.8, "reference_s": 1.0, "flops": 10**11}
    chosen = {"dtype": "float16", "source": "dummy", **settings}
    repeats = [{"seconds_per_evaluation": seconds}]
    return {"lab": "text_to_image", "limit": COMPUTING, "profile": profile, "repeats": repeats, "settings": chosen}


def classified(seconds: float, **settings: Any) -> dict[str, Any]:
    limit = {**COMPUTING, "unit": "s/batch", "images": 8, "value": 0.8}
    repeats = [{"images": 1, "wall_s": 0.01}, {"images": 8, "wall_s": seconds}]
    return picture(1.0, **settings) | {"lab": "image_classification", "limit": limit, "repeats": repeats}


def test_batches_are_set_beside_the_limit_of_their_own_size() -> None:
    assert limit_share(classified(1.0)) == pytest.approx(0.8)
    assert limit_share(classified(1.0) | {"repeats": [{"images": 1, "wall_s": 0.01}]}) is None
    found = verdict(classified(1.0, source="dummy"))
    assert found is not None and found.kind == "compute" and "MobileNetV2" in found.experiment


@pytest.mark.parametrize("seconds", [0.9, 4.0])
def test_a_classifier_is_not_told_to_take_fewer_steps(seconds: float) -> None:
    for source in ("dummy", "embedded"):
        for busy_s in (0.9, 0.2):
            record = classified(seconds, source=source)
            found = verdict(record | {"profile": record["profile"] | {"busy_s": busy_s}})
            assert found is not None and "steps" not in found.experiment and "UNet" not in found.experiment


@pytest.mark.parametrize(
    ("record", "kind", "share"),
    [
        (text(15), "bandwidth", 0.75),
        (text(6), "operators", 0.3),
        (text(6, busy_s=0.3), "host", 0.3),
        (text(25), "above", 1.25),
        (picture(6.0), "compute", 5 / 6),
        (picture(25.0), "operators", 0.2),
        (picture(4.0), "above", 1.25),
    ],
)
def test_what_holds_a_run(record: dict[str, Any], kind: str, share: float) -> None:
    found = verdict(record)
    assert found and (found.kind, found.share) == (kind, pytest.approx(share))


def test_the_rate_of_the_products_stands_beside_what_is_possible() -> None:
    found = verdict(text(6))
    assert found and "9.36 GB/s where plain reading reached 20.0 GB/s" in found.sentence
    assert "86% of the time" in found.sentence
    found = verdict(picture(25.0))
    assert found and "125 GFLOP/s where a plain product reached 200" in found.sentence


def test_the_next_experiment_follows_from_what_holds_it() -> None:
    assert "bfloat16" in verdict(text(15)).experiment  # type: ignore[union-attr]
    assert "fewer bits" in verdict(text(15, dtype="bfloat16")).experiment  # type: ignore[union-attr]
    assert "another engine" in verdict(text(6)).experiment  # type: ignore[union-attr]
    assert "full size" in verdict(text(6, busy_s=0.1, source="embedded")).experiment  # type: ignore[union-attr]
    assert "CUDA graph" in verdict(text(6, busy_s=0.1)).experiment  # type: ignore[union-attr]


def test_without_limit_and_profile_there_is_no_verdict() -> None:
    assert verdict({"lab": "load_model", "limit": None, "profile": None, "repeats": [], "settings": {}}) is None


def test_a_run_that_was_stopped_still_has_its_share() -> None:
    record = text(6) | {"profile": None}
    found = verdict(record)
    assert found and found.busy_share is None and "not looked at" in found.sentence


FIGURE = st.floats(1e-9, 1e15)


@given(FIGURE, FIGURE, st.floats(0, 1e6), st.floats(0, 1e6))
def test_any_figures_give_a_verdict_with_finite_shares(
    rate: float, limit: float, busy: float, reference: float
) -> None:
    record = text(rate, busy_s=busy, limit=READING | {"value": limit})
    record["profile"]["reference_s"] = reference
    found = verdict(record)
    assert found and found.sentence and found.experiment
    assert limit_share(record) == found.share and math.isfinite(found.share or 0)
    assert found.busy_share is None or 0 <= found.busy_share <= 1
