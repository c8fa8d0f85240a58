"""The bank as GIFT, the plain text format that Moodle and other systems import. It loses images.

    text, log = gift(bank)

    // [id:Q11] [tag:parameters]
    ::Q11 Count the models::[markdown]**How many models does this program use?**\\n\\nThe program … {
    \t~%0%1#The pipeline paints, but …
    \t=2#Two models are loaded\\: …
    \t####Two models are loaded, and five networks are inside …
    }

An option of a question with several right ones carries its share of the mark: `~%33.33333%` or `~%-33.33333%`.
"""

from core.quiz.bank import Bank
from core.quiz.interchange.fractions import written
from core.quiz.interchange.log import ExportLog, LogLine
from core.quiz.interchange.portable import Option, PortableQuestion, portable

SPECIAL = {sign: f"\\{sign}" for sign in "\\~=#{}:"} | {"\n": "\\n", "\r": ""}
ESCAPES = str.maketrans(SPECIAL)
"""A new line is written `\\n`, as an empty line ends a question and `//` at the start of one begins a comment."""
SHUFFLED = "GIFT keeps no order: switch “Shuffle the choices” off in Moodle, as the texts name options by their letter."


def gift(bank: Bank) -> tuple[str, ExportLog]:
    """The text and what it could not take along."""
    sections, log = portable(bank)
    blocks = []
    for section in sections:
        blocks.append(f"$CATEGORY: {section.path.replace(chr(92), '')}")  # nothing can be escaped in a category
        blocks += [_question(question) for question in section.questions]
    without = [found for section in sections for found in section.questions if found.image]
    lines = (
        LogLine("", SHUFFLED),
        *(LogLine(found.id, "GIFT holds no images; its description stands in the text.") for found in without),
    )
    return "\n\n".join(blocks) + "\n" if blocks else "", log.with_lines(*lines)


def _question(question: PortableQuestion) -> str:
    tags = " ".join(f"[tag:{_tag(tag)}]" for tag in question.tags)
    picture = f"*({question.image.alt})*" if question.image else ""
    options = [_option(option, question.is_single) for option in question.options]
    feedback = [f"\t####{_escaped(question.feedback)}"] if question.feedback else []
    return "\n".join(
        (
            f"// [id:{question.id}] {tags}",
            f"::{question.name.translate(ESCAPES)}::[markdown]{question.text(picture).translate(ESCAPES)} {{",
            *options,
            *feedback,
            "}",
        )
    )


def _option(option: Option, is_single: bool) -> str:
    # The weight also where it is 0: a text that begins with a percentage would be taken for one.
    sign = "=" if is_single and option.percent == 100 else f"~%{written(option.percent)}%"
    said = f"#{_escaped(option.feedback)}" if option.feedback else ""
    return f"\t{sign}{_escaped(option.text)}{said}"


def _escaped(text: str) -> str:
    """An option or feedback; one that begins with a bracket could be taken for the name of a format."""
    return ("[markdown]" if text.startswith("[") else "") + text.translate(ESCAPES)


def _tag(tag: str) -> str:
    return tag.replace("]", "\\]")
