import subprocess
import sys

from core.models.environment import prepare

TORCH_FREE = """
import sys
import core.models.sources, core.models.listing, core.models.resident, core.models.checkpoint, core.models.environment
core.models.listing.catalog_rows({"cpu": 1})
heavy = {"torch", "transformers", "diffusers", "ultralytics", "huggingface_hub", "safetensors"} & set(sys.modules)
sys.exit(f"imported {heavy}" if heavy else 0)
"""


def test_pages_can_ask_about_models_without_importing_a_library():
    environment = {"HF_HUB_OFFLINE": "1", "HOME": "/nonexistent"}
    done = subprocess.run([sys.executable, "-c", TORCH_FREE], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_prepare_keeps_what_is_set_and_points_ultralytics_at_the_cache(monkeypatch, own_settings):
    import os

    monkeypatch.delenv("YOLO_CONFIG_DIR", raising=False)
    monkeypatch.delenv("YOLO_AUTOINSTALL", raising=False)
    monkeypatch.setenv("TRANSFORMERS_VERBOSITY", "info")
    prepare()
    assert os.environ["YOLO_CONFIG_DIR"] == str(own_settings.cache_dir / "ultralytics")
    assert os.environ["YOLO_AUTOINSTALL"] == "False"
    assert os.environ["TRANSFORMERS_VERBOSITY"] == "info"
