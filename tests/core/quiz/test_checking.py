"""Each fault that the bank's author can make, with the place where it is reported."""

from pathlib import Path

import pytest

from core.quiz.checking import check_file, check_text
from core.quiz.problems import Problem
from tests.core.quiz.examples import MINI


def problems_of(text: str, folder: Path = Path()) -> list[Problem]:
    return check_text(text, "quiz_bank.yaml", folder)[1]


def changed(*changes: tuple[str, str]) -> str:
    text = MINI
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def place(text: str, fragment: str, part: str = "") -> tuple[int, int]:
    """Line and column of `part` inside the first line that holds `fragment`."""
    for number, line in enumerate(text.splitlines(), 1):
        if fragment in line:
            return number, line.index(part or fragment.strip()) + 1
    raise AssertionError(fragment)


def test_a_good_bank_has_no_problems() -> None:
    assert problems_of(MINI) == []


CASES = [
    # change, code, where, fragment of the line, part of the line, words of the message
    (("title: Fixed", "titel: Fixed"), "extra_forbidden", "Q1.titel", "titel: Fixed", "titel", "did you mean 'title'"),
    (
        ("correct: true, feedback", "corect: true, feedback"),
        "extra_forbidden",
        "Q1.choices[0].corect",
        "corect",
        "corect",
        "did you mean 'correct'",
    ),
    (
        ("bank: {id: mini,", "bank: {id: mini, zzz: 1,"),
        "extra_forbidden",
        "bank.zzz",
        "zzz",
        "zzz",
        "known here: id, title",
    ),
    (("id: Q2", "id: Q1"), "duplicate_id", "Q1.id", "Measured", "title", "already on line 4"),
    (("id: Q2", "id: q1"), "duplicate_id", "q1.id", "Measured", "title", "on line 4 as 'Q1', and case makes no"),
    (("id: two,", "id: one,"), "duplicate_id", "Q1.choices[1].id", "text: Second", "id:", "already used by choices[0]"),
    (
        ("letter: b, text: Second", "letter: a, text: Second"),
        "duplicate_letter",
        "Q1.choices[1].letter",
        "text: Second",
        "letter",
        "'a'",
    ),
    (("text: Second", "text: first"), "duplicate_text", "Q1.choices[1].text", "id: two", "text", "already used"),
    (
        ("    topic: things\n", "    topic: things\n    topic: more\n"),
        "duplicate_key",
        "Q1.topic",
        "topic: more",
        "topic",
        "line 10",
    ),
    (("text: Second, ", ""), "missing", "Q1.choices[1].text", "id: two", "{id: two", "'text' is missing"),
    (("text: Second", "text: no"), "string_type", "Q1.choices[1].text", "text: no", "text", "no is not quoted"),
    (("text: Second", "text: 1:30"), "string_type", "Q1.choices[1].text", "text: 1:30", "text", "quote it"),
    (("text: Second", "text: 1e3"), "string_type", "Q1.choices[1].text", "text: 1e3", "text", "quote it"),
    (("text: Second", "text: 4"), "string_type", "Q1.choices[1].text", "text: 4", "text", "4 is not quoted"),
    (("text: Second", "text: true"), "string_type", "Q1.choices[1].text", "text: true", "text", "true is not quoted"),
    (("text: Second", "text: "), "string_type", "Q1.choices[1].text", "id: two", "text", "empty"),
    (("text: Second", "text: ' '"), "value_error", "Q1.choices[1].text", "id: two", "text", "empty"),
    (("text: Second", "text: [x]"), "string_type", "Q1.choices[1].text", "id: two", "text", "a list"),
    (
        ("prompt: Tick all.", "prompt: Tick <b>all</b>."),
        "value_error",
        "Q1.prompt",
        "prompt: Tick",
        "prompt",
        "raw HTML (<b>)",
    ),
    (
        ("correct: true, feedback", "correct: yes, feedback"),
        "bool_type",
        "Q1.choices[0].correct",
        "correct: yes",
        "correct",
        "yes",
    ),
    (("type: multiple", "type: multipel"), "literal_error", "Q1.type", "multipel", "type", "did you mean 'multiple'"),
    (("type: multiple", "type: single"), "right_choices", "Q1.choices", "    choices:", "choices", "exactly one"),
    (
        ("letter: a, text: First", "letter: z, text: First"),
        "letter_order",
        "Q1.choices",
        "    choices:",
        "choices",
        "not in order",
    ),
    (
        ("range: [10, 20]", "range: [9, 20]"),
        "range_overlap",
        "Q2.choices[1].range",
        "[9, 20]",
        "range",
        "overlaps short [0, 10]",
    ),
    (
        ("range: [10, 20]", "range: [20, 10]"),
        "range_order",
        "Q2.choices[1].range",
        "[20, 10]",
        "range",
        "from low to high",
    ),
    (
        ("range: [10, 20]", "range: [12, 20]"),
        "range_gap",
        "Q2.choices[1].range",
        "[12, 20]",
        "range",
        "no option holds 10 to 12",
    ),
    (
        ("range: [10, 20]", "range: [10]"),
        "missing",
        "Q2.choices[1].range[1]",
        "[10]",
        "range",
        "value 2 of the list is missing",
    ),
    (("range: [10, 20]", "range: [10, abc]"), "float_type", "Q2.choices[1].range[1]", "abc", "abc", "number"),
    ((", range: [10, 20]", ""), "missing_range", "Q2.choices[1]", "id: middle", "{id", "'range' is missing"),
    (
        ("range: [10, 20]", "range: [10, 20], correct: true"),
        "mixed_key",
        "Q2.choices[1].correct",
        "[10, 20]",
        "correct",
        "not both",
    ),
    (
        ("text: Second,", "text: Second, range: [0, 1],"),
        "no_key",
        "Q1.choices[1].range",
        "id: two",
        "range",
        "nothing to measure",
    ),
    (("name: runtime", "name: runtimes"), "unknown_lab", "Q1.lab.name", "runtimes", "name", "did you mean 'runtime'"),
    (
        ("difficulty: easy\n    lab", "difficulty: easy\n    meter: device_use\n    lab"),
        "literal_error",
        "Q1.meter",
        "device_use",
        "meter",
        "did you mean 'device_used'",
    ),
    (
        ("measure: wall_s", "measure: wal_s"),
        "unknown_measure",
        "Q2.key.measure",
        "wal_s",
        "measure",
        "did you mean 'wall_s'",
    ),
    (("unit: s", "unit: GiB"), "unit", "Q2.key.unit", "unit: GiB", "unit", "is in s"),
    (
        ("dtype: float32, repeats", "dtyp: float32, repeats"),
        "lab_settings",
        "Q2.lab.settings.dtyp",
        "dtyp:",
        "dtyp",
        "did you mean 'dtype'",
    ),
    (
        ("repeats: 3", "repeats: 300"),
        "lab_settings",
        "Q2.lab.settings.repeats",
        "repeats: 300",
        "repeats",
        "repeats = 300 is not possible: it takes a whole number from 1 to 20",
    ),
    (
        ("device: cpu, dtype", "device: gpu, dtype"),
        "lab_settings",
        "Q2.lab.settings.device",
        "device: gpu",
        "device",
        "device = 'gpu' is not possible: it takes",
    ),
    (
        ("repeats: 3", "repeats: 2"),
        "preset",
        "Q2.key.evidence.min_repeats",
        "min_repeats",
        "min_repeats",
        "would never count",
    ),
    (
        ("settings: {device: cpu", "settings: {device: cuda"),
        "preset",
        "Q2.key.evidence.device",
        "evidence:",
        "device: cpu",
        "would never count",
    ),
    (
        ("parameters: 596049920", "parameters: 600000000"),
        "preset",
        "Q2.key.evidence.parameters",
        "evidence:",
        "parameters",
        "596049920",
    ),
    (
        ("min_repeats: 3", "min_repeats: 3, same_settings: [promt]"),
        "lab_settings",
        "Q2.key.evidence.same_settings[0]",
        "promt",
        "promt",
        "did you mean 'prompt'",
    ),
    (
        ("plausible: [0.1, 7200]", "plausible: [7200, 0.1]"),
        "plausible",
        "Q2.key.plausible",
        "7200",
        "plausible",
        "low to high",
    ),
    (("schema: quiz-bank/1", "schema: quiz-bank/9"), "literal_error", "schema", "schema", "schema", "quiz-bank/1"),
    (('version: "1"', "version: 2026.1"), "string_type", "bank.version", "version", "version", "quote it"),
    (
        (
            "    explanation: Because.\n  - id: Q2",
            "    image: {src: a.png, alt: A.}\n    explanation: Because.\n  - id: Q2",
        ),
        "missing_image",
        "Q1.image.src",
        "image:",
        "src",
        "no file 'a.png'",
    ),
    (
        (
            "    explanation: Because.\n  - id: Q2",
            "    also_accepted: [{choices: [one, tow], feedback: F.}]\n    explanation: Because.\n  - id: Q2",
        ),
        "unknown_choice",
        "Q1.also_accepted[0]",
        "also_accepted",
        "{choices",
        "did you mean 'two'",
    ),
    (
        (
            "    explanation: Because.\n  - id: Q2",
            "    prediction: {prompt: P, choices: [{id: a, text: A}, {id: b, text: B}]}\n"
            "    explanation: Because.\n  - id: Q2",
        ),
        "prediction",
        "Q1.prediction",
        "prediction",
        "prediction",
        "predict: required",
    ),
]


