"""Q1, Q4 and Q8 from opening the page to the marked answer, reload included."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import choose, measured, open_page, predict, settled
from tests.browser.server import AppServer

RUN_MS = 400_000
RIGHT = "You ticked every right option and no wrong one."


def run_and_wait(page: Page, figure: str) -> None:
    """Click the run button and wait for a figure of the result."""
    page.get_by_role("button", name=re.compile("Run (it|again)")).click()
    expect(page.get_by_text(figure).first).to_be_visible(timeout=RUN_MS)
    measured(page)


def test_q1_is_answered_and_survives_a_reload(page: Page, server: AppServer) -> None:
    open_page(page, server, "q1")
    run_and_wait(page, "this machine, just read")
    for letter in "abcd":
        choose(page.get_by_role("checkbox", name=re.compile(f"^{letter} ")))
    page.get_by_role("button", name="Check my answer").click()
    expect(page.get_by_text(RIGHT)).to_be_visible()
    page.reload()
    settled(page)
    expect(page.get_by_text(RIGHT)).to_be_visible()
    expect(page.get_by_text("1 of 11 answered")).to_be_visible()


@pytest.mark.full_size
def test_q4_is_marked_by_three_runs_of_the_full_size_model(page: Page, server: AppServer) -> None:
    open_page(page, server, "q4")
    predict(page, choice=1)
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible(timeout=60_000)
    page.reload()
    expect(page.get_by_text("596,049,920 parameters", exact=False).first).to_be_visible(timeout=RUN_MS)
    expect(page.get_by_text("Fastest repeat")).to_be_visible()
    settled(page)
    expect(page.get_by_text("Your run measured")).to_be_visible()
    choose(page.get_by_role("radio", name=re.compile("^b ")))
    page.get_by_role("button", name="Check my answer").click()
    expect(page.get_by_text("Your fastest run took", exact=False).first).to_be_visible()
    page.reload()
    settled(page)
    expect(page.get_by_text("Your fastest run took", exact=False).first).to_be_visible()


def test_q8_shows_three_pictures_and_marks_the_answer(page: Page, server: AppServer) -> None:
    open_page(page, server, "q8")
    predict(page, choice=0)
    run_and_wait(page, "Same seed, difference")
    expect(page.get_by_text("1 and 2 are equal in every pixel, 3 differs").last).to_be_visible()
    expect(page.get_by_text("As you predicted.")).to_be_visible()
    expect(page.get_by_alt_text(re.compile("^Generated picture"))).to_have_count(3)
    expect(page.get_by_text("The same seed gave the same picture", exact=False)).to_be_visible()
    choose(page.get_by_role("checkbox", name=re.compile("^d ")))
    page.get_by_role("button", name="Check my answer").click()
    expect(page.get_by_text(RIGHT)).to_be_visible()
    page.reload()
    settled(page)
    expect(page.get_by_text(RIGHT)).to_be_visible()
    expect(page.get_by_alt_text(re.compile("^Generated picture"))).to_have_count(3)


def test_ticks_made_during_a_run_are_still_there_when_it_ends(page: Page, server: AppServer) -> None:
    """A form lost them: the run's end redraws the page."""
    open_page(page, server, "q9")
    predict(page, choice=0)
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_role("button", name=re.compile("Cancel|Leave"))).to_be_visible()
    choose(page.get_by_role("checkbox", name=re.compile("^c ")))
    expect(page.get_by_text("Each further step").first).to_be_visible(timeout=RUN_MS)
    settled(page)
    expect(page.get_by_text("Not as you predicted.")).to_be_visible()
    expect(page.get_by_role("checkbox", name=re.compile("^c "))).to_be_checked()
    page.get_by_role("button", name="Check my answer").click()
    expect(page.get_by_text(RIGHT)).to_be_visible()


def test_a_twin_does_not_decide_a_measured_question_and_the_page_offers_what_does(
    page: Page, server: AppServer
) -> None:
    open_page(page, server, "q5?q5_device=cpu&q5_source=embedded&q5_max_new_tokens=5")
    predict(page, choice=0)
    run_and_wait(page, "Fastest repeat")
    expect(page.get_by_text("This run does not decide Q5.", exact=False)).to_be_visible()
    choose(page.get_by_role("radio", name=re.compile("^a ")))
    page.get_by_role("button", name="Check my answer").click()
    expect(page.get_by_text("Your latest run does not decide", exact=False).first).to_be_visible()
    expect(page.get_by_text("NVIDIA H200", exact=False).first).to_be_visible()


def test_the_cpu_instead_of_a_gpu_is_taken_in_its_own_precision(page: Page, server: AppServer) -> None:
    open_page(page, server, "q7?q7_source=embedded")
    predict(page, choice=0)
    expect(page.get_by_text("dtype=torch.float16").first).to_be_visible()
    page.get_by_role("button", name="Run on the CPU instead").click()
    settled(page)
    expect(page.get_by_text('device="cpu"').first).to_be_visible()
    expect(page.get_by_text("dtype=torch.float16")).to_have_count(0)
