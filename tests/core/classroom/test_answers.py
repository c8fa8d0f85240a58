"""Predictions and attempts: kept once, marked from the stored runs, closed on the server."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core.classroom import predictions
from core.classroom.answers import (
    Submission,
    answers_of,
    history,
    last_submission,
    last_ticks,
    newer_evidence,
    reveal,
    runs_of,
    submit_answer,
)
from core.classroom.people import person_for_cookie
from core.classroom.predictions import predict, prediction_of, wants_prediction
from core.classroom.runs import deciding_run
from core.errors import AnswerRefused
from core.quiz.bank import Question
from core.quiz.marking import Marking
from core.store.database import session, session_by_statement
from core.store.tables import Answer, Run
from tests.core.classroom.school import after
from tests.core.quiz.examples import LESSON, NO_GPU, run_record

Q1, Q2, Q4, Q5, Q8, Q9, Q11 = (LESSON.question(name) for name in ("Q1", "Q2", "Q4", "Q5", "Q8", "Q9", "Q11"))


@pytest.fixture
def opened(person: str) -> Iterator[Session]:
    with session() as database:
        yield database


def send(opened: Session, person: str, question: Question, letters: str) -> Submission:
    """Answer as the page does: what the question wants predicted first is predicted."""
    ids = [choice.id for choice in question.choices if choice.letter in letters]
    if wants_prediction(opened, person, question):
        predict(opened, person, question, [question.prediction_choices[0].id])
    return submit_answer(opened, person, question, ids, bank=LESSON, machine=NO_GPU)


def add_run(
    opened: Session,
    person: str,
    question: Question,
    name: str,
    values: list[float],
    page: str | None = "its own",
    **changes: Any,
) -> None:
    """A run started from the question's own page, from another question's (`page` is its id) or a lab's (None)."""
    record = run_record(question, values, **changes) | {"id": name}
    opened.add(
        Run(
            id=name,
            job_id=name,
            person_id=person,
            lab=question.lab.name,
            question_id=question.id if page == "its own" else page,
            state=record["state"],
            created_at=time.time(),
            record=record,
        )
    )
    opened.flush()


def stranger(opened: Session) -> str:
    """Somebody else in the same database."""
    return person_for_cookie(opened, "somebody-else").id


def test_the_first_prediction_stays(database: str, person: str) -> None:
    with session() as opened:
        assert predict(opened, person, Q4, ["under_10_s"]).choices == ["under_10_s"]
        assert predict(opened, person, Q4, ["over_60_s"]).choices == ["under_10_s"]
    with session() as opened:
        found = prediction_of(opened, person, "Q4")
        assert found and found.choices == ["under_10_s"]
        assert prediction_of(opened, person, "Q5") is None


def test_a_questions_own_prediction_takes_its_own_choices(opened: Session, person: str) -> None:
    assert predict(opened, person, Q9, ["five_times"]).choices == ["five_times"]
    with pytest.raises(AnswerRefused, match="no choice 'quality'"):
        predict(opened, person, Q8, ["quality"])


@pytest.mark.parametrize("choices", [[], ["under_10_s", "over_60_s"], ["nothing"]])
def test_a_prediction_is_exactly_one_known_choice(opened: Session, person: str, choices: list[str]) -> None:
    with pytest.raises(AnswerRefused):
        predict(opened, person, Q4, choices)
    assert prediction_of(opened, person, "Q4") is None


def test_a_question_without_prediction_takes_none(opened: Session, person: str) -> None:
    with pytest.raises(AnswerRefused, match="takes no prediction"):
        predict(opened, person, Q1, ["cpu"])


@pytest.mark.parametrize("letters", ["b", ""])
def test_an_answer_before_the_prediction_is_refused_and_not_stored(opened: Session, person: str, letters: str) -> None:
    ids = ["two"] if letters else []
    with pytest.raises(AnswerRefused, match="asks what you expect first") as refused:
        submit_answer(opened, person, Q11, ids, bank=LESSON, machine=NO_GPU)
    assert refused.value.remedy == "Predict first, then answer."
    assert answers_of(opened, person, "Q11") == [] and wants_prediction(opened, person, Q11)
    predict(opened, person, Q11, ["unet"])
    assert not wants_prediction(opened, person, Q11)
    assert submit_answer(opened, person, Q11, ["two"], bank=LESSON, machine=NO_GPU).marking.is_right