@pytest.mark.parametrize(
    ("change", "code", "where", "fragment", "part", "words"), CASES, ids=[f"{c[1]}-{c[2]}" for c in CASES]
)
def test_fault_is_reported_at_its_place(
    change: tuple[str, str], code: str, where: str, fragment: str, part: str, words: str
) -> None:
    text = changed(change)
    found = [problem for problem in problems_of(text) if problem.is_error]
    assert [(problem.code, problem.where) for problem in found] == [(code, where)]
    assert words in found[0].message
    if code != "duplicate_id" or "choices" in where:
        assert (found[0].line, found[0].column) == place(text, fragment, part)


def test_settings_that_do_not_go_together_are_said_in_words() -> None:
    text = changed(("{name: runtime}", "{name: text_to_image, settings: {sweep: seed}}"))
    (found,) = problems_of(text)
    assert (found.code, found.where) == ("lab_settings", "Q1.lab.settings")
    assert found.message.startswith("These settings do not go together: set both sweep")


def test_every_bad_setting_of_a_lab_is_reported_once() -> None:
    text = changed(
        ("{name: runtime}", "{name: text_to_image, settings: {height: tall, seed: -1, repeats: 0, seeed: 1}}")
    )
    found = problems_of(text)
    assert sorted(problem.where.rpartition(".")[2] for problem in found) == ["height", "repeats", "seed", "seeed"]
    assert not [problem for problem in found if "Input should" in problem.message]


