"""One question: the options of the chosen attempt, what was measured beside what was chosen, and the limit."""

from collections.abc import Sequence
from typing import Any

import pytest

from core.classroom.class_runs import ClassRun
from core.classroom.class_statistics import ClassWork, question_statistics
from core.classroom.statistics import Response
from core.quiz.evidence import Evidence
from tests.core.quiz.examples import LESSON, mini, run_record

BANK = mini()
MEASURED = BANK.question("Q2")


def evidence(value: float, key: tuple[str, ...], **changes: Any) -> Evidence:
    fields = {"source": "live", "kind": "measured", "unit": "s", "measure": "wall_s", "reduce": "min"}
    return Evidence.model_validate(fields | {"value": value, "machine": "a CPU", "key": key, "run_id": "run"} | changes)


def run_of(handle: str, seconds: float, name: str = "run", at: float = 1.0, **changes: Any) -> ClassRun:
    record = run_record(MEASURED, [seconds] * 3, **changes)
    return ClassRun(name, handle, handle, MEASURED.lab.name, "Q2", str(record["state"]), at, record)


def work(answers: Sequence[tuple[str, str, Evidence]], **changes: Any) -> ClassWork:
    """Answers to Q2: student, option, evidence."""
    responses = tuple(
        Response(student, "Q2", 1, (choice,), found.key, float(choice in found.key), 1.0)
        for student, choice, found in answers
    )
    held = {(student, "Q2", 1): found for student, _, found in answers}
    fields: dict[str, Any] = {"predictions": {}, "evidence": held, "asked": {}, "other_bank": 0, "regraded": 0}
    return ClassWork(members=9, responses=responses, read_at=0.0, **(fields | changes))


def test_measured_stands_against_chosen() -> None:
    did = work([("ada", "short", evidence(5.0, ("short",))), ("ben", "long", evidence(12.0, ("middle",)))])
    found = question_statistics(did, BANK, "Q2", "first", ("Q2",))
    assert found is not None and found.measured is not None
    assert (found.measured.right.count, found.measured.right.n) == (1, 2)
    assert [(one.student, one.value, one.choice) for one in found.measured.disagreeing] == [("ben", 12.0, "long")]
    assert [machine.values for machine in found.machines] == [(5.0, 12.0)]


def test_who_measured_and_did_not_answer_counts_among_the_values_alone() -> None:
    did = work([("ada", "short", evidence(5.0, ("short",)))])
    runs = [run_of("ben", 14.0, at=3.0), run_of("ben", 99.0, at=2.0), run_of("ada", 50.0, at=1.0)]
    found = question_statistics(did, BANK, "Q2", "first", ("Q2",), runs)
    assert found is not None and found.measured is not None
    assert found.measured.n_unanswered == 1 and found.measured.right.n == 1
    assert [machine.values for machine in found.machines] == [(5.0, 14.0)]


def test_a_run_that_does_not_count_is_passed_over() -> None:
    did = work([("ada", "short", evidence(5.0, ("short",)))])
    runs = [run_of("ben", 14.0, state="failed"), run_of("cleo", 1e6), run_of("dan", 3.0, settings={"previews": True})]
    found = question_statistics(did, BANK, "Q2", "first", ("Q2",), runs)
    assert found is not None and found.measured is not None and found.measured.n_unanswered == 0


def test_reference_values_count_for_the_answer_and_not_among_what_was_measured() -> None:
    reference = evidence(30.0, ("long",), source="reference", kind="estimate", machine="T4", run_id=None)
    did = work([("ada", "short", evidence(5.0, ("short",))), ("ben", "long", reference)])
    found = question_statistics(did, BANK, "Q2", "first", ("Q2",))
    assert found is not None and found.measured is not None
    assert found.by_reference == 1 and found.measured.right.n == 2
    assert [(machine.histogram.machine, machine.values) for machine in found.machines] == [("a CPU", (5.0,))]


def test_the_limit_is_the_median_of_the_runs_that_decided() -> None:
    limits = {"one": 10.0, "two": 20.0, "three": 40.0, "other": 1000.0}
    answers = [(name, "short", evidence(9.0, ("short",), run_id=name)) for name in ("one", "two", "three")]
    runs = [
        run_of(
            name,
            9.0,
            name,
            limit={"value": rate, "unit": "tokens/s"},
            repeats=[{"wall_s": 9.0, "tokens": 100}] * 3,
        )
        for name, rate in limits.items()
    ]
    found = question_statistics(work(answers), BANK, "Q2", "first", ("Q2",), runs[:3] + runs[3:])
    assert found is not None and found.machines[0].limit == pytest.approx(5.0)


def test_a_fixed_question_has_options_and_no_measurements() -> None:
    responses = tuple(
        Response(name, "Q11", 1, (choice,), ("two",), 1.0, 1.0) for name, choice in (("ada", "x"), ("ben", "two"))
    )
    did = ClassWork(2, responses, {"Q11": {"ada": ("unet",)}}, {}, {"Q11": 1}, 0, 0, 0.0)
    found = question_statistics(did, LESSON, "Q11", "first", ("Q11",))
    assert found is not None
    assert (found.measured, found.machines, found.asked) == (None, (), 1)
    assert found.distractors.n == 2 and list(found.prediction_letters.values()) == ["A", "B", "C", "D"]
    assert found.shift.right_prediction is None


def test_outside_of_the_test_there_are_no_groups() -> None:
    responses = [
        Response(f"s{student}", name, 1, ("x",), ("x",), float(student % 2), 1.0)
        for student in range(12)
        for name in ("Q1", "Q2", "Q11")
    ]
    did = ClassWork(12, tuple(responses), {}, {}, {}, 0, 0, 0.0)
    inside = question_statistics(did, LESSON, "Q11", "first", ("Q1", "Q2", "Q11"))
    outside = question_statistics(did, LESSON, "Q11", "first", ("Q1", "Q2"))
    assert inside is not None and outside is not None
    assert sum(group.n for group in inside.groups) == 12 and outside.groups == ()


def test_a_question_without_answers_or_outside_of_the_bank_has_none() -> None:
    did = work([("ada", "short", evidence(5.0, ("short",)))])
    assert question_statistics(did, BANK, "Q1", "first", ("Q2",)) is None
    assert question_statistics(did, BANK, "Q99", "first", ("Q2",)) is None
