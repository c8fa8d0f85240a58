"""Names of made-up students, as a class chooses them: mostly first names, some with a letter, some with a joke."""

from pathlib import Path
from random import Random

from core.classroom.handles import key

LIST = Path(__file__).with_name("names.txt")
"""First names, an empty line, jokes."""
LETTERS = "ABCDEFGHIJKLMNOPRSTUVW"


def names(dice: Random, count: int) -> list[str]:
    """So many names in no order, of which a class would take each beside the others."""
    first, jokes = (part.split() for part in LIST.read_text(encoding="utf-8").split("\n\n"))
    plain = first + jokes if count > 10 else first
    lettered = [f"{name} {letter}." for name in first for letter in LETTERS]
    numbered = [f"Student {number}" for number in range(1, count + 1)]
    found: dict[str, str] = {}
    for names_left in (plain, lettered, numbered):
        for name in dice.sample(names_left, len(names_left)):
            if len(found) < count:
                found.setdefault(key(name), name)
    return dice.sample(list(found.values()), count)