@pytest.mark.parametrize("name", ["Q12", "seed", "load-memory", "a" * 64])
def test_a_new_question_may_have_any_id_of_the_documented_form(name: str) -> None:
    assert problems_of(changed(("id: Q2", f"id: {name}"))) == []


@pytest.mark.parametrize("name", ["12", "_seed", "ein frage", "frage/1", "ä", "a" * 65, "a."])
def test_an_id_of_another_form_is_refused(name: str) -> None:
    found = problems_of(changed(("id: Q2", f'id: "{name}"')))
    assert [problem.where.rpartition(".")[2] for problem in found] == ["id"]


def test_an_image_without_alt_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"png")
    text = changed(("    explanation: Because.\n", "    image: {src: a.png}\n    explanation: Because.\n"))
    assert [problem.message for problem in problems_of(text, tmp_path)] == ["'alt' is missing"]


@pytest.mark.parametrize(("meter", "count"), [("", 1), ("    meter: reserved\n", 1), ("    meter: device_used\n", 0)])
def test_a_memory_measure_has_to_name_its_meter(meter: str, count: int) -> None:
    text = changed(("measure: wall_s\n      unit: s", "measure: device_used_after_load\n      unit: GiB"))
    text = text.replace("    predict: required\n", f"    predict: required\n{meter}")
    assert [problem.code for problem in problems_of(text)] == ["meter"] * count


def test_multiple_without_a_right_choice_is_an_error() -> None:
    text = MINI.replace("correct: true", "correct: false")
    assert [problem.code for problem in problems_of(text)] == ["right_choices"]


def test_printed_form_is_file_line_column_where_message() -> None:
    text = changed(("range: [10, 20]", "range: [9, 20]"))
    line, column = place(text, "[9, 20]", "range")
    assert str(problems_of(text)[0]) == (
        f"quiz_bank.yaml:{line}:{column} Q2.choices[1].range: [9, 20] overlaps short [0, 10]"
    )


def test_all_faults_are_reported_in_one_go() -> None:
    text = changed(
        ("title: Fixed", "titel: Fixed"),
        ("text: Second", "text: no"),
        ("type: multiple", "type: singel"),
        ("name: runtime", "name: nowhere"),
        ("range: [10, 20]", "range: [9, 20]"),
        ("measure: wall_s", "measure: speed"),
        ("id: Q2", "id: Q1"),
        ("    topic: things\n", "    topic: things\n    topic: more\n"),
    )
    codes = {problem.code for problem in problems_of(text)}
    assert codes >= {
        "extra_forbidden", "string_type", "literal_error", "unknown_lab", "right_choices",
        "range_overlap", "unknown_measure", "duplicate_id", "duplicate_key",
    }  # fmt: skip


