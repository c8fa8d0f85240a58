"""A YAML file as plain data, with the line and column of everything in it.

The file is composed into nodes rather than loaded, for three reasons: every key keeps its position, *all* duplicate
keys are found (a loader stops at the first), and it is still known which texts were quoted. YAML readers disagree on
plain `no`, `1:30` or `2026-01-02`; such a value becomes an `Unquoted`, which no text field accepts.

    >>> document = parse("a: {b: 1}", "bank.yaml")
    >>> document.data, document.place(("a", "b"))
    ({'a': {'b': 1}}, Place(line=1, column=5))
"""

import re
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node, ScalarNode, SequenceNode

from core.quiz.problems import Problem

Path = tuple[str | int, ...]

AMBIGUOUS = re.compile(
    r"(y|n|yes|no|on|off|true|false|null)"  # booleans and nothing in YAML 1.1, in any case
    r"|[-+]?\d[\d_]*(:[0-5]?\d)+(\.\d*)?"  # 1:30 is ninety there
    r"|[-+]?[\d_]+(\.[\d_]*)?(e[-+]?\d+)?|0x[\da-f_]+|0b[01_]+|0o?[0-7_]+"
    r"|\d{4}-\d\d?-\d\d?.*",
    re.IGNORECASE,
)
FLOAT = re.compile(r"[-+]?(0|[1-9]\d*|(?=\.))(\.\d*)?(e[-+]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """Line and column, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Unquoted:
    """A plain scalar that YAML readers take for different things."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass
class Document:
    """The data of a file, where each part stands, and what is wrong with the YAML itself."""

    file: str
    data: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path) -> Place:
        """Where `path` stands, or the nearest part around it that exists."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))

    def where(self, path: Path) -> str:
        """`path` as a reader names it, e.g. `Q7.choices[2].range`."""
        name = ""
        if len(path) > 1 and path[0] == "questions" and isinstance(path[1], int):
            name, path = self._question_name(path[1]), path[2:]
        for part in path:
            name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
        return name or "file"

    def _question_name(self, index: int) -> str:
        question = self.data["questions"][index]
        name = question.get("id") if isinstance(question, dict) else None
        return name if isinstance(name, str) else f"questions[{index}]"

    def problem(self, path: Path, message: str, code: str, severity: str = "error") -> Problem:
        """A problem at `path`."""
        place = self.place(path)
        return Problem(severity, self.file, place.line, place.column, self.where(path), message, code)


def parse(text: str, file: str) -> Document:
    """Read `text`; YAML that cannot be read, and duplicate keys, end up in `problems`.

    Args:
        text: the content.
        file: the name that problems carry.
    """
    document = Document(file)
    try:
        root = YAML(typ="rt").compose(text)
    except YAMLError as error:
        document.problems.append(_unreadable(error, file))
        return document
    reader = _Reader(document)
    document.data = reader.value(root, ()) if root is not None else None
    document.problems += [document.problem(path, message, code) for path, message, code in reader.found]
    return document


def _unreadable(error: YAMLError, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    told = (error.problem or error.context) if isinstance(error, MarkedYAMLError) else str(error).splitlines()[0]
    return Problem("error", file, line, column, "file", f"this is not valid YAML: {told}", "unreadable")


class _Reader:
    """Turns nodes into data and notes where each stood."""

    def __init__(self, document: Document) -> None:
        self.places = document.places
        self.open: list[int] = []
        self.found: list[tuple[Path, str, str]] = []

    def value(self, node: Node, path: Path) -> Any:
        if path not in self.places:  # a mapping's entries are placed at their key
            self.places[path] = Place(node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, ScalarNode):
            return _scalar(node)
        if id(node) in self.open:
            self.found.append((path, "this alias contains itself", "unreadable"))
            return None
        self.open.append(id(node))
        try:
            if isinstance(node, SequenceNode):
                return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
            return self._mapping(node.value, path)
        finally:
            self.open.pop()

    def _mapping(self, entries: list[tuple[Node, Node]], path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, item in entries:
            name = key.value if isinstance(key, ScalarNode) else "?"
            place = Place(key.start_mark.line + 1, key.start_mark.column + 1)
            if name in data:
                first = self.places[(*path, name)].line
                self.places[(*path, name)] = place
                self.found.append(((*path, name), f"the key {name!r} is already on line {first}", "duplicate_key"))
            self.places[(*path, name)] = place
            data[name] = self.value(item, (*path, name))
        return data


def _scalar(node: ScalarNode) -> Any:
    text, kind = node.value, str(node.tag).rsplit(":", 1)[-1]
    if node.style is not None:
        return text
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind in ("int", "float"):
        return _number(text)
    return Unquoted(text) if AMBIGUOUS.fullmatch(text) else text


def _number(text: str) -> int | float | Unquoted:
    """The number, where every YAML reader agrees on it: `010` and `1_000` are read in two ways."""
    if re.fullmatch(r"[-+]?(0|[1-9]\d*)", text):
        return int(text)
    special = {".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}
    if text.lower() in special:
        return special[text.lower()]
    return float(text) if FLOAT.fullmatch(text) else Unquoted(text)
