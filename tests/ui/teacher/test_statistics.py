"""The statistics page: what its figures and tables say, undefined ones with their reason, and that it draws."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.classroom.class_statistics import ClassStatistics, ClassWork, QuestionRow, class_statistics
from core.classroom.statistics import Response
from core.store.tables import Class
from tests.core.classroom.school import answered, joined, opened_class
from tests.core.quiz.examples import LESSON
from ui.teacher.statistics import items, whole
from ui.teacher.statistics.words import bracketed, figure, interval, percent, worth

QUESTIONS = ("Q1", "Q2", "Q4")


def given(student: str, question: str, score: float) -> Response:
    return Response(student, question, 1, ("x",), ("x",), score, 1.0)


def statistics(*answers: Response) -> ClassStatistics:
    found = class_statistics(ClassWork(99, answers, {}, {}, {}, 0, 0, 0.0), LESSON)
    assert found is not None
    return found


def class_of(size: int) -> ClassStatistics:
    """Students of rising skill on three questions, of which Q2 works against the others."""
    return statistics(
        *(
            given(f"s{student}", question, float((student >= 5 * place) != (question == "Q2")))
            for student in range(size)
            for place, question in enumerate(QUESTIONS)
        )
    )


def figures(found: ClassStatistics) -> dict[str, whole.LargeFigure]:
    return {one.label: one for one in whole.figures_of(found)}


def test_numbers_have_a_minus_and_no_negative_zero() -> None:
    assert (figure(-6.4), figure(-0.2), figure(0.4), figure(-0.05, 2)) == ("−6", "0", "0", "−0.05")
    assert (percent(None), percent(-6.0), interval(None), interval((-6.0, 72.4))) == ("–", "−6 %", "", "−6 to 72 %")
    assert bracketed((-25.0, 64.0)) == "[−25, 64]" and bracketed(None) is None


@pytest.mark.parametrize(
    ("complete", "word"), [(1, "1 student has"), (9, "greyed"), (10, "Rough"), (29, "Rough"), (30, "")]
)
def test_few_students_are_said_to_say_little(complete: int, word: str) -> None:
    assert word in worth(complete) and bool(worth(complete)) == (complete < 30)


def test_marks_are_percent_of_what_the_test_gives_and_points_stand_in_the_help() -> None:
    found = class_of(12)
    mean = figures(found)["Mean"]
    assert found.totals.mean is not None and mean.value == pytest.approx(100 / 3 * found.totals.mean)
    assert f"{found.totals.mean:.2f} of 3 points" in mean.told and mean.ends is not None


def test_what_is_not_defined_is_a_dash_with_its_reason() -> None:
    one = figures(statistics(*(given("ada", name, 1.0) for name in QUESTIONS)))
    assert {figure.text for name, figure in one.items() if name not in ("Mean", "Median")} == {"–"}
    assert "it needs 2 students" in one["SD"].reason and "there is 1" in one["SD"].reason
    assert "3 students" in one["Cronbach's alpha"].reason and "4 students" in one["Kurtosis"].reason
    alike = figures(statistics(*(given(f"s{n}", name, 1.0) for n in range(9) for name in QUESTIONS)))
    assert alike["Cronbach's alpha"].text == "–" and "same total" in alike["Cronbach's alpha"].reason
    single = figures(statistics(*(given(f"s{n}", "Q1", float(n % 2)) for n in range(9))))
    assert "two questions" in single["Cronbach's alpha"].reason


def test_nobody_who_reached_everything_leaves_everything_undefined() -> None:
    found = statistics(given("ada", "Q1", 1.0), given("ben", "Q2", 0.0))
    assert {figure.text for figure in figures(found).values()} == {"–"}
    assert "nobody has reached" in figures(found)["Mean"].reason


def test_totals_are_counted_by_tenths_with_full_marks_in_the_last() -> None:
    found = class_of(20)
    assert sum(whole.counts_of(found)) == 20
    full = statistics(*(given("ada", name, 1.0) for name in QUESTIONS))
    assert whole.counts_of(full) == [0] * 9 + [1]


def test_the_chart_of_the_questions_says_what_it_shows() -> None:
    assert items.finding(class_of(30)) == "Fewest marks on Q2 The T4 runtime: 17 %. Most on Q1 Runtimes: 100 %."
    alike = statistics(*(given("ada", name, 1.0) for name in QUESTIONS))
    assert items.finding(alike) == "Every question earned 100 % of its marks."


def row(found: ClassStatistics, question: str) -> QuestionRow:
    return next(each for each in found.rows if each.item.question == question)


def test_oddities_are_told_from_ten_students_on() -> None:
    few, many = (items.remarks(row(class_of(size), "Q2"), 3) for size in (9, 30))
    assert "check its key" in many and "check its key" not in few
    assert "measured" in items.remarks(row(class_of(30), "Q4"), 3)


def test_what_may_be_chance_says_so() -> None:
    unclear = statistics(
        *(
            given(f"s{n}", question, float((n * 7 + (0, 1, 5)[place]) % 11 > 4))
            for n in range(12)
            for place, question in enumerate(QUESTIONS)
        )
    )
    flagged = [each for each in unclear.rows if each.item.flags and (each.item.discrimination_index or 0) < 0]
    may_be_chance = [(each.item.discrimination_interval or (0, 0))[1] > 0 for each in flagged]
    assert set(may_be_chance) == {True, False}
    assert ["(may be chance)" in items.remarks(each, 3) for each in flagged] == may_be_chance


def test_the_table_says_why_a_figure_is_missing() -> None:
    found = class_of(30)
    line = items.line(row(found, "Q1"), 3)
    assert line["discrimination"] is None and "no discrimination" in str(line["remarks"])
    assert line["facility"] == 100.0 and line["n"] == 30 and line["guess"] == 53


def test_a_question_outside_of_the_test_has_no_weights() -> None:
    found = statistics(*(given(f"s{n}", "Q1", n % 2) for n in range(9)), given("s0", "Q2", 1.0))
    line = items.line(row(found, "Q2"), 1)
    assert (line["intended"], line["effective"], line["alpha without"]) == (None, None, None)
    assert "not of the test: answered by 1 student" in str(line["remarks"])


def page(class_id: str, tab: str, question: str) -> None:
    """The page below its title, without the guard, on one tab."""
    import streamlit as st

    from core.store.database import session
    from core.store.tables import Class
    from ui.teacher.statistics import statistics_page

    st.session_state.setdefault("statistics_tab", tab)
    st.session_state.setdefault("statistics_question", question)
    with session() as database:
        room = database.get_one(Class, class_id)
    statistics_page(room)


@pytest.fixture
def drawn(sqlite: str) -> Callable[..., AppTest]:
    def draw(room: Class, tab: str = "The test", question: str = "Q1") -> AppTest:
        return AppTest.from_function(page, args=(room.id, tab, question), default_timeout=60).run()

    return draw


@pytest.fixture
def room(sqlite: str) -> Class:
    """A class of four that answered Q1 and Q11, one of them with a handle full of signs."""
    found = opened_class()
    for place, handle in enumerate(("Ada", "Ben *b* :red[x] $y$", "Cleo", "Dan")):
        person = joined(found, handle).person_id
        answered(person, LESSON.question("Q1"), ["cpu", "t4", "a100", "l4"][: place + 1])
        choice = LESSON.question("Q11").choices[place].id
        answered(person, LESSON.question("Q11"), [choice])
    return found


def test_a_class_without_answers_says_so(drawn: Callable[..., AppTest]) -> None:
    shown = drawn(opened_class())
    assert not shown.exception and "Nobody has answered" in shown.info[0].value


def test_the_test_shows_greyed_figures_of_few_students(drawn: Callable[..., AppTest], room: Class) -> None:
    shown = drawn(room)
    assert not shown.exception
    assert "greyed" in shown.warning[0].value
    values = {metric.label: metric.value for metric in shown.metric}
    assert values["Mean"].startswith(":gray[") and "Kurtosis" in values
    assert "**4 students** in the class" in "".join(each.value for each in shown.markdown)


def test_the_questions_have_a_table(drawn: Callable[..., AppTest], room: Class) -> None:
    shown = drawn(room, "Questions")
    assert not shown.exception
    assert list(shown.dataframe[0].value["question"]) == ["Q1 Runtimes", "Q11 Count the models"]


@pytest.mark.parametrize("question", ["Q1", "Q11"])
def test_one_question_is_drawn_whole(drawn: Callable[..., AppTest], room: Class, question: str) -> None:
    shown = drawn(room, "One question", question)
    assert not shown.exception
    assert shown.selectbox(key="statistics_question").value == question
    assert {"Who chose what", "From prediction to last answer"} <= {each.value for each in shown.subheader}


def test_an_unknown_question_in_the_address_is_the_first_one(drawn: Callable[..., AppTest], room: Class) -> None:
    shown = drawn(room, "One question", "Q99; DROP TABLE")
    assert not shown.exception and shown.selectbox(key="statistics_question").value == "Q1"


def test_the_attempt_rule_is_chosen_on_the_page(drawn: Callable[..., AppTest], room: Class) -> None:
    shown = drawn(room)
    shown.session_state["statistics_attempt"] = "last"
    shown.run()
    assert not shown.exception and "last attempt of each" in "".join(each.value for each in shown.markdown)


def test_the_matrix_of_a_class_without_predictions_is_not_drawn() -> None:
    found = AppTest.from_function(empty_matrix).run()
    assert not found.exception and not found.tabs


def empty_matrix() -> None:
    from core.classroom.statistics import Matrix
    from ui.teacher.statistics.matrices import matrix_chart

    matrix_chart("Nobody", Matrix(("a",), ("a",), ((0,),)), "predicted", "first answer", "key")


def test_the_page_is_locked_without_a_teacher(sqlite: str) -> None:
    from pathlib import Path

    opened_class()
    for name in ("statistics", "measurements"):
        file = Path(__file__).parents[3] / "pages" / "teacher" / f"{name}.py"
        shown = AppTest.from_file(str(file)).run()
        assert not shown.metric and not shown.dataframe and not shown.selectbox
