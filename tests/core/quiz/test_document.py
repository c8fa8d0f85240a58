import pytest

from core.quiz.document import Place, Unquoted, parse


def test_every_part_knows_its_line_and_column() -> None:
    document = parse("a: 1\nb:\n  - c: 2\n    d: {e: 3}\n", "f.yaml")
    assert document.data == {"a": 1, "b": [{"c": 2, "d": {"e": 3}}]}
    assert document.place(("b", 0, "c")) == Place(3, 5)
    assert document.place(("b", 0, "d", "e")) == Place(4, 9)


def test_a_missing_part_is_placed_at_what_surrounds_it() -> None:
    document = parse("a: 1\nb:\n  - c: 2\n", "f.yaml")
    assert document.place(("b", 0, "nothing", 3)) == document.place(("b", 0))


def test_where_names_the_question_by_its_id() -> None:
    document = parse("questions:\n  - id: Q7\n    choices: [{}]\n  - title: x\n", "f.yaml")
    assert document.where(("questions", 0, "choices", 2, "range")) == "Q7.choices[2].range"
    assert document.where(("questions", 1, "title")) == "questions[1].title"
    assert document.where(("bank", "title")) == "bank.title"
    assert document.where(()) == "file"


@pytest.mark.parametrize("text", ["no", "Yes", "off", "1:30", "10:20:30", "2026-01-02", "010", "1_000", "0x1F"])
def test_plain_values_that_yaml_readers_disagree_on_are_marked(text: str) -> None:
    assert parse(f"a: {text}", "f.yaml").data == {"a": Unquoted(text)}
    assert parse(f"a: '{text}'", "f.yaml").data == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-2.5", -2.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        (".inf", float("inf")),
        ("true", True),
        ("~", None),
        ("", None),
    ],
)
def test_plain_values_without_doubt_are_read(text: str, value: object) -> None:
    assert parse(f"a: {text}", "f.yaml").data == {"a": value}


@pytest.mark.parametrize("text", ["under 10 seconds", "1.2.3", "T4 GPU", "qwen3-0.6b", "100 tokens"])
def test_ordinary_texts_need_no_quotes(text: str) -> None:
    assert parse(f"a: {text}", "f.yaml").data == {"a": text}


def test_all_duplicate_keys_are_found() -> None:
    document = parse("a: 1\na: 2\nb: {c: 1, c: 2}\n", "f.yaml")
    assert [(problem.line, problem.code) for problem in document.problems] == [
        (2, "duplicate_key"),
        (3, "duplicate_key"),
    ]
    assert "line 1" in document.problems[0].message


@pytest.mark.parametrize("text", ["a: [1,\n", "a: b: c", 'a: "x', "a: *nowhere", "--- a\n--- b\n", "a: \x07"])
def test_yaml_that_cannot_be_read_is_one_problem_with_a_place(text: str) -> None:
    document = parse(text, "f.yaml")
    assert [problem.code for problem in document.problems] == ["unreadable"]
    assert document.problems[0].line >= 1


def test_an_alias_that_contains_itself_does_not_hang() -> None:
    assert [problem.code for problem in parse("a: &x [*x]\n", "f.yaml").problems] == ["unreadable"]
