"""Q5, Q6 and Q7 from opening the page to the marked answer, on a simulated T4 with models of full size.

What the models say is left out there; memory, devices and the way of a run through queue, worker and page are not.
"""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import choose, open_page, predict, settled
from tests.browser.server import ROOT, AppServer
from tests.browser.test_lesson import RUN_MS

pytestmark = pytest.mark.full_size


@pytest.fixture(scope="module")
def gpu_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    running = AppServer(
        tmp_path_factory.mktemp("gpu"),
        PYTHONPATH=str(ROOT / "tests" / "simulated_gpu" / "site"),
        SIMULATED_GPUS="T4",
        SIMULATED_GPU_STATE=json.dumps({"computes": False}),
        CUDA_VISIBLE_DEVICES="0",
    )
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize(
    ("question", "figure", "told"),
    [
        ("q5", "Fastest repeat", "Your fastest run took"),
        ("q6", "device_used", "In your run, loading the model raised device_used by"),
        ("q7", "Fastest picture", "After your run device_used was up by"),
    ],
)
def test_a_question_about_the_gpu_is_marked_by_the_students_own_run(
    question: str, figure: str, told: str, page: Page, gpu_server: AppServer
) -> None:
    open_page(page, gpu_server, question)
    predict(page, choice=0)
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_text("Your run measured")).to_be_visible(timeout=RUN_MS)
    settled(page)
    expect(page.get_by_text(figure).first).to_be_visible()
    expect(page.get_by_text("Tesla T4 (simulated)", exact=False).first).to_be_visible()
    expect(page.get_by_text(re.compile("random weights", re.IGNORECASE)).first).to_be_visible()
    choose(page.get_by_role("radio").nth(0))
    page.get_by_role("button", name="Check my answer").click()
    expect(page.get_by_text(told, exact=False).first).to_be_visible()
    page.reload()
    settled(page)
    expect(page.get_by_text(told, exact=False).first).to_be_visible()
    page.screenshot(path=f"test-results/{question}_gpu.png", full_page=True)
