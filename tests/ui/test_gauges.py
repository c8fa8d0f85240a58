"""What the gauges of the start page say."""

from ui.gauges import Device, gauges_html


def test_a_model_without_room_is_named_below_the_gauge_and_to_a_screen_reader() -> None:
    html = gauges_html((Device("T4, 16 GB", 16e9),), "float32", dark=False)
    assert "No room left for SDXL inpainting (12.9 GiB)" in html
    assert 'aria-label="T4, 16 GB holds Qwen3-0.6B, YOLOv8n-seg, Stable Diffusion 1.5; no room left for' in html
    assert "No room left" not in gauges_html((Device("T4, 16 GB", 16e9),), "float16", dark=False)


def test_a_machine_that_calls_itself_markup_is_shown_as_text() -> None:
    assert "<i>" not in gauges_html((Device("<i>GPU</i>", 16e9, own=True),), "float16", dark=True)