def test_faults_of_one_question_do_not_hide_each_other() -> None:
    text = changed(("text: middle", "text: 1:30"), ("range: [10, 20]", "range: [9, 20]"), ("unit: s", "unit: m"))
    assert {problem.code for problem in problems_of(text)} == {"string_type", "range_overlap", "unit"}


def test_a_gap_is_allowed_where_the_bank_says_what_counts() -> None:
    text = changed(
        ("range: [10, 20]", "range: [12, 20]"),
        ("      unit: s\n", "      unit: s\n      allow_gaps: true\n      no_match: nearest\n"),
    )
    assert problems_of(text) == []


def test_an_existing_image_with_alt_text_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"png")
    text = changed(
        ("    explanation: Because.\n", "    image: {src: a.png, alt: A dropdown.}\n    explanation: Because.\n")
    )
    assert problems_of(text, tmp_path) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [("", "not_a_mapping"), ("- a\n- b\n", "not_a_mapping"), ("just text", "not_a_mapping"), ("a: [", "unreadable")],
)
def test_a_file_that_is_no_bank_is_one_problem(tmp_path: Path, content: str, code: str) -> None:
    file = tmp_path / "bank.yaml"
    file.write_text(content)
    assert [problem.code for problem in check_file(file)] == [code]


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    found = check_file(tmp_path / "nowhere.yaml")
    assert [problem.message for problem in found] == ["there is no such file"]
    assert str(found[0]).startswith(f"{tmp_path / 'nowhere.yaml'}:1:1 ")


def test_a_file_that_is_no_text_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "bank.yaml").write_bytes(b"\xff\xfe\x00")
    assert [problem.code for problem in check_file(tmp_path / "bank.yaml")] == ["unreadable"]


def test_a_folder_is_a_problem(tmp_path: Path) -> None:
    assert [problem.code for problem in check_file(tmp_path)] == ["unreadable"]


@pytest.mark.parametrize(
    "content", ["questions: 3", "questions: [3, null]", "questions: {a: 1}", "schema: 1\nquestions:\n - choices: 4\n"]
)
def test_nonsense_gives_problems_and_no_exception(content: str) -> None:
    assert any(problem.is_error for problem in problems_of(content))


def test_file_is_named_as_seen_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "quiz_bank.yaml").write_text("")
    monkeypatch.chdir(tmp_path)
    assert check_file(tmp_path / "quiz_bank.yaml")[0].file == "quiz_bank.yaml"


def test_problems_are_in_the_order_of_the_lines() -> None:
    text = changed(("unit: s", "unit: m"), ("title: Fixed", "titel: Fixed"), ("text: Second", "text: no"))
    lines = [problem.line for problem in problems_of(text)]
    assert lines == sorted(lines) and len(lines) >= 3


def test_a_bank_whose_every_question_has_a_fault_of_shape_is_checked_to_the_end(tmp_path: Path) -> None:
    """pydantic calls the list of questions too short then, which once hid everything behind it."""
    bank = tmp_path / "bank.yaml"
    bank.write_text(
        """
schema: quiz-bank/1
bank: {id: x, title: t, version: "1", language: en, license: CC}
questions:
  - id: Q1
    titel: x
    title: A
    headline: hello
    about: x
    prompt: p
    type: single
    topic: t
    difficulty: easy
    lab: {name: nolab}
    choices:
      - {id: a, letter: a, text: 1, correct: true, range: [0, 10]}
      - {id: a, letter: b, text: z, correct: true}
"""
    )
    found = {(problem.line, problem.code) for problem in check_file(bank) if problem.is_error}
    lines = {line for line, _ in found}
    assert lines == {6, 14, 16, 17}
    assert not any(code == "too_short" for _, code in found)
    assert {(14, "unknown_lab"), (17, "duplicate_id")} <= found


def test_an_unknown_section_is_reported_with_the_known_ones() -> None:
    text = changed(
        ("questions:\n", "sections: [{id: pictures, title: P}, {id: pictures, title: Q}]\nquestions:\n"),
        ("  - id: Q2\n", "  - id: Q2\n    section: picture\n"),
    )
    found = {problem.code: problem.message for problem in problems_of(text)}
    assert "did you mean 'pictures'" in found["unknown_section"]
    assert "already a section's id" in found["duplicate_section"]


def test_a_value_of_a_simulated_card_is_no_reference() -> None:
    reference = 'reference: {value: 1, unit: s, machine: "Tesla T4 (simulated)", kind: measured, source: here}'
    found = problems_of(changed(("plausible: [0.1, 7200]", f"plausible: [0.1, 7200]\n      {reference}")))
    assert [(problem.code, problem.is_error) for problem in found] == [("simulated", True)]
