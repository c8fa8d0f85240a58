from core.models.catalog import CATALOG
from core.models.listing import catalog_rows, fits


def test_rows_give_sizes_licence_and_sources(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    rows = {row["id"]: row for row in catalog_rows({"cuda:0": 3_000_000_000})}
    assert list(rows) == list(CATALOG)
    qwen = rows["qwen3-0.6b"]
    assert qwen["weights_bytes"] == {"float32": 2_384_199_680, "float16": 1_192_099_840, "bfloat16": 1_192_099_840}
    assert qwen["licence"] == "Apache-2.0"
    assert qwen["sources"] == {"hub": "unreachable", "dummy": "writes once", "embedded": "ready"}
    assert qwen["weights_fit"] == {"cuda:0": ["float32", "float16", "bfloat16"]}
    assert rows["stable-diffusion-1.5"]["weights_fit"] == {"cuda:0": ["float16", "bfloat16"]}
    assert rows["sdxl-inpainting"]["weights_fit"] == {"cuda:0": []}


def test_weights_fit_up_to_the_last_byte():
    model = CATALOG["qwen3-0.6b"]
    assert fits(model, "float32", 2_384_199_680)
    assert not fits(model, "float32", 2_384_199_679)
