"""What a visitor sees after a run of the page, and after a run of one of its fragments."""

from collections.abc import Sequence

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench.protocol.page import Page, PageBroken


def begin(page: Page, *fragments: str) -> None:
    message = ForwardMsg()
    message.metadata.run.script_run_id = "run"
    message.metadata.run.fragment_ids.extend(fragments)
    message.new_session.initialize.session_id = "session"
    assert not page.receive(message)


def draw(page: Page, place: Sequence[int], kind: str, fragment: str = "", **fields: str) -> None:
    message = ForwardMsg()
    message.metadata.delta_path.extend(place)
    message.delta.fragment_id = fragment
    element = getattr(message.delta.new_element, kind)
    element.SetInParent()
    for name, value in fields.items():
        setattr(element, name, value)
    assert not page.receive(message)


def tick(page: Page, fragment: str, seconds: float) -> None:
    message = ForwardMsg()
    message.auto_rerun.fragment_id, message.auto_rerun.interval = fragment, seconds
    assert not page.receive(message)


def finish(page: Page, status: "ForwardMsg.ScriptFinishedStatus.ValueType" = ForwardMsg.FINISHED_SUCCESSFULLY) -> bool:
    return page.receive(ForwardMsg(script_finished=status))


def drawn(*texts: str) -> Page:
    page = Page()
    begin(page)
    for index, text in enumerate(texts):
        draw(page, (0, index), "markdown", body=text)
    assert finish(page)
    return page


def test_what_a_run_does_not_draw_again_is_gone() -> None:
    page = drawn("one", "two")
    begin(page)
    draw(page, (0, 0), "markdown", body="three")
    assert finish(page) and page.text == "three"


def test_a_run_of_a_fragment_withdraws_only_its_own() -> None:
    page = drawn("outside")
    begin(page)
    draw(page, (0, 0), "markdown", body="outside")
    draw(page, (0, 1, 0), "markdown", fragment="f", body="first")
    draw(page, (0, 1, 1), "markdown", fragment="f", body="second")
    draw(page, (0, 2, 0), "markdown", fragment="g", body="other")
    finish(page)
    begin(page, "f")
    draw(page, (0, 1, 0), "markdown", fragment="f", body="again")
    assert finish(page, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
    assert page.text.splitlines() == ["outside", "again", "other"]


def test_a_run_that_is_begun_anew_is_not_finished() -> None:
    page = drawn("one")
    begin(page)
    draw(page, (0, 0), "markdown", body="half")
    assert not finish(page, ForwardMsg.FINISHED_EARLY_FOR_RERUN)
    begin(page)
    draw(page, (0, 0), "markdown", body="whole")
    assert finish(page) and page.text == "whole"


def test_timers_are_those_of_the_last_run_of_the_whole_page() -> None:
    page = drawn()
    begin(page)
    tick(page, "f", 2)
    tick(page, "g", 1)
    finish(page)
    begin(page, "f")
    finish(page, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
    assert page.timers == {"f": 2, "g": 1}
    stop = ForwardMsg()
    stop.stop_auto_rerun.fragment_ids.append("g")
    page.receive(stop)
    assert page.timers == {"f": 2}
    begin(page)
    finish(page)
    assert page.timers == {}


def test_a_widget_is_found_by_its_key_and_by_its_label() -> None:
    page = Page()
    begin(page)
    draw(page, (0, 0), "button", id="$$ID-0a1b-q4_answer-send", label="Check")
    finish(page)
    assert page.find("q4_answer-send") is page.find("Check") and page.keys("q4") == ["q4_answer-send"]
    with pytest.raises(PageBroken, match="no 'Send'"):
        page.find("Send")


def test_an_exception_on_the_page_breaks_it() -> None:
    page = Page()
    begin(page)
    draw(page, (0, 0), "exception", type="KeyError", message="'wall_s'")
    with pytest.raises(PageBroken, match="KeyError: 'wall_s'"):
        finish(page)


def test_an_exception_of_an_earlier_run_is_forgotten() -> None:
    page = Page()
    begin(page)
    draw(page, (0, 0), "exception", type="KeyError", message="'wall_s'")
    with pytest.raises(PageBroken):
        finish(page)
    begin(page)
    assert finish(page)


def test_a_page_that_is_not_there_breaks() -> None:
    message = ForwardMsg()
    message.page_not_found.page_name = "q99"
    with pytest.raises(PageBroken, match="no page 'q99'"):
        Page().receive(message)
