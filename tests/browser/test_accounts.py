"""Signing in with an account, against a provider on this machine: teachers by a list, students on every device."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import open_page, settled
from tests.browser.oidc_provider import CLIENT, Provider, running_provider
from tests.browser.server import AppServer

TEACHER = {"sub": "t-1", "email": "Ada.Teacher@school.example", "email_verified": True}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[AppServer]:
    folder: Path = tmp_path_factory.mktemp("accounts")
    secrets = folder / "secrets.toml"
    running = AppServer(
        folder / "app",
        VRAM_LAB_WORKERS="external",
        VRAM_LAB_TEACHERS="ada.teacher@school.example",
        STREAMLIT_SECRETS_FILES=str(secrets),
    )
    secrets.write_text(
        f'[auth]\nredirect_uri = "{running.url}/oauth2callback"\ncookie_secret = "only for this test"\n'
        f'client_id = "{CLIENT}"\nclient_secret = "only for this test"\n'
        f'server_metadata_url = "{provider.url}/.well-known/openid-configuration"\n'
    )
    running.start()
    yield running
    running.stop()


def sign_in(page: Page, server: AppServer, path: str, button: str) -> None:
    open_page(page, server, path)
    page.get_by_role("button", name=button).click()
    page.wait_for_url(f"{server.url}/")
    settled(page)
    open_page(page, server, path)


def open_a_class(page: Page) -> str:
    page.get_by_label("Title").fill("Physics 1")
    page.get_by_role("button", name="Open the class").click()
    return page.get_by_test_id("stMetricValue").first.inner_text()


def test_an_account_on_the_list_teaches_and_students_are_the_same_on_every_device(
    browser: Browser, server: AppServer, provider: Provider
) -> None:
    provider.account = TEACHER
    teacher = browser.new_context().new_page()
    sign_in(teacher, server, "teacher", "Sign in with your account")
    expect(teacher.get_by_role("heading", name="Classes")).to_be_visible()
    code = open_a_class(teacher)

    provider.account = {"sub": "s-1", "email": "student@school.example"}
    laptop = browser.new_context().new_page()
    sign_in(laptop, server, f"join?code={code}", "Sign in with your account first")
    laptop.get_by_role("textbox", name="Your name in this class").fill("Grace")
    laptop.get_by_role("button", name="Join the class").click()
    expect(laptop.get_by_text("You are Grace here.")).to_be_visible()

    phone = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    sign_in(phone, server, f"join?code={code}", "Sign in with your account first")
    phone.get_by_role("button", name="Join the class").click()
    expect(phone.get_by_text("You are Grace here.")).to_be_visible()


def test_an_account_that_is_not_on_the_list_teaches_nothing(
    browser: Browser, server: AppServer, provider: Provider
) -> None:
    provider.account = {**TEACHER, "sub": "s-2", "email_verified": False}
    page = browser.new_context().new_page()
    sign_in(page, server, "teacher", "Sign in with your account")
    expect(page.get_by_text("not on this installation's list of teachers", exact=False)).to_be_visible()
    expect(page.get_by_role("heading", name="Classes")).to_have_count(0)
