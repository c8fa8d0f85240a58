import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.quiz.scoring import RULES, Scheme, blind_scores, score, score_any

OPTIONS = [frozenset(ids) for ids in ("a", "ab", "abc", "abcd", "b", "cd", "bcd", "ad")]
SCHEMES: list[Scheme] = ["all-or-nothing", "plus-minus", "balanced"]
subsets = st.frozensets(st.sampled_from("abcdef"))
keys = st.frozensets(st.sampled_from("abcdef"), min_size=1)


@pytest.mark.parametrize(
    ("scheme", "ticked", "right", "expected"),
    [
        ("all-or-nothing", "ab", "ab", 1),
        ("all-or-nothing", "a", "ab", 0),
        ("plus-minus", "a", "ab", 0.5),
        ("plus-minus", "ac", "ab", 0),
        ("plus-minus", "abc", "ab", 0.5),
        ("plus-minus", "abcd", "abc", 2 / 3),
        ("balanced", "abcd", "abc", 0),
        ("balanced", "ab", "abc", 2 / 3),
        ("balanced", "abc", "ab", 0.5),
        ("balanced", "ab", "abcd", 0.5),
    ],
)
def test_formulas_give_the_worked_out_scores(scheme: Scheme, ticked: str, right: str, expected: float) -> None:
    assert score(scheme, frozenset(ticked), frozenset(right), 4) == pytest.approx(expected)


@given(st.sampled_from(SCHEMES), subsets, keys)
def test_score_is_between_0_and_1_and_full_only_for_the_key(
    scheme: Scheme, ticked: frozenset[str], right: frozenset[str]
) -> None:
    value = score(scheme, ticked, right, 6)
    assert 0 <= value <= 1
    assert (value == 1) == (ticked == right)


@given(st.sampled_from(SCHEMES), subsets, keys, st.sampled_from("abcdef"))
def test_a_further_right_tick_never_lowers_the_score_and_a_wrong_one_never_raises_it(
    scheme: Scheme, ticked: frozenset[str], right: frozenset[str], other: str
) -> None:
    before, after = score(scheme, ticked, right, 6), score(scheme, ticked | {other}, right, 6)
    if other in right:
        assert after >= before
    elif other not in ticked:
        assert after <= before


@given(st.sampled_from(SCHEMES), keys)
def test_nothing_ticked_scores_nothing(scheme: Scheme, right: frozenset[str]) -> None:
    assert score(scheme, frozenset(), right, 6) == 0


@given(keys.filter(lambda right: len(right) < 6))
def test_balanced_pays_nothing_for_ticking_everything(right: frozenset[str]) -> None:
    assert score("balanced", frozenset("abcdef"), right, 6) == 0


def test_another_accepted_answer_counts_only_as_a_whole() -> None:
    accepted = [frozenset("c"), frozenset("bc")]
    assert score_any("plus-minus", frozenset("bc"), accepted, 4) == 1
    assert score_any("plus-minus", frozenset("b"), accepted, 4) == 0
    assert score_any("plus-minus", frozenset("abc"), accepted, 4) == 0


@pytest.mark.parametrize(
    ("options", "right", "scheme", "coin", "everything"),
    [
        ("abcd", "a", "plus-minus", 0.067, 0),
        ("abcd", "a", "balanced", 0.267, 0),
        ("abcd", "ab", "all-or-nothing", 0.067, 0),
        ("abcd", "abc", "plus-minus", 0.378, 0.667),
        ("abcd", "abc", "balanced", 0.267, 0),
        ("abcdef", "abcd", "plus-minus", 0.286, 0.5),
        ("abcdef", "ab", "balanced", 0.175, 0),
    ],
)
def test_blind_strategies_earn_what_was_worked_out(
    options: str, right: str, scheme: Scheme, coin: float, everything: float
) -> None:
    found = blind_scores(scheme, [frozenset(right)], list(options), False)
    assert found["ticking by coin"] == pytest.approx(coin, abs=5e-4)
    assert found["ticking everything"] == pytest.approx(everything, abs=5e-4)


def test_guessing_a_single_question_earns_one_over_the_number_of_options() -> None:
    assert blind_scores("plus-minus", [frozenset("b")], list("abcd"), True) == {"guessing": 0.25}


def test_every_scheme_has_a_sentence() -> None:
    assert set(RULES) == set(SCHEMES)