@pytest.mark.parametrize("state", ["finished", "failed", "cancelled"])
def test_a_prediction_after_a_run_is_refused_and_the_answer_goes_on_without(
    opened: Session, person: str, state: str
) -> None:
    add_run(opened, person, Q4, "run", [30.0] * 3, page="Q11", state=state)
    with pytest.raises(AnswerRefused, match="too late to predict"):
        predict(opened, person, Q11, ["unet"])
    assert prediction_of(opened, person, "Q11") is None and not wants_prediction(opened, person, Q11)
    assert submit_answer(opened, person, Q11, ["two"], bank=LESSON, machine=NO_GPU).marking.is_right


def test_a_prediction_after_an_answer_is_refused_and_the_next_answer_goes_on_without(
    opened: Session, person: str
) -> None:
    unasked = Q11.model_copy(update={"predict": "none", "prediction": None})
    submit_answer(opened, person, unasked, ["one"], bank=LESSON, machine=NO_GPU)
    with pytest.raises(AnswerRefused, match="too late to predict"):
        predict(opened, person, Q11, ["unet"])
    assert submit_answer(opened, person, Q11, ["two"], bank=LESSON, machine=NO_GPU).marking.is_right


def test_a_prediction_is_kept_when_another_request_predicts_and_answers_in_between(
    opened: Session, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    after(monkeypatch, predictions, "ensure_taken", lambda: send(opened, person, Q11, "a"))
    assert predict(opened, person, Q11, ["vae"]).choices == [Q11.prediction_choices[0].id]


def test_the_first_prediction_stays_after_the_run_too(opened: Session, person: str) -> None:
    predict(opened, person, Q4, ["under_10_s"])
    add_run(opened, person, Q4, "run", [70.0] * 3)
    assert predict(opened, person, Q4, ["over_60_s"]).choices == ["under_10_s"]


@pytest.mark.parametrize("page", [None, "Q5"])
def test_a_run_of_another_page_neither_decides_nor_stands_for_the_prediction(
    opened: Session, person: str, page: str | None
) -> None:
    add_run(opened, person, Q4, "elsewhere", [30.0] * 3, page=page)
    assert wants_prediction(opened, person, Q4) and runs_of(opened, person, Q4) == []
    assert send(opened, person, Q4, "b").marking.state == "needs_run"
    add_run(opened, person, Q4, "here", [70.0] * 3)
    add_run(opened, person, Q4, "elsewhere_again", [30.0] * 3, page=page)
    answer = send(opened, person, Q4, "d").answer
    assert answer and (answer.run_id, answer.score) == ("here", 1)
    assert newer_evidence(opened, person, Q4, answer) is None


def test_somebody_elses_run_or_answer_does_not_stand_for_the_prediction(opened: Session, person: str) -> None:
    other = stranger(opened)
    add_run(opened, other, Q4, "theirs", [30.0] * 3)
    send(opened, other, Q4, "b")
    assert wants_prediction(opened, person, Q4)


def test_the_deciding_run_is_the_one_that_the_answer_names(opened: Session, person: str) -> None:
    assert deciding_run(opened, person, Q4) is None
    add_run(opened, person, Q4, "first", [30.0] * 3)
    send(opened, person, Q4, "b")
    add_run(opened, person, Q4, "second", [5.0] * 3)
    found = deciding_run(opened, person, Q4)
    assert found and found.id == "first"


def test_without_an_answer_the_deciding_run_is_the_newest_finished_one_of_the_page(
    opened: Session, person: str
) -> None:
    add_run(opened, person, Q4, "first", [30.0] * 3)
    add_run(opened, person, Q4, "second", [31.0] * 3)
    add_run(opened, person, Q4, "failed", [5.0] * 3, state="failed")
    add_run(opened, person, Q4, "elsewhere", [5.0] * 3, page=None)
    add_run(opened, stranger(opened), Q4, "theirs", [5.0] * 3)
    found = deciding_run(opened, person, Q4)
    assert found and found.id == "second"


def test_the_deciding_run_of_an_answer_that_names_none_is_the_newest_finished_one(opened: Session, person: str) -> None:
    assert send(opened, person, Q5, "a").answer
    assert deciding_run(opened, person, Q5) is None
    add_run(opened, person, Q5, "own", [2.0] * 3)
    found = deciding_run(opened, person, Q5)
    assert found and found.id == "own"


def test_an_attempt_is_stored_with_all_that_it_rests_on(database: str, person: str) -> None:
    with session() as opened:
        add_run(opened, person, Q4, "run7", [17.7, 16.6, 17.9])
        send(opened, person, Q4, "b")
    with session() as opened:
        (answer,) = answers_of(opened, person, "Q4")
        assert (answer.attempt, answer.score, answer.run_id) == (1, 1.0, "run7")
        assert answer.bank_sha == LESSON.sha and answer.submitted_answers == ["s_20_to_40"]
        marking = Marking.model_validate(answer.marking)
        assert marking.evidence and marking.evidence.value == 16.6 and marking.question_hash == Q4.hash


@pytest.mark.parametrize("ids", [[], ["nothing"], ["one", "two"]])
def test_blank_and_malformed_answers_use_no_attempt(opened: Session, person: str, ids: list[str]) -> None:
    predict(opened, person, Q11, ["unet"])
    sent = submit_answer(opened, person, Q11, ids, bank=LESSON, machine=NO_GPU)
    assert sent.answer is None and sent.marking.score is None
    assert (sent.attempts, sent.attempts_left, sent.is_final) == (0, 3, False)
    assert answers_of(opened, person, "Q11") == []


def test_a_measured_answer_without_a_run_uses_no_attempt(opened: Session, person: str) -> None:
    sent = send(opened, person, Q4, "b")
    assert sent.marking.state == "needs_run" and sent.attempts_left == 3
    assert answers_of(opened, person, "Q4") == []


def test_only_the_persons_own_runs_decide(opened: Session, person: str) -> None:
    other = stranger(opened)
    add_run(opened, other, Q4, "theirs", [16.6] * 3)
    assert runs_of(opened, person, Q4) == []
    assert send(opened, person, Q4, "b").marking.state == "needs_run"


def test_runs_come_newest_first_and_only_from_the_questions_lab(opened: Session, person: str) -> None:
    for name in ("first", "second", "third"):
        add_run(opened, person, Q4, name, [16.6] * 3)
    add_run(opened, person, LESSON.question("Q6"), "other_lab", [2.9])
    assert [run["id"] for run in runs_of(opened, person, Q4)] == ["third", "second", "first"]


def test_the_latest_qualifying_run_decides_over_a_later_twin(opened: Session, person: str) -> None:
    add_run(opened, person, Q4, "real", [16.6] * 3)
    twin = {"id": "qwen3-0.6b", "source": "embedded", "dtype": "float32", "parameters": 1_000_000}
    add_run(opened, person, Q4, "twin", [0.3] * 3, model=twin)
    sent = send(opened, person, Q4, "b")
    assert sent.marking.is_right and sent.answer and sent.answer.run_id == "real"
    assert any("small twin" in reason for reason in sent.marking.why_not)


def test_without_a_gpu_the_reference_marks_the_gpu_question(opened: Session, person: str) -> None:
    sent = send(opened, person, Q5, "a")
    assert sent.marking.is_right and sent.answer and sent.answer.run_id is None
    assert sent.marking.evidence and sent.marking.evidence.source == "reference"


def test_attempts_are_counted_and_the_question_closes_after_the_last(opened: Session, person: str) -> None:
    assert [send(opened, person, Q11, letter).attempts_left for letter in "acd"] == [2, 1, 0]
    with pytest.raises(AnswerRefused, match="closed"):
        send(opened, person, Q11, "b")
    assert len(answers_of(opened, person, "Q11")) == 3


def test_a_right_answer_closes_the_question(opened: Session, person: str) -> None:
    sent = send(opened, person, Q11, "b")
    assert sent.is_final and sent.shown == sent.marking
    with pytest.raises(AnswerRefused, match="closed"):
        send(opened, person, Q11, "c")


def test_the_key_is_shown_only_at_the_end(opened: Session, person: str) -> None:
    shown = send(opened, person, Q2, "a").shown
    assert shown.correct_answers == () and shown.feedback == ()
    send(opened, person, Q2, "c")
    last = send(opened, person, Q2, "ac").shown
    assert last.correct_answers == ("vram_15", "disk_100") and len(last.feedback) == 4


def test_the_same_answer_again_is_the_same_attempt(opened: Session, person: str) -> None:
    first, second = send(opened, person, Q11, "a"), send(opened, person, Q11, "a")
    assert first.answer and second.answer and first.answer.id == second.answer.id
    assert second.attempts_left == 2


def test_a_right_answer_again_is_no_error(opened: Session, person: str) -> None:
    first, second = send(opened, person, Q11, "b"), send(opened, person, Q11, "b")
    assert first.answer and second.answer and first.answer.id == second.answer.id


def test_going_back_to_an_earlier_answer_is_an_attempt(opened: Session, person: str) -> None:
    assert [send(opened, person, Q11, letter).attempts for letter in "aca"] == [1, 2, 3]


def test_the_same_answer_after_a_new_run_is_a_new_attempt(opened: Session, person: str) -> None:
    add_run(opened, person, Q4, "slow", [30.0] * 3)
    assert send(opened, person, Q4, "a").marking.score == 0
    add_run(opened, person, Q4, "fast", [5.0] * 3)
    sent = send(opened, person, Q4, "a")
    assert (sent.marking.score, sent.attempts) == (1, 2)


def test_a_double_click_in_two_requests_stores_one_attempt(database: str, person: str) -> None:
    sent: list[Submission] = []
    start = threading.Barrier(6)

    def click() -> None:
        start.wait()
        with session_by_statement() as opened:
            sent.append(send(opened, person, Q11, "a"))

    threads = [threading.Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with session() as opened:
        assert len(answers_of(opened, person, "Q11")) == 1
    assert len(sent) == 6 and {each.attempts for each in sent} == {1}


def test_two_tabs_cannot_take_more_attempts_than_there_are(database: str, person: str) -> None:
    start = threading.Barrier(8)

    def click(letter: str) -> None:
        start.wait()
        for other in (letter, "a", letter):
            with session_by_statement() as opened:
                try:
                    send(opened, person, Q11, other)
                except AnswerRefused:
                    return

    threads = [threading.Thread(target=click, args=("acd"[index % 3],)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with session() as opened:
        assert [answer.attempt for answer in answers_of(opened, person, "Q11")] == [1, 2, 3]


def test_reveal_shows_the_key_and_closes_the_question(opened: Session, person: str) -> None:
    send(opened, person, Q2, "b")
    sent = reveal(opened, person, Q2, bank=LESSON, machine=NO_GPU)
    assert sent.is_final and sent.shown.correct_answers == ("vram_15", "disk_100")
    assert (sent.attempts, sent.marking.score) == (1, None)
    with pytest.raises(AnswerRefused, match="closed"):
        send(opened, person, Q2, "bd")


def test_reveal_twice_is_one_reveal(opened: Session, person: str) -> None:
    first = reveal(opened, person, Q2, bank=LESSON, machine=NO_GPU)
    second = reveal(opened, person, Q2, bank=LESSON, machine=NO_GPU)
    assert first.answer and second.answer and first.answer.id == second.answer.id


def test_the_last_submission_is_there_after_a_reload(database: str, person: str) -> None:
    with session() as opened:
        assert last_submission(opened, person, Q11) is None
        sent = send(opened, person, Q11, "a")
    with session() as opened:
        again = last_submission(opened, person, Q11)
        assert again and (again.marking, again.attempts_left) == (sent.marking, 2)


def test_an_old_answer_is_shown_as_it_was_marked_after_the_bank_changed(opened: Session, person: str) -> None:
    send(opened, person, Q11, "c")
    changed = Q11.model_copy(update={"explanation": "Other."})
    again = last_submission(opened, person, changed)
    assert again and again.marking.question_hash == Q11.hash


def test_a_newer_run_makes_the_answer_stale_but_does_not_change_it(opened: Session, person: str) -> None:
    add_run(opened, person, Q4, "slow", [30.0] * 3)
    answer = send(opened, person, Q4, "b").answer
    assert answer and newer_evidence(opened, person, Q4, answer) is None
    add_run(opened, person, Q4, "fast", [5.0] * 3)
    assert newer_evidence(opened, person, Q4, answer) == "fast"
    assert opened.get(Answer, answer.id).score == 1  # type: ignore[union-attr]


def test_a_fixed_answer_is_never_stale(opened: Session, person: str) -> None:
    answer = send(opened, person, Q11, "b").answer
    assert answer and newer_evidence(opened, person, Q11, answer) is None


def test_history_holds_every_attempt_of_one_person(opened: Session, person: str) -> None:
    other = stranger(opened)
    for letter in "ac":
        send(opened, person, Q11, letter)
    send(opened, person, Q1, "abcd")
    send(opened, other, Q1, "a")
    assert [(answer.question_id, answer.attempt) for answer in history(opened, person)] == [
        ("Q11", 1),
        ("Q11", 2),
        ("Q1", 1),
    ]


def test_the_last_ticks_are_those_of_the_last_real_attempt(opened: Session, person: str) -> None:
    assert last_ticks(opened, person, Q1.id) == []
    submit_answer(opened, person, Q1, ["cpu"], bank=LESSON, machine=NO_GPU)
    reveal(opened, person, Q1, bank=LESSON, machine=NO_GPU)
    assert last_ticks(opened, person, Q1.id) == ["cpu"]
