"""What a class's marks say about the questions and about the test, as Moodle's quiz report defines it.

    marks = marks_of(read_answers(Path("answers.csv")), attempt="first")
    total_statistics(marks).cronbach_alpha        # 43.7, in percent
    item_statistics(marks)[0].discrimination_index

Every figure is in percent where Moodle gives percent. What is not defined (a question that all answered alike, too few
students) is None, never 0. From `FEW` students on figures are worth reading, from `ROUGH` on they are worth comparing.
"""

from core.classroom.statistics.items import Item, item_statistics
from core.classroom.statistics.marks import ATTEMPTS, Answer, Attempt, Marks, marks_of
from core.classroom.statistics.reading import read_answers
from core.classroom.statistics.report import report, table
from core.classroom.statistics.scores import FEW, ROUGH, Totals, total_statistics

__all__ = [
    "ATTEMPTS",
    "FEW",
    "ROUGH",
    "Answer",
    "Attempt",
    "Item",
    "Marks",
    "Totals",
    "item_statistics",
    "marks_of",
    "read_answers",
    "report",
    "table",
    "total_statistics",
]
