from core.models.catalog import CATALOG
from core.models.listing import catalog_rows, devices_of, fits
from tests.core.measure.machines import COLAB, L4, LAPTOP, SERVER, T4


def test_rows_give_sizes_licence_sources_and_where_it_fits(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    rows = {row["id"]: row for row in catalog_rows({"cpu": 2_000_000_000, "cuda": 4_000_000_000})}
    assert list(rows) == list(CATALOG)
    qwen = rows["qwen3-0.6b"]
    assert qwen["weights_bytes"] == {"float32": 2_384_199_680, "float16": 1_192_099_840, "bfloat16": 1_192_099_840}
    assert qwen["licence"] == "Apache-2.0"
    assert qwen["sources"] == {"hub": "unreachable", "dummy": "writes once", "embedded": "ready"}
    assert qwen["fits_at"] == {"cpu": [], "cuda": ["float32", "float16", "bfloat16"]}
    assert qwen["fits"] == "cuda float32"
    assert rows["stable-diffusion-1.5"]["fits"] == "cuda float16"
    assert rows["sdxl-inpainting"]["fits"] == "–"
    assert (rows["resnet50"]["sources"]["embedded"], rows["resnet18"]["sources"]["embedded"]) == ("ready", "none")
    assert rows["resnet50"]["embedded_reason"] is None and "ResNet50" in rows["resnet18"]["embedded_reason"]
    assert rows["yolov8n-seg"]["fits"] == "cpu float32, cuda float32"


def test_the_devices_of_a_machine_are_named_as_torch_names_them():
    assert devices_of(LAPTOP) == {"cpu": LAPTOP.ram_bytes}
    assert devices_of(COLAB) == {"cpu": COLAB.ram_bytes, "cuda": T4.memory_bytes}
    assert devices_of(SERVER) == {"cpu": SERVER.ram_bytes, "cuda:0": T4.memory_bytes, "cuda:1": L4.memory_bytes}


def test_a_model_fits_up_to_the_last_byte_with_a_margin_of_one_gib():
    model = CATALOG["qwen3-0.6b"]
    assert fits(model, "float32", 2_384_199_680 + 2**30)
    assert not fits(model, "float32", 2_384_199_679 + 2**30)
