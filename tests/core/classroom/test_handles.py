"""Handles: whatever somebody types is shown as a plain name that no spreadsheet runs, or refused."""

import doctest
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.cells import neutral
from core.classroom import handles
from core.classroom.handles import LONGEST, BadHandle, clean, key, order, readable

ANYTHING = st.text(max_size=60)
BAIT = st.lists(st.sampled_from([*"=+-−@'\"`|;,\t\r\n \x00\u200b\u202e\u0301\u3164\ufe0fA1é＝＠"]), max_size=12).map(
    "".join
)


def test_the_examples_are_true() -> None:
    assert doctest.testmod(handles).failed == 0


@given(ANYTHING | BAIT)
@example("a;=1+1")
@example("=\u0301a")
@example("e\u200b\u0301")
@example("−1")
@example("\ufeff\u00a0=cmd|' /C calc'!A0")
def test_whatever_is_typed_becomes_a_plain_name_or_is_refused(text: str) -> None:
    try:
        name = clean(text)
    except BadHandle as refused:
        assert refused.remedy and len(refused.message) < 300
        return
    assert 1 <= len(name) <= LONGEST
    assert clean(name) == name
    assert neutral(name) == name, "a spreadsheet would take it for a formula"
    assert name == " ".join(name.split()) and any(sign.isalnum() for sign in name)
    assert not {unicodedata.category(sign) for sign in name} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert key(name) and len(key(name)) <= 64


@given(st.lists(ANYTHING, max_size=5))
def test_any_handles_can_be_put_in_order(names: list[str]) -> None:
    assert [order(name) for name in sorted(names, key=order)] == sorted(map(order, names))


def test_numbers_stand_by_their_size_and_case_does_not_matter() -> None:
    names = ["Zoë", "Team 10", "ben", "Team 1", "Émile", "Team 2", "Ada", "emma", "5", "10"]
    assert sorted(names, key=order) == ["5", "10", "Ada", "ben", "Émile", "emma", "Team 1", "Team 2", "Team 10", "Zoë"]


@given(ANYTHING)
def test_a_key_does_not_depend_on_case_or_spaces(text: str) -> None:
    assert key(text.replace("ẞ", "").casefold()) == key(text.replace("ẞ", ""))
    assert key(" ".join(text)) == key(text)


@given(st.text(max_size=200))
def test_a_readable_text_is_one_line_and_stays_as_it_is(text: str) -> None:
    flat = readable(text)
    assert readable(flat) == flat and "\n" not in flat and "\x00" not in flat


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("=1+1", "1+1"),
        ("+49 171", "49 171"),
        ("@SUM(A1)", "SUM(A1)"),
        ("－1", "1"),
        ("a;=1+1", "a,=1+1"),
        ("Ada\u202eL", "AdaL"),
        ("Ada\nLovelace", "Ada Lovelace"),
        ("Zo\u0308e", "Zöe"),
        ("A\u0301\u0302\u0303\u0304\u0305da", "Á\u0302\u0303da"),
        ("Ａｄａ", "Ada"),
        ("सीमा", "सीमा"),
        ("O'Neill", "O'Neill"),
        ("<b>Ada</b>", "<b>Ada</b>"),
        (":red[Ada] $x$", ":red[Ada] $x$"),
        ("Robert'); DROP TABLE people;--", "Robert'), DROP TABLE people,--"),
    ],
)
def test_a_name_is_kept_as_far_as_it_can_be_read(typed: str, kept: str) -> None:
    assert clean(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "   ", "\x00\x01", "\u200b\u200d", "\u3164\u3164", "\u115f", "…", "====", "🙂", "\u0301", "\u2800"]
)
def test_a_name_that_nobody_can_read_is_refused(typed: str) -> None:
    with pytest.raises(BadHandle, match="no letter or digit"):
        clean(typed)


@pytest.mark.parametrize("typed", ["x" * 33, "x" * 1_000_000, "ﷺ" * 3])
def test_a_name_that_is_too_long_is_refused_without_being_repeated(typed: str) -> None:
    with pytest.raises(BadHandle, match=r"has \d+ characters") as refused:
        clean(typed)
    assert len(refused.value.message) < 60


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "ADA"),
        ("Ada", "A d a"),
        ("Zoë", "zoe"),
        ("Bob", "B0b"),
        ("Al", "A1"),
        ("Ilya", "llya"),
        ("Straße", "STRASSE"),
        ("Ada", "\u0410da"),  # Cyrillic
        ("Anna", "\u0391nna"),  # Greek
        ("Ada", "Ａｄａ"),
        ("Ada", "Ada\ufe0f"),
        ("Ada.", "Ada"),
    ],
)
def test_names_that_nobody_can_tell_apart_are_the_same(one: str, other: str) -> None:
    assert key(clean(one)) == key(clean(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "Ada2"),
        ("Anna", "Hanna"),
        ("सीमा", "समा"),
        ("राम", "रोम"),
        ("민수", "민서"),
        ("Нина", "Инна"),
        ("王", "玉"),
    ],
)
def test_names_that_differ_are_two(one: str, other: str) -> None:
    assert key(clean(one)) != key(clean(other))
