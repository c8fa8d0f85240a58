"""Files as they come: from other programs, with other separators, with odd rows."""

from pathlib import Path

import pytest

from core.classroom.statistics import Answer, BadAnswers, read_answers

HEAD = "student,question,attempt,score,max_score\n"


def write(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "answers.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_file_saved_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    text = '\ufeff max_score,note,student ,question,attempt,score\r\n2,"a, b",Ada,Q1,1,\r\n\r\n2,,Bob,Q1,1.0, 0.5 \r\n'
    expected = [Answer("Ada", "Q1", 1, None, 2.0), Answer("Bob", "Q1", 1, 0.5, 2.0)]
    assert read_answers(write(tmp_path, text)) == expected


@pytest.mark.parametrize(("separator", "called"), [(";", "semicolons"), ("\t", "tabs")])
def test_another_separator_is_named_with_what_to_do(separator: str, called: str, tmp_path: Path) -> None:
    text = (HEAD + "a,Q1,1,0.5,1\n").replace(",", separator)
    with pytest.raises(BadAnswers, match=called) as caught:
        read_answers(write(tmp_path, text))
    assert "commas between the columns" in caught.value.remedy


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,Q1", "row 2: max_score is empty, which is no number"),
        ("a,Q1,1,1e300,1e300", "max_score is 1e\\+300"),
        ("a,Q1,1,1e-200,1e-200", "max_score is 1e-200"),
        ("a,Q1,1,-2,1", "a score of -2 of at most 1"),
        ("a,Q1,1.5,1,1", "attempt is 1.5"),
        ("a,Q1,1,inf,1", "score is 'inf'"),
    ],
)
def test_rows_that_no_figure_could_be_made_of_are_told(row: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadAnswers, match=said):
        read_answers(write(tmp_path, HEAD + row + "\n"))


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadAnswers, match="cannot be read"):
        read_answers(write(tmp_path, (HEAD + "Zoë,Q1,1,1,1\n").encode("utf-16")))
