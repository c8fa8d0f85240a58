"""The README is true: what it names exists, and what a reader needs is in it."""

import re
from pathlib import Path

from core.config import Config
from core.runs.registry import LABS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def test_every_linked_file_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    missing = [link for link in links if not link.startswith("http") and not (ROOT / link).exists()]
    assert not missing


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"make ([a-z]+)\b", README))
    assert {"run", "test", "check"} <= named <= targets


def test_the_tree_names_every_folder() -> None:
    folders = [path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))]
    tree = README[README.index("## What is where") :]
    assert [name for name in folders if f"{name}/" not in tree and name != "test-results"] == []


def test_every_setting_of_the_installation_is_explained() -> None:
    source = (ROOT / "core" / "config.py").read_text()
    for name in Config.model_fields:
        assert re.search(rf'^    {name}: .+\n    """', source, re.MULTILINE), f"{name} has no docstring below it"


def test_commands_of_the_readme_name_real_labs() -> None:
    named = re.findall(r"core run (\w+)", README)
    assert named and set(named) <= set(LABS)
