"""docs/quiz_bank.md: its example is a good bank, and it names every field."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from core.config import ROOT
from core.quiz import bank
from core.quiz.checking import check_text

GUIDE = (ROOT / "docs" / "quiz_bank.md").read_text(encoding="utf-8")
PARTS = [
    bank.Question,
    bank.Choice,
    bank.Key,
    bank.Requirement,
    bank.Reference,
    bank.AlsoAccepted,
    bank.Image,
    bank.Source,
]


def test_the_guides_example_is_a_good_bank() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    assert [str(problem) for problem in check_text(example, "guide", Path())[1]] == []


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_the_guide_names_every_field(part: type[BaseModel]) -> None:
    names = [field.alias or name for name, field in part.model_fields.items()]
    assert [name for name in names if not re.search(rf"`{name}[:`]|\b{name}:", GUIDE)] == []
