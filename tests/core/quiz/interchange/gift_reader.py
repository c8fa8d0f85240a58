"""Reads GIFT as Moodle's import does, in the same order: comments, escapes, name, braces, feedback, options."""

import re
from dataclasses import dataclass

SIGNS = {sign: chr(0xE100 + index) for index, sign in enumerate(":#={}~n")}
"""Escaped signs become characters that no text uses, until everything is split."""


@dataclass(frozen=True)
class Read:
    """One question, or the category of those that follow (`category` alone)."""

    category: str = ""
    comment: str = ""
    name: str = ""
    text: str = ""
    is_single: bool = False
    options: tuple[tuple[float, str, str], ...] = ()
    """Percent, text and feedback."""
    feedback: str = ""


def read_gift(text: str) -> list[Read]:
    """Every block of the file; an empty line ends one."""
    blocks = re.split(r"\n[ \t]*\n", text)
    return [found for block in blocks if (found := _block(block)) is not None]


def _block(block: str) -> Read | None:
    lines = block.split("\n")
    comment = "\n".join(line for line in lines if line.strip().startswith("//"))
    text = "\n".join(line for line in lines if not line.strip().startswith("//")).strip()
    if not text:
        return None
    text = _held(text)
    if text.startswith("$CATEGORY:"):
        return Read(category=text.removeprefix("$CATEGORY:").strip())
    assert text.startswith("::")
    name, text = text[2:].split("::", 1)
    start, end = text.index("{"), text.index("}")
    assert text.endswith("}")
    answers, _, feedback = (
        text[start + 1 : end].strip().rpartition("####") if "####" in text else (text[start + 1 : end], "", "")
    )
    return Read(
        comment=comment,
        name=_freed(name),
        text=_formatted(text[:start]),
        is_single="=" in answers,
        options=tuple(_option(part.strip()) for part in answers.replace("=", "~=").split("~") if part.strip()),
        feedback=_formatted(feedback),
    )


def _option(text: str) -> tuple[float, str, str]:
    percent = 0.0
    if text.startswith("="):
        percent, text = 100.0, text[1:]
    elif weight := re.match(r"%(-*[0-9]{1,2}\.?[0-9]*)%", text):
        percent, text = float(weight.group(1)), text[weight.end() :]
    answer, _, feedback = text.partition("#")
    return percent, _formatted(answer), _formatted(feedback)


def _held(text: str) -> str:
    text = text.replace("\\\\", "\ue0ff")
    for sign, held in SIGNS.items():
        text = text.replace(f"\\{sign}", held)
    return text.replace("\ue0ff", "\\")


def _freed(text: str) -> str:
    for sign, held in SIGNS.items():
        text = text.replace(held, "\n" if sign == "n" else sign)
    return text


def _formatted(text: str) -> str:
    text = re.sub(r"^\[(moodle|html|plain|markdown)\]", "", text.strip())
    return _freed(text).strip()
