import tomllib

from core.config import ROOT
from core.measure.environment import app_version, environment, package_versions
from tests.core.measure.machines import COLAB, LAPTOP


def test_the_app_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert app_version() == project["version"]


def test_versions_of_the_libraries_that_decide_a_figure_are_kept() -> None:
    versions = package_versions()
    assert {"torch", "transformers", "diffusers"} <= set(versions)
    assert versions["torch"] is not None


def test_the_environment_names_the_machine_and_its_driver() -> None:
    assert environment(COLAB)["driver"] == "570.86"
    found = environment(LAPTOP)
    assert found["machine"] == LAPTOP.label
    assert found["driver"] is None and found["gpu_reason"]
