import pytest

from core.errors import InvalidSettings, WeightsUnavailable
from core.measure.progress import SilentProgress
from core.models.checkpoint import checkpoint


@pytest.mark.parametrize(("model_id", "source"), [("gpt-5", "dummy"), ("qwen3-0.6b", "auto")])
def test_unknown_model_or_source_is_named_with_the_known_ones(model_id, source):
    with pytest.raises(InvalidSettings, match=f"{model_id}.*{source}") as caught:
        checkpoint(model_id, source, SilentProgress())
    assert "stable-diffusion-1.5" in caught.value.remedy
    assert "embedded" in caught.value.remedy


@pytest.mark.parametrize("model_id", ["qwen3-0.6b", "yolov8n-seg"])
def test_hub_is_refused_where_the_environment_forbids_it(model_id, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(WeightsUnavailable, match="forbid") as caught:
        checkpoint(model_id, "hub", SilentProgress())
    assert "dummy" in caught.value.remedy
