"""The small twin on its pages: suggestions, previews while a picture forms, and what is said beside the result."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import measured, open_page, open_tab, settled
from tests.browser.server import AppServer

RUN_MS = 300_000


def test_a_picture_is_seen_while_it_forms(page: Page, server: AppServer) -> None:
    open_page(page, server, "lab_text_to_image?text_to_image_previews=true&text_to_image_num_inference_steps=150")
    page.get_by_text("Boat on the sea", exact=True).click()
    expect(page.get_by_role("textbox", name="Prompt").first).to_have_value(re.compile("sailing boat"))
    settled(page)
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_alt_text(re.compile("^The picture after step"))).to_be_visible(timeout=RUN_MS)
    measured(page)
    open_tab(page, "How it formed")
    expect(page.get_by_text("How the picture formed")).to_be_visible()
    expect(page.get_by_alt_text(re.compile("^What there was after step"))).to_have_count(8)
    expect(page.get_by_text("with previews, which take part of the time")).to_be_visible()
    expect(page.get_by_text("not Stable Diffusion 1.5", exact=True).first).to_be_visible()
    open_tab(page, "Conditions")
    expect(page.get_by_text("carries over to the real model", exact=False).first).to_be_visible()


def test_a_foreign_prompt_is_told_before_the_run(page: Page, server: AppServer) -> None:
    open_page(page, server, "lab_text_to_image?text_to_image_prompt=A+dragon+at+night")
    expect(page.get_by_text("It does not know: dragon.", exact=False)).to_be_visible()


def test_the_twin_tells_a_story_where_the_hub_is_missing(page: Page, server: AppServer) -> None:
    open_page(page, server, "lab_text_generation?text_generation_max_new_tokens=30")
    page.get_by_role("button", name="Run it").click()
    measured(page)
    expect(page.get_by_text("not Qwen3-0.6B", exact=True).first).to_be_visible()
    expect(page.get_by_text("Once", exact=False).last).to_be_visible()
    expect(page.get_by_role("tab", name="Text")).to_have_count(0)


def test_the_house_is_found_and_painted_over(page: Page, server: AppServer) -> None:
    open_page(page, server, "lab_inpainting")
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_text("Mask of the house", exact=False).first).to_be_visible(timeout=RUN_MS)
    expect(page.get_by_text("The result has 128 x 128 pixels", exact=False)).to_be_visible()
