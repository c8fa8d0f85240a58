"""What stands beside a measured figure: the limit, what holds the run, its conditions, and what can be taken away."""

import csv
import io
import json
import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import measured, open_page, open_tab
from tests.browser.server import AppServer


def test_a_run_says_what_holds_it_and_under_which_conditions(page: Page, server: AppServer) -> None:
    open_page(page, server, "lab_text_generation?text_generation_max_new_tokens=40")
    page.get_by_role("button", name="Run it").click()
    measured(page)
    expect(page.get_by_text(re.compile("Cold \\(hollow\\): .* Median of 2 warm"))).to_be_visible()
    expect(page.get_by_text(re.compile("Median of 78 tokens: .* p90"))).to_be_visible()
    open_tab(page, "Why")
    expect(page.get_by_text("What holds this run back.")).to_be_visible()
    expect(page.get_by_text("Try next.")).to_be_visible()
    open_tab(page, "Conditions")
    expect(page.get_by_text(re.compile("of the weight files were in memory before the load"))).to_be_visible()


def test_a_picture_stands_beside_its_limit(page: Page, server: AppServer) -> None:
    open_page(page, server, "lab_text_to_image?text_to_image_num_inference_steps=4")
    page.get_by_role("button", name="Run it").click()
    measured(page)
    open_tab(page, "Limit")
    expect(page.get_by_text(re.compile("^Dashed: the limit of this device, .* per evaluation"))).to_be_visible()


def test_a_run_can_be_taken_away_in_three_shapes(page: Page, server: AppServer) -> None:
    open_page(page, server, "lab_text_generation?text_generation_max_new_tokens=5")
    page.get_by_role("button", name="Run it").click()
    measured(page)
    open_tab(page, "Take away")
    taken = {}
    for name in ("JSON", "CSV", "Notebook"):
        with page.expect_download() as download:
            page.get_by_role("button", name=name, exact=True).click()
        taken[name] = download.value.path().read_text()
    record = json.loads(taken["JSON"])
    rows = list(csv.DictReader(io.StringIO(taken["CSV"])))
    assert [float(row["wall_s"]) for row in rows] == [repeat["wall_s"] for repeat in record["repeats"]]
    assert "max_new_tokens=5" in json.loads(taken["Notebook"])["cells"][1]["source"]
