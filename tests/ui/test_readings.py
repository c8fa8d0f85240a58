"""A run's memory where models of other runs were loaded beside it: told, and not counted as the run's own."""

from core.measure.progress import SilentProgress
from core.models.resident import Resident
from core.runs.execution import execute
from core.units import gib
from tests.core.runs.conftest import labs_cache, twins
from tests.ui.result_page import drawn, opened, words
from ui.results.readings import peak_figure

__all__ = ["labs_cache", "twins"]
FEW = {"source": "embedded", "device": "cpu", "repeats": 1}


def test_the_peak_and_the_chart_say_what_else_was_loaded(sqlite: str, person: str) -> None:
    resident = Resident(0.5)
    execute("text_generation", FEW | {"max_new_tokens": 2}, SilentProgress(), resident)
    outcome = execute("text_to_image", FEW | {"num_inference_steps": 1}, SilentProgress(), resident)
    memory = outcome.record["memory"]
    size, peak = memory["resident_bytes"], memory["peak"]["process_rss_bytes"]
    figure = peak_figure(outcome.record)
    assert size > 0 and figure.value == gib(peak - size)
    assert f"Models of other runs were loaded as well: their {gib(size)} are left out." in str(figure.help)
    assert f"their {gib(size)} are part of every bar" in words(opened(drawn(outcome, person), "Memory"))
