"""The bank as Moodle XML, which Moodle's question bank imports with feedback, tags and images.

    text, log = moodle_xml(bank, folder=config().bank.parent)

Texts stay Markdown, which Moodle renders. Options keep their order and letters, as feedback names them. A retry takes
nothing off, as here the best attempt counts.
"""

import base64
import re
from pathlib import Path
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from core.quiz.bank import Bank, Image
from core.quiz.interchange.fractions import written
from core.quiz.interchange.log import ExportLog, LogLine
from core.quiz.interchange.portable import Option, PortableQuestion, portable

ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold."""


def moodle_xml(bank: Bank, folder: Path) -> tuple[str, ExportLog]:
    """The document and what it could not take along.

    Args:
        folder: where the bank's images are; one that is not there is left out and logged.
    """
    sections, log = portable(bank)
    quiz = Element("quiz")
    for section in sections:
        category = SubElement(SubElement(quiz, "question", type="category"), "category")
        _text(category, section.path)
        for question in section.questions:
            picture = _picture(question.image, folder)
            _question(quiz, question, picture)
            if question.image and picture is None:
                log = log.with_lines(LogLine(question.id, f"its image {question.image.src} is not there; left out."))
    indent(quiz)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(quiz, encoding="unicode")}\n', log


def _question(quiz: Element, question: PortableQuestion, picture: bytes | None) -> None:
    element = SubElement(quiz, "question", type="multichoice")
    _text(SubElement(element, "name"), question.name)
    _questiontext(element, question, picture)
    _markdown(element, "generalfeedback", question.feedback)
    settings = {
        "defaultgrade": "1",
        "penalty": "0",
        "hidden": "0",
        "idnumber": question.id,
        "single": "true" if question.is_single else "false",
        "shuffleanswers": "false",
        "answernumbering": "abc",
        "showstandardinstruction": "1",
    }
    for name, value in settings.items():
        SubElement(element, name).text = value
    if not question.is_single:
        SubElement(element, "shownumcorrect")
    for option in question.options:
        _answer(element, option)
    tags = SubElement(element, "tags")
    for tag in question.tags:
        _text(SubElement(tags, "tag"), tag)


def _questiontext(element: Element, question: PortableQuestion, picture: bytes | None) -> None:
    image = question.image
    if image is None or picture is None:
        _markdown(element, "questiontext", question.text())
        return
    name = _file_name(image)
    shown = question.text(f"![{image.alt}](@@PLUGINFILE@@/{quote(name)})")
    held = _markdown(element, "questiontext", shown)
    SubElement(held, "file", name=name, path="/", encoding="base64").text = base64.b64encode(picture).decode()


def _answer(element: Element, option: Option) -> None:
    answer = SubElement(element, "answer", fraction=written(option.percent), format="markdown")
    _text(answer, option.text)
    _markdown(answer, "feedback", option.feedback)


def _markdown(parent: Element, name: str, text: str) -> Element:
    element = SubElement(parent, name, format="markdown")
    _text(element, text)
    return element


def _text(parent: Element, text: str) -> None:
    SubElement(parent, "text").text = ILLEGAL.sub("", text)


def _picture(image: Image | None, folder: Path) -> bytes | None:
    try:
        return (folder / image.src).read_bytes() if image else None
    except OSError:
        return None


def _file_name(image: Image) -> str:
    """Moodle takes plain file names only."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", Path(image.src).name)
