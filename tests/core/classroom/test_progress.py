from core.classroom.answers import reveal, submit_answer
from core.classroom.predictions import predict
from core.classroom.progress import progress
from core.store.database import session
from tests.core.quiz.examples import LESSON, NO_GPU


def test_a_new_person_has_everything_open(person: str) -> None:
    with session() as opened:
        found = progress(opened, person, LESSON)
    assert list(found.questions) == [question.id for question in LESSON.questions]
    assert {each.state for each in found.questions.values()} == {"open"}
    assert (found.answered, found.score, found.next_open) == (0, 0, "Q1")


def test_states_and_scores_follow_the_best_attempt(database: str, person: str) -> None:
    with session() as opened:
        for ids in (["vram_15"], ["ram_16"]):
            submit_answer(opened, person, LESSON.question("Q2"), ids, bank=LESSON, machine=NO_GPU)
        predict(opened, person, LESSON.question("Q11"), ["unet"])
        submit_answer(opened, person, LESSON.question("Q11"), ["two"], bank=LESSON, machine=NO_GPU)
        predict(opened, person, LESSON.question("Q4"), ["over_60_s"])
        found = progress(opened, person, LESSON)
    second, fourth, last = (found.questions[name] for name in ("Q2", "Q4", "Q11"))
    assert (second.state, second.score) == ("answered", 0.5)
    assert (last.state, last.score) == ("right", 1)
    assert (fourth.state, fourth.score) == ("open", None)
    assert (found.answered, found.score, found.next_open) == (2, 1.5, "Q1")


def test_a_revealed_question_is_answered_without_a_score(person: str) -> None:
    with session() as opened:
        reveal(opened, person, LESSON.question("Q1"), bank=LESSON, machine=NO_GPU)
        found = progress(opened, person, LESSON).questions["Q1"]
    assert (found.state, found.score) == ("answered", None)


def test_nothing_is_open_once_all_are_answered(person: str) -> None:
    with session() as opened:
        for question in LESSON.questions:
            reveal(opened, person, question, bank=LESSON, machine=NO_GPU)
        found = progress(opened, person, LESSON)
    assert (found.answered, found.next_open) == (len(LESSON.questions), None)


def test_a_later_right_answer_counts_in_full(person: str) -> None:
    second = LESSON.question("Q2")
    with session() as opened:
        for ids in (["ram_16"], ["vram_15", "disk_100"]):
            submit_answer(opened, person, second, ids, bank=LESSON, machine=NO_GPU)
        assert progress(opened, person, LESSON).questions["Q2"].score == 1
