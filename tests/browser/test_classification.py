"""The classification lab on its page: the twin names the object, and a switch that is off shows its effect."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import open_page
from tests.browser.server import AppServer

RUN_MS = 300_000
SHORT = "image_classification_batch_sizes=1,2&image_classification_repeats=2"


def test_the_house_is_named_and_batches_are_timed(page: Page, server: AppServer) -> None:
    open_page(page, server, f"lab_image_classification?{SHORT}&image_classification_eval_mode=false")
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_text("What the network is given")).to_be_visible(timeout=RUN_MS)
    expect(page.get_by_text("Top 5, as set")).to_be_visible()
    expect(page.get_by_text("The same picture in different company")).to_be_visible()
    expect(page.get_by_text("In training mode they moved by up to", exact=False)).to_be_visible()
    expect(page.get_by_text("Whoever waits for one picture waits for the whole batch", exact=False)).to_be_visible()


def test_a_question_begins_with_its_own_picture(page: Page, server: AppServer) -> None:
    open_page(page, server, "i3")
    chosen = page.get_by_role("combobox", name="Picture", exact=True)
    expect(chosen).to_have_value("A cup and a toy cat on a table")


def test_a_missing_twin_is_refused_with_what_to_do(page: Page, server: AppServer) -> None:
    open_page(
        page,
        server,
        "lab_image_classification?image_classification_model=resnet18&image_classification_source=embedded",
    )
    expect(page.get_by_text("ResNet18 has no small twin", exact=False)).to_be_visible()
    expect(page.get_by_role("button", name="Run it")).to_have_count(0)
