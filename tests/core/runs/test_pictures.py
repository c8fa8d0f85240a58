"""The lesson's own photograph: fetched once, kept, and told of where it cannot be had."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.config import config
from core.errors import BadPicture
from core.runs import pictures


class NoUpload:
    picture = None


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that stands for the photograph's address, for a test to write. The cache is the test's own."""
    monkeypatch.setenv("VRAM_LAB_CACHE_DIR", str(tmp_path / "own_cache"))
    config.cache_clear()
    file = tmp_path / "served"
    monkeypatch.setattr(pictures, "LESSON_PICTURE_URL", file.as_uri())
    return file


def chosen(name: str) -> Image.Image:
    recorder: Any = NoUpload()
    return pictures.chosen_picture(name, recorder)


def test_the_lessons_picture_is_fetched_once_and_kept(address: Path) -> None:
    Image.new("L", (64, 48), 200).save(address, "JPEG")
    assert (chosen("cats").size, chosen("cats").mode) == ((64, 48), "RGB")
    address.unlink()
    assert chosen("cats").size == (64, 48)
    assert [file.name for file in (config().cache_dir / "pictures").iterdir()] == ["cats.jpg"]


def test_without_its_server_the_picture_is_refused_with_a_way_out(address: Path) -> None:
    with pytest.raises(BadPicture) as refused:
        chosen("cats")
    assert "cannot be fetched" in refused.value.message and "upload one" in refused.value.remedy


def test_an_answer_that_is_no_picture_is_not_kept(address: Path) -> None:
    address.write_text("<html>Sign in to this network</html>")
    with pytest.raises(BadPicture):
        chosen("cats")
    assert list((config().cache_dir / "pictures").iterdir()) == []
