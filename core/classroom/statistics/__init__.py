"""What a class's marks say about the questions and about the test, as Moodle's quiz report defines it.

    marks = marks_of(read_answers(Path("answers.csv")), attempt="first")
    total_statistics(marks).cronbach_alpha        # 43.7, in percent
    item_statistics(marks)[0].discrimination_index

What students chose (`Response`) says more: which wrong option draws whom (`distractors`), how answers moved from the
prediction to the last attempt (`shift`), and what the class measured (`measured_answers`, `histograms`).

Every figure is in percent where Moodle gives percent. What is not defined (a question that all answered alike, too few
students) is None, never 0. From `FEW` students on figures are worth reading, from `ROUGH` on they are worth comparing.
"""

from core.classroom.statistics.distractors import Distractors, Option, distractors
from core.classroom.statistics.gain import AfterAttempt, Gain, gain
from core.classroom.statistics.groups import Group, group_facilities, groups_of
from core.classroom.statistics.guessing import Guess, guess_score
from core.classroom.statistics.intervals import Interval, Share
from core.classroom.statistics.items import Item, item_statistics
from core.classroom.statistics.marks import ATTEMPTS, Answer, Attempt, BadAnswers, Marks, marks_of
from core.classroom.statistics.matrix import Matrix
from core.classroom.statistics.measured import (
    Histogram,
    MeasuredAnswers,
    Measurement,
    histograms,
    measured_answers,
)
from core.classroom.statistics.reading import read_answers
from core.classroom.statistics.report import report, table
from core.classroom.statistics.responses import Response
from core.classroom.statistics.scores import FEW, ROUGH, Alpha, Totals, alpha_statistics, total_statistics
from core.classroom.statistics.shift import Shift, shift

__all__ = [
    "ATTEMPTS",
    "FEW",
    "ROUGH",
    "AfterAttempt",
    "Alpha",
    "Answer",
    "Attempt",
    "BadAnswers",
    "Distractors",
    "Gain",
    "Group",
    "Guess",
    "Histogram",
    "Interval",
    "Item",
    "Marks",
    "Matrix",
    "MeasuredAnswers",
    "Measurement",
    "Option",
    "Response",
    "Share",
    "Shift",
    "Totals",
    "alpha_statistics",
    "distractors",
    "gain",
    "group_facilities",
    "groups_of",
    "guess_score",
    "histograms",
    "item_statistics",
    "marks_of",
    "measured_answers",
    "read_answers",
    "report",
    "shift",
    "table",
    "total_statistics",
]
