"""How a fault of shape is said: pydantic's findings in plain words, with a suggestion where one is near."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from core.quiz.bank import Bank
from core.quiz.document import Path


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'correct'?` where a known word is near, else nothing."""
    near = nearest(word, known)
    return f"; did you mean {near!r}?" if near else ""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` looks like."""
    found = get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def message_of(detail: ErrorDetails) -> str:
    """One of pydantic's errors as a sentence for the author of a bank."""
    kind, got, last = detail["type"], detail["input"], detail["loc"][-1] if detail["loc"] else ""
    if kind == "missing":
        return f"{last!r} is missing" if isinstance(last, str) else f"value {last + 1} of the list is missing"
    if kind == "extra_forbidden":
        known = keys_at(detail["loc"][:-1])
        near = suggestion(str(last), known)
        return f"unknown key {last!r}{near or '; known here: ' + ', '.join(known)}"
    if kind == "string_type":
        return _not_text(got)
    if kind == "literal_error":
        words = expected_words(detail)
        return f"{got!s} is not one of {', '.join(words)}{suggestion(str(got), words)}"
    if kind == "string_pattern_mismatch":
        return f"{got!r} does not have the form {detail.get('ctx', {}).get('pattern')}"
    if kind in ("model_type", "dict_type"):
        return f"expected keys and values, got {_kind(got)}"
    if kind in ("tuple_type", "list_type"):
        return f"expected a list, got {_kind(got)}"
    told = detail["msg"].removeprefix("Value error, ")
    shown = f" (got {got!s:.60})" if not isinstance(got, list | dict) and kind != "value_error" else ""
    return told[:1].lower() + told[1:] + shown


def expected_words(detail: ErrorDetails) -> list[str]:
    """The words that a field with a fixed list of them would take."""
    return re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))


def keys_at(path: Path) -> list[str]:
    """The keys that the bank knows at `path`."""
    model: type[BaseModel] | None = Bank
    for part in path:
        if model is not None and isinstance(part, str):
            names = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
            model = _model_in(names.get(part))
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def _not_text(got: Any) -> str:
    if got is None:
        return "the text is empty"
    if isinstance(got, list | dict):
        return f"expected text, got {_kind(got)}"
    shown = str(got).lower() if isinstance(got, bool) else str(got)
    return f"{shown} is not quoted, and YAML readers take it for something other than text: quote it"


def _kind(got: Any) -> str:
    if got is None:
        return "nothing"
    return "a list" if isinstance(got, list) else "keys and values" if isinstance(got, dict) else f"{got!s:.60}"
