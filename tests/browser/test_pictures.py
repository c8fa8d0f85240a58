"""Looking at pictures: the line between two, the heat map, a grid, the gallery, and settings from a file."""

import re
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import measured, open_page, open_tab, settled
from tests.browser.server import AppServer


def shown_width(frame: Locator) -> str:
    """How much of the first picture is cut away from the right."""
    return str(frame.locator("img.first").evaluate("picture => getComputedStyle(picture).clipPath"))


def test_the_line_between_two_pictures_is_moved(page: Page, server: AppServer) -> None:
    query = "text_to_image_num_inference_steps=5&text_to_image_sweep=Seed&text_to_image_sweep_values=1%2C2"
    open_page(page, server, f"lab_text_to_image?{query}")
    page.get_by_role("button", name="Run it").click()
    measured(page)
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_text("Your previous run:")).to_be_visible()
    measured(page)
    open_tab(page, "Compare")
    slider = page.get_by_role("slider", name=re.compile(r"Left of the line: 1: seed 1.*Right of it: 2: seed 2"))
    frame = page.locator(".frame", has=slider)
    before = shown_width(frame)
    slider.press("ArrowLeft")
    assert slider.input_value() == "49" and shown_width(frame) != before
    box = frame.bounding_box()
    assert box is not None
    slider.click(position={"x": 0.2 * box["width"], "y": 0.5 * box["height"]})
    expect(slider).to_have_value(re.compile("^(19|20|21)$"))
    page.get_by_text("Where they differ", exact=True).click()
    settled(page)
    expect(page.get_by_text("of 255: the largest difference")).to_be_visible()
    expect(page.get_by_alt_text("Heat map of the difference")).to_be_visible()
    open_page(page, server, "runs")
    page.get_by_text("Their pictures", exact=True).click()
    settled(page)
    expect(page.get_by_role("slider", name=re.compile("First run, picture 1.*Second run, picture 2"))).to_be_visible()


def test_a_grid_over_two_settings_is_kept_in_the_gallery_and_made_again_from_its_file(
    page: Page, server: AppServer, tmp_path: Path
) -> None:
    query = {
        "num_inference_steps": "5",
        "seed": "4",
        "sweep": "num_inference_steps",
        "sweep_values": "2, 4",
        "second_sweep": "guidance_scale",
        "second_sweep_values": "1, 7.5, 20",
    }
    parts = urlencode({f"text_to_image_{name}": value for name, value in query.items()})
    open_page(page, server, f"lab_text_to_image?{parts}")
    page.get_by_role("button", name=re.compile("Run (it|again)")).click()
    expect(page.get_by_text(re.compile("^6 pictures: from"))).to_be_visible(timeout=60_000)
    measured(page)
    grid = page.get_by_role("region", name="Grid of pictures")
    expect(grid.get_by_role("columnheader", name="guidance 7.5")).to_be_visible()
    expect(grid.get_by_role("rowheader", name="steps 4")).to_be_visible()
    expect(grid.get_by_role("img")).to_have_count(6)
    expect(grid.get_by_role("cell").nth(3)).to_have_text(re.compile(r"^[0-9.]+ m?s · [0-9.]+ GiB$"))

    open_page(page, server, "pictures")
    tile = page.get_by_test_id("stVerticalBlock").filter(has=page.get_by_text("steps 4, guidance 20, seed 4")).last
    with page.expect_download() as loading:
        tile.get_by_role("button", name="PNG").click()
    file = tmp_path / "picture.png"
    loading.value.save_as(file)
    tile.get_by_role("link", name="Make it again").click()
    expect(page.get_by_role("heading", name="Generate a picture")).to_be_visible()
    page.get_by_text("All settings").click()
    expect(page.get_by_role("spinbutton", name="Guidance scale")).to_have_value(re.compile("^20"))
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value("4")

    open_page(page, server, "lab_text_to_image")
    page.get_by_text("Settings of a picture").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
    expect(page.get_by_text(re.compile("Taken over.*Guidance scale: 20"))).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_text("All settings").click()
    expect(page.get_by_role("spinbutton", name="Guidance scale")).to_have_value(re.compile("^20"))
