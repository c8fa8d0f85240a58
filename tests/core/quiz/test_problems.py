from core.quiz.problems import BankErrors, Problem


def test_bank_errors_carry_every_line_and_what_to_do() -> None:
    problems = [Problem("error", "b.yaml", line, 1, "Q1", "wrong", "x") for line in (3, 7)]
    error = BankErrors(problems)
    assert error.problems == tuple(problems)
    assert str(error).splitlines() == ["b.yaml:3:1 Q1: wrong", "b.yaml:7:1 Q1: wrong"]
    assert "check-bank" in error.remedy


def test_a_warning_says_that_it_is_one() -> None:
    assert str(Problem("warning", "b.yaml", 1, 2, "Q1", "odd", "x")) == "b.yaml:1:2 Q1: warning: odd"
