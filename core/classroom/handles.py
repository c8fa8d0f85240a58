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
MOST_MARKS = 2
"""Accents on one letter; more are a tower."""
_UNSEEN = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
_FORMULA = "=+-@'\"`|"
_TOWER = re.compile(
    r"([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{2})[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l", "5": "s"})


class BadHandle(LabError):
    """A handle that cannot be taken; nothing was stored."""

    kind = "bad_handle"


def clean(text: str) -> str:
    """The handle as it is kept and shown.

    Raises:
        BadHandle: nothing that can be read is left, or it is longer than `LONGEST`.
    """
    flat = " ".join(unicodedata.normalize("NFKC", text).split())
    seen = "".join(sign for sign in flat if unicodedata.category(sign) not in _UNSEEN)
    name = _TOWER.sub(r"\1", " ".join(seen.split())).lstrip(_FORMULA + " ")
    if not any(sign.isalnum() for sign in name):
        raise BadHandle(f"{text!r} holds no letter or digit.", "Choose a name that the class can read.")
    if len(name) > LONGEST:
        raise BadHandle(f"This name has {len(name)} signs.", f"Choose one of at most {LONGEST}.")
    return name


def key(handle: str) -> str:
    """What two handles share that nobody could tell apart: case, spaces, accents, 0 and o, 1 and l."""
    plain = unicodedata.normalize("NFKD", handle).casefold()
    letters = "".join(sign for sign in plain if sign.isalnum())
    return letters.translate(_ALIKE)[:64]
