"""The run that a student is given instead of waiting for a worker."""

from bench.classroom import _qualifying
from core.quiz.evidence import find_evidence
from tests.core.quiz.examples import LESSON, NO_GPU, run_record


def test_the_run_that_is_put_into_the_database_decides_the_question() -> None:
    question = LESSON.question("Q4")
    twin = {"id": "qwen3-0.6b", "source": "embedded", "dtype": "float32", "parameters": 1_049_984}
    record = run_record(question, [0.3] * 3, model=twin)
    assert find_evidence(question, [record], NO_GPU).evidence is None
    found = find_evidence(question, [_qualifying(record, question)], NO_GPU)
    assert found.state == "found" and found.evidence and found.evidence.source == "live"
