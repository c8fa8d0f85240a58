"""The class's statistics: worked examples, another way of computing them, and what is not defined."""

import json
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.classroom.statistics import Answer, item_statistics, marks_of, read_answers, report, table, total_statistics
from core.classroom.statistics.marks import Attempt, BadAnswers
from core.cli import main

EIGHT = ["11111", "11h10", "10h11", "11000", "01h01", "10000", "00100", "10010"]
"""Eight students on five questions of one mark each; h is half a mark."""
VALUE = {"1": 1.0, "0": 0.0, "h": 0.5}
HEAD = "student,question,attempt,score,max_score\n"


def answers(rows: list[str], attempt: int = 1) -> list[Answer]:
    return [
        Answer(f"s{index}", f"Q{column + 1}", attempt, VALUE[mark], 1.0)
        for index, row in enumerate(rows)
        for column, mark in enumerate(row)
        if mark != " "
    ]


def test_a_worked_example_of_eight_students() -> None:
    items, test = item_statistics(marks_of(answers(EIGHT))), total_statistics(marks_of(answers(EIGHT)))
    expected = {
        "facility": [75, 50, 43.75, 50, 37.5],
        "sd": [46.2910, 53.4522, 41.7261, 53.4522, 51.7549],
        "intended_weight": [20] * 5,
        "effective_weight": [15.886338, 20.666335, 16.632577, 24.133079, 22.681671],
        "discrimination_index": [3.013744, 17.011439, 15.450786, 44.539933, 36.074271],
        "discriminative_efficiency": [4.761905, 20.0, 18.367347, 53.846154, 41.818182],
        "alpha_if_deleted": [50.8629, 42.8725, 42.9119, 19.4332, 27.5523],
    }
    for name, values in expected.items():
        assert [getattr(item, name) for item in items] == pytest.approx(values, abs=1e-4), name
    assert (test.mean, test.median) == (2.5625, 2.25)
    found = (test.sd, test.skewness, test.kurtosis, test.cronbach_alpha, test.error_ratio, test.standard_error)
    assert found == pytest.approx((1.374188, 0.597817, -0.192103, 43.735225, 75.009850, 1.030776), abs=1e-5)
    assert "hardly tells students apart" in items[0].flags[0] and items[3].flags == ()


def test_the_discrimination_is_the_correlation_with_the_rest_in_its_interval() -> None:
    marks = marks_of(answers(EIGHT))
    for column, item in enumerate(item_statistics(marks)):
        rest = np.delete(marks.scores, column, axis=1).sum(axis=1)
        assert item.discrimination_index == pytest.approx(100 * np.corrcoef(marks.scores[:, column], rest)[0, 1])
    low, high = item_statistics(marks)[3].discrimination_interval or (0, 0)
    assert (low, high) == pytest.approx((-38, 88), abs=0.5)


def test_intervals_of_facility_are_wilsons_and_hold_the_value() -> None:
    item = item_statistics(marks_of(answers(["1"] * 8 + ["0"] * 2)))[0]
    assert item.facility_interval == pytest.approx((49.02, 94.33), abs=0.01)
    half = item_statistics(marks_of(answers(EIGHT)))[2]
    assert half.facility_interval and half.facility_interval[0] < half.facility < half.facility_interval[1]


def test_alphas_interval_holds_alpha_and_is_wide_for_eight() -> None:
    test = total_statistics(marks_of(answers(EIGHT)))
    assert test.cronbach_alpha and test.cronbach_alpha_interval
    low, high = test.cronbach_alpha_interval
    assert low < 0 < test.cronbach_alpha < high < 100


@pytest.mark.parametrize(
    ("rows", "nothing"),
    [
        (["11"], ("sd", "skewness", "kurtosis", "cronbach_alpha", "error_ratio", "standard_error")),
        (["10", "01"], ("skewness", "kurtosis", "cronbach_alpha")),
        (["11", "11", "11", "11"], ("skewness", "kurtosis", "cronbach_alpha", "error_ratio")),
        (["1", "0", "1", "0"], ("cronbach_alpha", "error_ratio", "standard_error")),
    ],
)
def test_what_is_not_defined_is_none_and_never_zero(rows: list[str], nothing: tuple[str, ...]) -> None:
    marks = marks_of(answers(rows))
    test = total_statistics(marks)
    assert [getattr(test, name) for name in nothing] == [None] * len(nothing)
    if len(set(rows)) == 1:
        assert all(item.discrimination_index is None for item in item_statistics(marks))
    json.dumps(report(marks, "first"), allow_nan=False)


