"""Which option draws whom, against counting and scipy; and what is said about it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pointbiserialr

from core.classroom.statistics import Response, distractors
from core.classroom.statistics.distractors import Option
from tests.core.classroom.statistics.classes import response

CHOSEN = st.sampled_from(["", "a", "b", "ab", "abc", "c"])


def class_of(choices: list[str], rest: list[list[float]], key: str = "a") -> list[Response]:
    """Students with these choices at Q1 and these scores at the other questions."""
    return [
        one
        for student, (chosen, scores) in enumerate(zip(choices, rest, strict=True))
        for one in (
            response(f"s{student}", "Q1", chosen, key),
            *(response(f"s{student}", f"Q{q}", "a", score=score) for q, score in enumerate(scores, start=2)),
        )
    ]


def options_of(choices: list[str], rest: list[list[float]], key: str = "a") -> dict[str, Option]:
    found = distractors(class_of(choices, rest, key), "Q1", ["a", "b", "c", "d"])
    return {option.id: option for option in found.options}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(CHOSEN, st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=3, max_size=3)), max_size=20))
def test_every_student_is_counted_once(students: list[tuple[str, list[float]]]) -> None:
    choices, rest = [chosen for chosen, _ in students], [scores for _, scores in students]
    found = distractors(class_of(choices, rest), "Q1", ["a", "b", "c", "d"])
    n = len(students)
    assert (found.n, found.n_complete, found.n_blank) == (n, n, choices.count(""))
    assert sum(found.third_sizes) == (n if n >= 9 else 0)
    for option in found.options:
        ticked = np.array([option.id in chosen for chosen in choices], dtype=float)
        assert option.chosen.count == ticked.sum()
        assert tuple(third.n for third in option.thirds) == found.third_sizes
        assert sum(third.count for third in option.thirds) == (ticked.sum() if n >= 9 else 0)
        totals = np.array(rest).sum(axis=1) if n else np.array([])
        if n < 2 or np.ptp(ticked) == 0 or np.ptp(totals) == 0:
            assert option.correlation is None
        else:
            assert option.correlation == pytest.approx(100 * pointbiserialr(ticked, totals)[0])


def test_a_good_distractor_draws_the_lower_third_and_is_not_flagged() -> None:
    rest = [[float(student >= 4), float(student >= 8)] for student in range(12)]
    found = options_of(["b"] * 3 + ["c"] + ["a"] * 8, rest)
    assert [third.percent for third in found["b"].thirds] == [75, 0, 0]
    assert (found["a"].is_right, found["b"].is_right) == (True, False)
    assert found["a"].correlation and found["a"].correlation > 0 and found["a"].flags == ()
    assert found["b"].correlation and found["b"].correlation < 0 and found["b"].flags == ()
    assert found["d"].flags == ("hardly anybody chooses it (under 5 %)",)


def test_a_wrong_key_is_suspected_from_both_sides() -> None:
    rest = [[float(student >= 4), float(student >= 8)] for student in range(12)]
    found = options_of(["a"] * 6 + ["b"] * 6, rest)
    assert found["a"].flags == ("right, yet chosen by those who do worse on the rest: suspected wrong key",)
    assert found["b"].flags == ("wrong, yet chosen by those who do better on the rest: suspected wrong key",)


def test_what_may_be_chance_is_said_to_be() -> None:
    rest = [[float(student % 2)] for student in range(12)]
    found = options_of(["a", "b", "a", "b", "a", "a", "a", "a", "a", "a", "a", "a"], rest)
    assert found["b"].flags == (
        "wrong, yet chosen by those who do better on the rest: suspected wrong key (may be chance)",
    )


def test_nothing_is_said_about_nine_students() -> None:
    rest = [[float(student >= 4), float(student >= 8)] for student in range(9)]
    assert all(option.flags == () for option in options_of(["a"] * 4 + ["b"] * 5, rest).values())


def test_a_key_that_differs_from_student_to_student_is_not_suspected() -> None:
    rest = [[float(student >= 4), float(student >= 8)] for student in range(12)]
    given = class_of(["a"] * 6 + ["b"] * 6, rest)
    mixed = [
        Response(one.student, one.question, 1, one.choices, ("b",), one.score, one.at) if one.student == "s0" else one
        for one in given
    ]
    found = {option.id: option for option in distractors(mixed, "Q1", ["a", "b", "c"]).options}
    assert (found["a"].is_right, found["b"].is_right, found["c"].is_right) == (None, None, False)
    assert found["a"].flags == found["b"].flags == ()


def test_who_did_not_reach_everything_is_in_the_shares_alone() -> None:
    given = [*class_of(["a", "b", "a"], [[1.0], [0.0], [1.0]]), response("late", "Q1", "b")]
    found = distractors(given, "Q1", ["a", "b"])
    assert (found.n, found.n_complete) == (4, 3)
    assert found.options[1].chosen.count == 2 and found.options[1].correlation == pytest.approx(-100)


def test_an_option_that_the_bank_has_dropped_is_still_shown_and_the_attempt_rule_holds() -> None:
    given = [response("ada", "Q1", "z", attempt=1), response("ada", "Q1", "a", attempt=2)]
    assert [(one.id, one.chosen.count) for one in distractors(given, "Q1", ["a"]).options] == [("a", 0), ("z", 1)]
    last = distractors(given, "Q1", ["a"], attempt="last")
    assert [(one.id, one.chosen.count) for one in last.options] == [("a", 1)] and last.attempt == "last"


def test_a_question_that_nobody_answered_has_no_shares() -> None:
    found = distractors([response("ada", "Q2", "a")], "Q1", ["a"])
    assert (found.n, found.n_complete, found.options[0].chosen.percent, found.options[0].is_right) == (0, 0, None, None)
