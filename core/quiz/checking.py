"""Checks a bank file and reports everything wrong with it at once, with line and column.

A fault of shape does not hide the faults behind it: it is noted, taken out of a copy, and the copy is checked on.
"""

import copy
from pathlib import Path as FilePath
from string import ascii_lowercase
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from core.quiz import rules
from core.quiz.bank import Bank, Question
from core.quiz.document import Document, Path, parse
from core.quiz.problems import Problem
from core.quiz.wording import expected_words, keys_at, message_of, nearest

REPAIRS = 4
REPLACED = {"string_type", "value_error", "string_pattern_mismatch", "missing"}
"""Faults that a neutral text in the same place makes good enough to check on."""


def check_file(path: FilePath | str) -> list[Problem]:
    """Every error and warning of a bank file, in the order of its lines. Errors make it unusable.

    Example:
        >>> check_file("nowhere.yaml")[0].message
        'there is no such file'
    """
    return read_bank(FilePath(path))[1]


def read_bank(path: FilePath) -> tuple[Bank | None, list[Problem]]:
    """The bank, None where it has errors, and all problems."""
    file = _shown(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None, [_unread(file, "there is no such file")]
    except (OSError, UnicodeDecodeError) as error:
        return None, [_unread(file, f"the file cannot be read: {error}")]
    return check_text(text, file, path.parent)


def check_text(text: str, file: str, folder: FilePath) -> tuple[Bank | None, list[Problem]]:
    """The same for text that is not (yet) a file; images are looked for in `folder`."""
    document = parse(text, file)
    if isinstance(document.data, dict):
        bank = _check(document, folder)
    else:
        bank = None
        if not document.problems:
            message = "this is not a bank: expected the keys schema, bank and questions at the top"
            document.problems.append(document.problem((), message, "not_a_mapping"))
    problems = sorted(dict.fromkeys(document.problems), key=lambda problem: (problem.line, problem.column))
    return (None if any(problem.is_error for problem in problems) else bank), problems


def _check(document: Document, folder: FilePath) -> Bank | None:
    bank, faults = _shape(document.data)
    faults = _without_echoes(faults)
    for detail in faults:
        document.problems.append(document.problem(detail["loc"], message_of(detail), detail["type"]))
    _check_ids(document)
    damaged = {detail["loc"] for detail in faults if not _is_replaced(detail)}
    for index, question in enumerate(_whole_questions(document.data)):
        if question is not None:
            _check_question(document, index, question, damaged, folder)
    if bank is not None:
        for severity, found in (("error", rules.errors_of_bank(bank)), ("warning", rules.warnings_of_bank(bank))):
            for path, message, code in found:
                document.problems.append(document.problem(path, message, code, severity))
    return bank


def _shape(data: Any) -> tuple[Bank | None, list[ErrorDetails]]:
    try:
        return Bank.model_validate(data), []
    except ValidationError as error:
        return None, _own_faults(error)


def _own_faults(error: ValidationError) -> list[ErrorDetails]:
    """What pydantic found, without lists that it calls too short only because their items have faults."""
    return [
        fault
        for fault in error.errors()
        if fault["type"] != "too_short"
        or not isinstance(fault["input"], list)
        or len(fault["input"]) < fault["ctx"]["min_length"]
    ]


def _is_replaced(detail: ErrorDetails) -> bool:
    """Whether the repaired copy is as good as whole there."""
    return detail["type"] == "extra_forbidden" or (detail["type"] in REPLACED and isinstance(detail["loc"][-1], str))


def _without_echoes(faults: list[ErrorDetails]) -> list[ErrorDetails]:
    """A misspelt key is unknown *and* leaves its field missing; the first of the two says it."""
    unknown = [fault["loc"] for fault in faults if fault["type"] == "extra_forbidden"]
    meant = {(*loc[:-1], nearest(str(loc[-1]), keys_at(loc[:-1]))) for loc in unknown}
    return [fault for fault in faults if fault["type"] != "missing" or fault["loc"] not in meant]


def _check_ids(document: Document) -> None:
    questions = document.data.get("questions")
    raw = questions if isinstance(questions, list) else []
    ids = [question.get("id") if isinstance(question, dict) else None for question in raw]
    for index, first in rules.repeated_ids(ids):
        path: Path = ("questions", index, "id")
        told = f"the id {ids[index]!r} is already on line {document.place(('questions', first, 'id')).line}"
        other = "" if ids[first] == ids[index] else f" as {ids[first]!r}, and case makes no difference"
        document.problems.append(document.problem(path, told + other, "duplicate_id"))


def _check_question(
    document: Document, index: int, question: Question, damaged: set[tuple[int | str, ...]], folder: FilePath
) -> None:
    """Run the rules; a finding about a part that is known to be damaged would only repeat it."""
    top: Path = ("questions", index)
    for severity, found in (("error", rules.errors_of(question, folder)), ("warning", rules.warnings_of(question))):
        for part, message, code in found:
            path = (*top, *part)
            if not any(_touch(path, fault) for fault in damaged):
                document.problems.append(document.problem(path, message, code, severity))


def _touch(path: Path, fault: Path) -> bool:
    shared = min(len(path), len(fault))
    return len(path) > 2 and path[:shared] == fault[:shared]


def _whole_questions(data: dict[str, Any]) -> list[Question | None]:
    raw = data.get("questions")
    return [_repaired(item) for item in raw] if isinstance(raw, list) else []


def _repaired(raw: Any) -> Question | None:
    """The question without its faults of shape; None where too little is left to check."""
    data = copy.deepcopy(raw)
    for _ in range(REPAIRS):
        try:
            return Question.model_validate(data)
        except ValidationError as error:
            for detail in _own_faults(error):
                _repair(data, detail)
    return None


def _repair(data: Any, detail: ErrorDetails) -> None:
    """Rename a misspelt key or word, drop what is unknown or damaged, put a neutral text where one is missing."""
    loc = detail["loc"]
    while loc and not isinstance(loc[-1], str):
        loc = loc[:-1]
    parent = _parent(data, loc)
    if parent is None:
        return
    steps, last = loc[:-1], str(loc[-1])
    if detail["type"] == "extra_forbidden":
        value, near = parent.pop(last, None), nearest(last, keys_at(("questions", 0, *steps)))
        if near and near not in parent:
            parent[near] = value
    elif detail["type"] in REPLACED:
        parent[last] = _placeholder(steps, last)
    elif detail["type"] == "literal_error" and (word := nearest(str(detail["input"]), expected_words(detail))):
        parent[last] = word
    else:
        parent.pop(last, None)


def _parent(data: Any, loc: Path) -> dict[str, Any] | None:
    """The mapping that holds the last part of `loc`; None where an earlier repair took it out."""
    for step in loc[:-1]:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data if loc and isinstance(data, dict) else None


def _placeholder(steps: Path, last: str) -> str:
    """A text that differs from place to place, so that it is never a duplicate."""
    index = next((step for step in reversed(steps) if isinstance(step, int)), 0)
    return ascii_lowercase[index % 26] if last == "letter" else "-".join(["missing", *map(str, steps)])


def _unread(file: str, message: str) -> Problem:
    return Problem("error", file, 1, 1, "file", message, "unreadable")


def _shown(path: FilePath) -> str:
    """The path as short as it can be named from here."""
    try:
        return str(path.resolve().relative_to(FilePath.cwd()))
    except ValueError:
        return str(path)
