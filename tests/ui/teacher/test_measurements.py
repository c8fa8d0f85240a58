"""The measurements page: which figure stands for a run, what is set beside each other, and that it draws."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.classroom.class_runs import ClassRun
from core.store.database import session
from core.store.tables import Class, Run
from tests.core.classroom.school import joined, opened_class
from tests.core.quiz.examples import LESSON, run_record
from ui.teacher.measurements.dots import label, stacked
from ui.teacher.measurements.figures import Dot, dots_of, finding, groups_of, measures_of, one_each
from ui.teacher.measurements.page import ROWS, line

Q4, Q5, Q7 = (LESSON.question(name) for name in ("Q4", "Q5", "Q7"))


def run_of(handle: str, seconds: Sequence[float], question: Any = Q4, **changes: Any) -> ClassRun:
    record = run_record(question, list(seconds)) | {"id": uuid.uuid4().hex} | changes
    return ClassRun(record["id"], handle, handle, question.lab.name, question.id, record["state"], 1.0, record)


def on(machine: str, **more: Any) -> dict[str, Any]:
    return {"device": {"type": "cpu", "name": machine, "index": None}} | more


def test_times_are_of_the_fastest_repeat_and_rates_of_the_highest() -> None:
    run = run_of("ada", [16.0, 15.0, 17.0])
    run.record["repeats"][2]["tokens_per_s"] = 7.0
    run.record["repeats"][0]["tokens_per_s"] = 6.0
    assert [dot.value for dot in dots_of([run], "wall_s", None)] == [15.0]
    assert [dot.value for dot in dots_of([run], "tokens_per_s", None)] == [7.0]


def test_a_run_that_did_not_finish_has_no_dot() -> None:
    assert dots_of([run_of("ada", [16.0], state="failed")], "wall_s", None) == []


def test_the_main_measure_is_the_questions_then_that_of_the_lab() -> None:
    memory = run_of("ada", [3.2], Q7)
    assert measures_of("text_to_image", [memory], LESSON, None)[0] == "device_used_after_run"
    assert measures_of("text_generation", [run_of("ada", [16.0])], LESSON, Q5)[0] == "wall_s"
    assert measures_of("text_generation", [run_of("ada", [16.0], state="failed")], LESSON, None) == []
    assert measures_of("runtime", [], LESSON, None) == []


def test_what_the_question_does_not_take_says_why() -> None:
    good, short = run_of("ada", [16.0] * 3), run_of("ben", [5.0])
    dots = dots_of([good, short], "wall_s", Q4)
    assert [dot.counts for dot in dots] == [True, False] and "usable repeat" in dots[1].why_not
    assert [dot.counts for dot in dots_of([good, short], "wall_s", None)] == [True, True]


def test_one_dot_for_each_student_is_the_best_run_that_counts() -> None:
    runs = [run_of("ada", [16.0] * 3), run_of("ada", [15.0] * 3), run_of("ada", [2.0]), run_of("ben", [9.0] * 3)]
    found = one_each(dots_of(runs, "wall_s", Q4), "s")
    assert [(dot.run.handle, dot.value, dot.of) for dot in found] == [("ada", 15.0, 3), ("ben", 9.0, 1)]


def test_of_rates_the_highest_is_the_best() -> None:
    dots = [Dot(run_of("ada", [1.0]), value, None) for value in (5.0, 7.0)]
    assert [dot.value for dot in one_each(dots, "1/s")] == [7.0]


def test_a_student_on_two_devices_has_a_dot_on_each() -> None:
    runs = [run_of("ada", [16.0], **on("One")), run_of("ada", [9.0], **on("Two"))]
    assert len(one_each(dots_of(runs, "wall_s", None), "s")) == 2


def test_groups_name_only_what_differs() -> None:
    same = groups_of(dots_of([run_of("ada", [1.0], **on("One")), run_of("ben", [2.0], **on("Two"))], "wall_s", None))
    assert sorted(group.name for group in same) == ["One", "Two"]
    twin = {"model": {"id": "qwen3-0.6b", "source": "embedded", "dtype": "float32", "parameters": 5}}
    mixed = groups_of(
        dots_of([run_of("ada", [1.0], **on("One")), run_of("ben", [2.0], **on("One", **twin))], "wall_s", None)
    )
    assert sorted(group.name for group in mixed) == ["One, random, full size", "One, small twin"]


def test_the_largest_group_stands_first_and_is_told() -> None:
    runs = [run_of("ada", [1.0], **on("One")), *(run_of(name, [2.0], **on("Two")) for name in ("ben", "cleo"))]
    groups = groups_of(dots_of(runs, "wall_s", None))
    assert [group.name for group in groups] == ["Two", "One"]
    assert finding("Generate text", groups, "s") == "Generate text: median 2.00 s on Two; 1.00 s on One"
    assert label(groups[0], "s") == "Two|2 students|median 2.00 s"


def test_a_group_has_the_median_of_its_limits() -> None:
    limited = {"limit": {"value": 10.0, "unit": "tokens/s"}, "repeats": [{"wall_s": 16.0, "tokens": 100}]}
    (group,) = groups_of(dots_of([run_of("ada", [16.0], **limited), run_of("ben", [16.0])], "wall_s", None))
    assert group.limit == 10.0 and label(group, "s").endswith("limit 10.0 s")


def test_dots_on_one_place_are_stacked_to_both_sides() -> None:
    runs = [run_of("ada", [1.0])] * 4
    dots = [Dot(run, value, None) for run, value in zip(runs, (5.0, 5.0, 5.0, 9.0), strict=True)]
    assert stacked(dots, [0.0, 10.0]) == [0, 1, -1, 0]
    assert len(set(stacked([dots[0]] * 5, [1.0, 10.0], is_logarithmic=True))) == 5


def test_a_line_of_the_table_is_no_formula() -> None:
    found = line(run_of("=HYPERLINK(1)", [16.0] * 3), Q4)
    assert found["student"] == "'=HYPERLINK(1)" and found["counts for Q4"] == "yes"
    assert "counts for Q4" not in line(run_of("ada", [16.0]), None)


def page(class_id: str) -> None:
    """The page below its title, without the guard."""
    from core.store.database import session
    from core.store.tables import Class
    from ui.teacher.measurements import measurements_page

    with session() as database:
        room = database.get_one(Class, class_id)
    measurements_page(room)


@pytest.fixture
def drawn(sqlite: str) -> Callable[[Class], AppTest]:
    return lambda room: AppTest.from_function(page, args=(room.id,), default_timeout=60).run()


def add_runs(room: Class, handle: str, count: int, question: Any = Q4, **changes: Any) -> list[str]:
    """Runs of a new student; gives their ids."""
    person, ids = joined(room, handle).person_id, []
    with session() as database:
        for number in range(count):
            record = run_record(question, [16.0 + number / 100] * 3) | {"id": uuid.uuid4().hex} | changes
            fields = {"lab": question.lab.name, "question_id": question.id, "state": record["state"]}
            row = Run(
                id=record["id"], job_id="job", person_id=person, created_at=float(number), record=record, **fields
            )
            database.add(row)
            ids.append(row.id)
    return ids


def said(shown: AppTest) -> str:
    return "".join(each.value for each in [*shown.markdown, *shown.caption])


def test_a_class_without_runs_says_so(drawn: Callable[[Class], AppTest]) -> None:
    shown = drawn(opened_class())
    assert not shown.exception and "Nobody in this class has run anything" in shown.info[0].value


def test_runs_are_counted_and_only_the_newest_are_sent(drawn: Callable[[Class], AppTest]) -> None:
    room = opened_class()
    add_runs(room, "Ada *a* $x$", ROWS + 3)
    shown = drawn(room)
    assert not shown.exception
    assert f"**{ROWS + 3}** runs of **1** students" in said(shown) and f"The newest {ROWS} of {ROWS + 3}" in said(shown)
    assert len(shown.dataframe[0].value) == ROWS
    assert shown.dataframe[0].value["student"][0] == "Ada *a* $x$"


def test_filters_leave_out_other_runs(drawn: Callable[[Class], AppTest]) -> None:
    room = opened_class()
    add_runs(room, "Ada", 3)
    add_runs(room, "Ben", 2, state="failed", error={"kind": "x", "message": "m", "remedy": "r"})
    add_runs(room, "Cleo", 1, LESSON.question("Q7"))
    shown = drawn(room)
    assert len(shown.dataframe[0].value) == 5
    shown.selectbox(key="measurements_state").select("failed").run()
    assert not shown.exception and list(shown.dataframe[0].value["student"]) == ["Ben", "Ben"]
    assert "was measured by none of these runs" in said(shown)
    shown.selectbox(key="measurements_lab").select("").run()
    shown.selectbox(key="measurements_state").select("").run()
    assert not shown.exception and len(shown.dataframe[0].value) == 6 and "Choose a lab" in said(shown)


def test_a_question_says_which_runs_count_for_it(drawn: Callable[[Class], AppTest]) -> None:
    room = opened_class()
    add_runs(room, "Ada", 1)
    add_runs(room, "Ben", 1, settings={"previews": True})
    shown = drawn(room)
    shown.selectbox(key="measurements_question").select("Q4").run()
    assert not shown.exception
    answers = dict(zip(*(shown.dataframe[0].value[name] for name in ("student", "counts for Q4")), strict=True))
    assert answers["Ada"] == "yes" and "previews" in answers["Ben"]


def test_the_run_of_another_class_is_not_opened(drawn: Callable[[Class], AppTest]) -> None:
    room, other = opened_class(), opened_class("Other")
    add_runs(room, "Ada", 1)
    (foreign,) = add_runs(other, "Cleo", 1)
    shown = drawn(room)
    before = said(shown)
    for run_id in (foreign, "gone"):
        shown.session_state["measurements_run"] = run_id
        shown.run()
        assert not shown.exception and len(said(shown)) == len(before) and "Cleo" not in said(shown)
