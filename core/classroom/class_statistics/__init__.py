"""From what a class did to what its answers say: the input of `core.classroom.statistics`, read once, and its figures.

    work = read_work(database, room.id, bank)                     # every attempt, prediction and measured key
    found = class_statistics(work, bank, attempt="first")         # the test and every question; None without an answer
    question_statistics(work, bank, "Q4", "first", found.tested, runs)   # one question: options, shifts, measurements

`stamp_of` tells cheaply whether anything has changed since. Students are named by their handles.
"""

from core.classroom.class_statistics.overview import ClassStatistics, QuestionRow, class_statistics
from core.classroom.class_statistics.question import MachineValues, QuestionStatistics, question_statistics
from core.classroom.class_statistics.total_intervals import TotalIntervals
from core.classroom.class_statistics.work import ClassWork, Stamp, questions_of_test, read_work, stamp_of

__all__ = [
    "ClassStatistics",
    "ClassWork",
    "MachineValues",
    "QuestionRow",
    "QuestionStatistics",
    "Stamp",
    "TotalIntervals",
    "class_statistics",
    "question_statistics",
    "questions_of_test",
    "read_work",
    "stamp_of",
]
