"""Codes: read aloud, typed badly, found all the same; and never met by chance."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.classroom import codes
from core.classroom.codes import ALPHABET, JOIN_LENGTH, LONGEST_TYPED, PERSONAL_LENGTH, new_code, spelled, tidy

CODES = st.text(ALPHABET, min_size=1, max_size=20)


def test_the_examples_are_true() -> None:
    assert doctest.testmod(codes).failed == 0


def test_no_sign_looks_like_another() -> None:
    assert len(ALPHABET) == 32 == len(set(ALPHABET)) and not set(ALPHABET) & set("ILOU")


@pytest.mark.parametrize("length", [JOIN_LENGTH, PERSONAL_LENGTH])
def test_new_codes_differ_and_use_every_sign(length: int) -> None:
    made = [new_code(length) for _ in range(2000)]
    assert {len(code) for code in made} == {length}
    assert set("".join(made)) == set(ALPHABET)
    assert len(set(made)) > 1990


@given(CODES)
def test_a_code_that_was_read_aloud_is_the_code(code: str) -> None:
    assert tidy(spelled(code)) == code == tidy(code)


@given(CODES, st.sampled_from([" ", "-", "–", "\t", "\n", "\u00a0", "\x00", "."]), st.booleans())
def test_what_stands_between_and_the_case_do_not_matter(code: str, between: str, is_low: bool) -> None:
    typed = between.join(code)
    assert tidy(typed.lower() if is_low else typed) == code[: len(tidy(typed))]
    assert tidy(typed) == code or len(typed) > LONGEST_TYPED


@given(CODES)
def test_misread_signs_are_understood(code: str) -> None:
    for right, wrong in (("0", "O"), ("0", "o"), ("1", "I"), ("1", "l"), ("1", "i"), ("7", "７")):
        assert tidy(code.replace(right, wrong)) == code


@given(st.text())
def test_anything_typed_is_tidied_to_letters_and_digits(text: str) -> None:
    assert all(sign.isalnum() for sign in tidy(text)) and tidy(tidy(text)) == tidy(text)


def test_a_page_of_text_is_not_searched_for_a_code() -> None:
    assert len(tidy("K" * 1_000_000)) == LONGEST_TYPED


@given(CODES)
def test_groups_are_short_enough_to_read(code: str) -> None:
    groups = spelled(code).split()
    assert "".join(groups) == code
    assert max(map(len, groups)) <= (3 if len(code) <= JOIN_LENGTH else 4)
