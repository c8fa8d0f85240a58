"""Cells that no spreadsheet takes for a formula.

A spreadsheet runs a text that begins with `=`, `+`, `-` or `@` when a file is opened, or when somebody saves it as CSV
and opens that. So such a text gets an apostrophe in front, as OWASP asks for (ASVS 1.2.10), in every kind of file.
Beyond that list: full-width signs, signs behind spaces, quotes or characters that cannot be seen, and signs behind a
`;`, a tab or a new line within the text, where a spreadsheet of another country begins a new cell.

>>> neutral("=1+1"), neutral("x;=1+1"), neutral("-3"), neutral(-3)
("'=1+1", "x;'=1+1", '-3', -3)

A text that is a plain number stays one. What begins with an apostrophe is text already, so neutralising twice is the
same as once.
"""

import re
from math import isfinite

Cell = str | int | float | bool | None

_SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫−"
_UNSEEN = r"\s\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
_FORMULA = re.compile(rf'(^|[;\t\r\n])(?=[{_UNSEEN}"]*[{_SIGNS}])|^(?=[\t\r\n\x00])')
_SUSPECT = re.compile(rf"[{_SIGNS}\t\r\n\x00]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def neutral(value: Cell) -> Cell:
    """The cell as it may stand in a file; a figure that is not finite becomes an empty cell."""
    if isinstance(value, str):
        is_plain = not _SUSPECT.search(value) or _is_number(value)
        return value if is_plain else _FORMULA.sub(r"\1'", value)
    return None if isinstance(value, float) and not isfinite(value) else value


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None and isfinite(float(text))
