"""Text that the theme's colours alone would leave too faint."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import open_page
from tests.browser.server import AppServer

LEAST = 4.5
"""Of WCAG 2.1, for text of normal size."""
CONTRAST = """element => {
  const parts = text => text.match(/[0-9.]+/g).map(Number);
  const behind = node => {
    if (!node) return [255, 255, 255];
    const [r, g, b, alpha = 1] = parts(getComputedStyle(node).backgroundColor);
    if (alpha === 1) return [r, g, b];
    const under = behind(node.parentElement);
    return [r, g, b].map((value, i) => alpha * value + (1 - alpha) * under[i]);
  };
  const linear = value => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const [text, ground] = [parts(getComputedStyle(element).color), behind(element)].map(luminance);
  return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_selected_can_be_read(browser: Browser, server: AppServer, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    open_page(page, server, "")
    for name in ("float16", "float32"):
        option = page.get_by_role("radio", name=name)
        expect(option).to_be_visible()
        assert option.evaluate(CONTRAST) >= LEAST, name
    caption = page.get_by_text("Computed, not measured")
    assert caption.evaluate(CONTRAST) >= LEAST
    context.close()