def test_a_question_that_works_against_the_test_has_no_weight_and_a_flag() -> None:
    items = item_statistics(marks_of(answers(["1110", "1100", "1110", "0001", "0001", "1000"])))
    assert items[3].effective_weight is None and "check its key" in items[3].flags[0]
    assert sum(item.effective_weight or 0 for item in items) == pytest.approx(100)


def test_a_question_not_reached_counts_nowhere_and_a_blank_one_as_nothing() -> None:
    marks = marks_of([*answers(["111", "110", "10 "]), Answer("s3", "Q1", 1, None, 1.0)])
    assert [item.n for item in item_statistics(marks)] == [4, 3, 2]
    assert item_statistics(marks)[0].n_blank == 1 and item_statistics(marks)[0].facility == 75
    assert total_statistics(marks).n == 2


def test_first_last_and_best_attempt() -> None:
    given_twice = [Answer("a", "Q1", 2, 0.0, 1.0), Answer("a", "Q1", 1, 0.5, 1.0), Answer("a", "Q1", 3, 0.25, 1.0)]
    attempts: tuple[Attempt, ...] = ("first", "last", "best")
    assert [marks_of(given_twice, rule).scores[0, 0] for rule in attempts] == [0.5, 0.25, 0.5]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=4, max_size=4), min_size=3, max_size=12))
def test_figures_stay_within_what_they_can_be(rows: list[list[float]]) -> None:
    marks = marks_of(
        Answer(f"s{i}", f"Q{j}", 1, value, 1.0) for i, row in enumerate(rows) for j, value in enumerate(row)
    )
    test = total_statistics(marks)
    for item in item_statistics(marks):
        assert 0 <= item.facility <= 100
        assert item.discrimination_index is None or -100.001 <= item.discrimination_index <= 100.001
        assert item.discriminative_efficiency is None or item.discriminative_efficiency <= 100.001
        low, high = item.facility_interval or (0, 100)
        assert low - 1e-9 <= item.facility <= high + 1e-9 or {0.5} & {value for row in rows for value in row}
    assert test.cronbach_alpha is None or test.cronbach_alpha <= 100.001
    if test.error_ratio is not None and test.sd is not None and test.cronbach_alpha is not None:
        assert test.standard_error == pytest.approx(test.sd * sqrt(max(0, 1 - test.cronbach_alpha / 100)))


def write(tmp_path: Path, text: str) -> str:
    (tmp_path / "answers.csv").write_text(text)
    return str(tmp_path / "answers.csv")


def test_the_command_prints_json_and_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{a.student},{a.question},{a.attempt},{a.score},{a.max_score},more\n" for a in answers(EIGHT))
    path = write(tmp_path, HEAD.replace("\n", ",note\n") + rows)
    assert main(["stats", path, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["students"], found["questions"], found["attempt"]) == (8, 5, "first")
    assert found["items"][3]["discrimination_index"] == pytest.approx(44.539933, abs=1e-5)
    assert found == json.loads(json.dumps(report(marks_of(read_answers(Path(path))), "first")))
    assert main(["stats", path, "--attempt", "best"]) == 0
    text = capsys.readouterr().out
    assert text.strip() == table(report(marks_of(answers(EIGHT), "best"), "best")).strip()
    assert "too few to judge" in text and "44.54" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no column student"),
        ("student,question\na,Q1\n", "has no column attempt, score, max_score"),
        (HEAD, "no answer to look at"),
        (HEAD + "a,Q1,1,x,1\n", "row 2: score is 'x'"),
        (HEAD + "a,Q1,1,1,1\n,Q1,1,1,1\n", "row 3 names no student"),
        (HEAD + "a,Q1,1,2,1\n", "a score of 2 of at most 1"),
        (HEAD + "a,Q1,0,1,1\n", "attempt is 0"),
        (HEAD + "a,Q1,1,1,0\n", "max_score is 0"),
        (HEAD + "a,Q1,1,nan,1\n", "score is 'nan'"),
        (HEAD + "a,Q1,1,1,1\nb,Q1,1,1,2\n", "worth 1 for one student and 2 for b"),
    ],
)
def test_bad_input_is_told_with_its_place(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["stats", write(tmp_path, text)]) == 1
    told = capsys.readouterr().err
    assert said in told and "Traceback" not in told


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadAnswers, match="cannot be read"):
        read_answers(tmp_path / "nowhere.csv")
