import csv
import io
import re
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.cells import neutral
from tests.core.classroom.exports.examples import NASTY

UNSEEN = "".join(chr(code) for code in (*range(33), 0x7F, 0xA0, 0xAD, 0x200B, 0x202E, 0x2066, 0x3000, 0xFEFF)) + '"'
SIGNS = "=+-@＝＋－＠"
few = st.text(st.sampled_from("=+-@＝;\t\n \"'x1,\u200b"), max_size=8)
texts = st.one_of(few, st.text(st.one_of(st.sampled_from(SIGNS + UNSEEN), st.characters(exclude_categories=["Cs"]))))


@pytest.mark.parametrize("text", NASTY)
def test_what_a_spreadsheet_would_run_begins_with_an_apostrophe(text: str) -> None:
    assert str(neutral(text)).startswith("'")


@pytest.mark.parametrize(
    "text", ["\ttext", "\rtext", "\ntext", "\x00text", "-", "+", "-3-3", "+x", "-1e999", "-٣", "−1"]
)
def test_a_sign_or_a_control_character_in_front_is_enough(text: str) -> None:
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize(
    "value", [-3, -0.5, 0, True, None, "-3", "+4.5", "-1e-5", "Ada", "a-b", "a=b", "", "'=1", "a, b"]
)
def test_numbers_plain_texts_and_neutral_ones_stay_as_they_are(value: str | float | None) -> None:
    found = neutral(value)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_a_figure_that_is_not_finite_is_an_empty_cell(value: float) -> None:
    assert neutral(value) is None


@pytest.mark.parametrize(
    ("text", "found"), [("x;=1+1", "x;'=1+1"), ("x\n@y", "x\n'@y"), ("x\t +1;-1", "x\t' +1;'-1"), ("x, =1", "x, =1")]
)
def test_a_cell_that_begins_within_a_text_is_neutral_too(text: str, found: str) -> None:
    """A spreadsheet whose lists are separated by semicolons splits a line of CSV there."""
    assert neutral(text) == found


@settings(deadline=None)
@given(texts)
def test_twice_is_the_same_as_once(text: str) -> None:
    assert neutral(neutral(text)) == neutral(text)


@settings(deadline=None)
@given(texts)
def test_only_apostrophes_are_added(text: str) -> None:
    assert str(neutral(text)).replace("'", "") == text.replace("'", "")


@settings(deadline=None)
@given(texts)
def test_no_part_of_a_text_begins_like_a_formula_wherever_a_spreadsheet_splits_it(text: str) -> None:
    found = str(neutral(text))
    parts = [] if re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", found) else re.split("[;\t\r\n]", found)
    assert not [part for part in parts if part.lstrip(UNSEEN)[:1] in tuple(SIGNS)]
    assert found[:1] not in ("\t", "\r", "\n", "\x00")


@settings(deadline=None)
@given(st.lists(texts, min_size=1, max_size=4))
def test_a_line_that_is_split_at_semicolons_holds_no_formula_either(cells: list[str]) -> None:
    out = io.StringIO()
    csv.writer(out).writerow(["x", *map(neutral, cells)])
    parts = re.split("[;\t\r\n]", out.getvalue())
    assert not [part for part in parts if part.lstrip(UNSEEN)[:1] in tuple(SIGNS)]
