"""Handles: the names that students choose for themselves in a class.

A handle is shown to the teacher and written into files, so it is cleaned when it comes in: no signs that cannot be
seen, none that turn the direction of writing, no towers of accents, and nothing that a spreadsheet takes for a formula.

>>> clean("  Ada\\u200b   L. ")
'Ada L.'
>>> key("Ada L.") == key("ADA l.")
True
"""

import re
import unicodedata

from core.errors import LabError

LONGEST = 32
LONGEST_TYPED = 200
"""More was not typed by anybody and is not looked at."""
LAST = 10**LONGEST
"""Letters stand after numbers."""
_UNSEEN = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
_DRAWN_AS_NOTHING = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks that nobody sees: fillers, the blank of Braille, variants of the sign before."""
_FORMULA = "=+-−@'\"`|"
_ACCENTS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_DIGITS = re.compile(r"(\d+)")
_ACCENT = re.compile(f"[{_ACCENTS}]")
_TOWER = re.compile(f"([{_ACCENTS}]{{2}})[{_ACCENTS}]+")
_ALIKE = str.maketrans(
    "015i|аеіјорсухѕһԁԛԝвкмнтαεικνορτυχβζημ",
    "olsllaeljopcyxshdqwbkmhtaelknoptyxbzhm",
)


class BadHandle(LabError):
    """A handle that cannot be taken; nothing was stored."""

    kind = "bad_handle"


def readable(text: str) -> str:
    """A text in one line, without what cannot be seen."""
    flat = " ".join(unicodedata.normalize("NFKC", text).split())
    seen = "".join(sign for sign in _DRAWN_AS_NOTHING.sub("", flat) if unicodedata.category(sign) not in _UNSEEN)
    return " ".join(unicodedata.normalize("NFKC", seen).split())


def clean(text: str) -> str:
    """The handle as it is kept and shown.

    Raises:
        BadHandle: nothing that can be read is left, or it is longer than `LONGEST`.
    """
    if len(text) > LONGEST_TYPED:
        raise _too_long(len(text))
    # After a semicolon a spreadsheet of another country begins a new cell, and takes that for a formula.
    name = _TOWER.sub(r"\1", readable(text)).replace(";", ",")
    name = name[next((at for at, sign in enumerate(name) if _can_begin(sign)), len(name)) :]
    if not any(sign.isalnum() for sign in name):
        raise BadHandle(f"{text[:LONGEST]!r} holds no letter or digit.", "Choose a name that the class can read.")
    if len(name) > LONGEST:
        raise _too_long(len(name))
    return name


def key(handle: str) -> str:
    """What two handles share that nobody could tell apart: case, spaces, accents, 0 and o, other alphabets."""
    letters = _ACCENT.sub("", unicodedata.normalize("NFKD", handle).casefold())
    return "".join(sign for sign in letters if _is_letter(sign)).translate(_ALIKE)[:64]


def order(handle: str) -> tuple[tuple[int, str], ...]:
    """Where a handle stands in a list: without case and accents, and numbers by their size.

    >>> sorted(["Team 10", "team 2", "Ada"], key=order)
    ['Ada', 'team 2', 'Team 10']
    """
    letters = _ACCENT.sub("", unicodedata.normalize("NFKD", handle).casefold())
    parts = [part for part in _DIGITS.split(letters) if part]
    return tuple((int(part), "") if part.isdecimal() else (LAST, part) for part in parts)


def _can_begin(sign: str) -> bool:
    return not sign.isspace() and sign not in _FORMULA and not unicodedata.category(sign).startswith("M")


def _is_letter(sign: str) -> bool:
    """Letters and digits, and the marks of other scripts, which are vowels there and no accents."""
    return sign.isalnum() or unicodedata.category(sign).startswith("M")


def _too_long(signs: int) -> BadHandle:
    return BadHandle(f"This name has {signs} characters.", f"Choose one of at most {LONGEST}.")
