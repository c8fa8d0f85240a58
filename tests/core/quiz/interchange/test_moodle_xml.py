import base64
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.quiz.bank import Bank
from core.quiz.interchange import moodle_xml
from core.quiz.interchange.fractions import ALLOWED
from core.quiz.interchange.moodle_xml import ILLEGAL
from tests.core.quiz.examples import LESSON
from tests.core.quiz.interchange.examples import (
    HARD,
    bank_of,
    clamped,
    every_answer,
    hard_question,
    multiple,
    with_image,
)


def questions(bank: Bank, folder: Path = Path()) -> dict[str | None, Element]:
    root = ElementTree.fromstring(moodle_xml(bank, folder)[0].encode())
    return {found.findtext("idnumber"): found for found in root if found.attrib["type"] == "multichoice"}


def fractions(question: Element) -> list[float]:
    return [float(answer.attrib["fraction"]) for answer in question.findall("answer")]


@pytest.mark.parametrize("name", ["Q1", "Q2", "Q3", "Q8", "Q9", "Q10", "Q11"])
def test_what_is_read_back_marks_every_answer_as_the_bank_does(name: str) -> None:
    question = LESSON.question(name)
    percents = dict(zip(question.letters, fractions(questions(LESSON)[name]), strict=True))
    for ticked, score in every_answer(question):
        assert clamped(percents, ticked) == pytest.approx(score, abs=1e-4), ticked


def test_every_share_is_one_that_moodle_takes() -> None:
    """Its import matches shares to its list within 0.001 %, and refuses the question otherwise."""
    for found in questions(LESSON).values():
        for share in fractions(found):
            assert min(abs(abs(share) - allowed) for allowed in ALLOWED) < 1e-3
        positive = round(sum(share for share in fractions(found) if share > 0) / 100, 2)
        assert max(fractions(found)) == 100 if found.findtext("single") == "true" else positive == 1


def test_every_question_is_there_in_order_under_its_section() -> None:
    root = ElementTree.fromstring(moodle_xml(LESSON, Path())[0].encode())
    paths = [found.findtext("category/text") for found in root if found.attrib["type"] == "category"]
    assert paths == [f"$course$/top/{LESSON.bank.title}/{section.title}" for section in LESSON.sections]
    assert list(questions(LESSON)) == [
        found.id for section in LESSON.sections for found in LESSON.questions_of(section)
    ]


def test_a_question_carries_feedback_tags_and_settings() -> None:
    found = questions(LESSON)["Q8"]
    assert found.findtext("name/text") == "Q8 Seed" and found.findtext("single") == "false"
    assert (found.findtext("defaultgrade"), found.findtext("penalty")) == ("1", "0")
    assert found.findtext("shuffleanswers") == "false" and found.find("shownumcorrect") is not None
    assert (found.findtext("generalfeedback/text") or "").startswith("The generator is a formula")
    assert (found.findtext("answer/feedback/text") or "").startswith("The seed chooses the noise")
    assert [tag.text for tag in found.findall("tags/tag/text")] == ["parameters", "pictures", "randomness", "easy"]
    marked = [element for element in found.iter() if "format" in element.attrib]
    assert {element.attrib["format"] for element in marked} == {"markdown"} and len(marked) == 2 + 2 * 4
    assert questions(LESSON)["Q11"].findtext("single") == "true"


def test_hard_texts_survive() -> None:
    question = hard_question()
    found = questions(bank_of(question, title="A & B ]]> 😀"))["Q1"]
    assert found.findtext("name/text") == f"Q1 {question.title}"
    assert (found.findtext("questiontext/text") or "").startswith(f"**{HARD}**\n\n{HARD}\n\n{HARD}")
    assert found.findtext("generalfeedback/text") == HARD
    assert [answer.findtext("text") for answer in found.findall("answer")] == [
        f"{c.id} {HARD}" for c in question.choices
    ]
    assert {answer.findtext("feedback/text") for answer in found.findall("answer")} == {HARD}


@settings(deadline=None)
@given(st.text(min_size=1))
def test_any_text_makes_a_document_and_comes_back(text: str) -> None:
    """An XML reader makes one new line of a carriage return; what no document may hold is left out."""
    document, _ = moodle_xml(bank_of(hard_question(explanation=text, title=text)), Path())
    found = ElementTree.fromstring(document.encode()).findtext("question/generalfeedback/text")
    assert (found or "") == ILLEGAL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def test_an_image_goes_along(tmp_path: Path) -> None:
    (tmp_path / "a picture (1).png").write_bytes(b"\x89PNG picture")
    text, log = moodle_xml(bank_of(with_image()), tmp_path)
    held = ElementTree.fromstring(text).find("question/questiontext/file")
    assert held is not None and base64.b64decode(held.text or "") == b"\x89PNG picture"
    assert held.attrib == {"name": "a_picture__1_.png", "path": "/", "encoding": "base64"}
    assert "![Four cards](@@PLUGINFILE@@/a_picture__1_.png)" in text and "left out" not in str(log)


def test_an_image_that_is_not_there_is_logged(tmp_path: Path) -> None:
    text, log = moodle_xml(bank_of(with_image()), tmp_path)
    assert "PLUGINFILE" not in text and "Q1: its image a picture (1).png is not there" in str(log)


def test_a_bank_of_nothing_but_runs_is_an_empty_quiz() -> None:
    measured = LESSON.question("Q4")
    assert measured.key
    bare = measured.model_copy(update={"key": measured.key.model_copy(update={"reference": None})})
    text, log = moodle_xml(bank_of(bare), Path())
    assert len(ElementTree.fromstring(text)) == 0 and log.left_out == ("Q4",)


def test_the_same_bank_makes_the_same_document() -> None:
    assert moodle_xml(LESSON, Path()) == moodle_xml(LESSON, Path())
    assert moodle_xml(bank_of(multiple(2, 2)), Path())[0].startswith('<?xml version="1.0" encoding="UTF-8"?>\n<quiz>')
