"""A made-up class to look at: students of different ability, their predictions, answers and runs.

    python -m core demo-class --students 30 --seed 7
    python -m core demo-class --remove

    room = fill(students=30, seed=7)        # a class marked as demo data
    remove()                                # 1: all of them are gone

Nobody answered or measured any of it: the class is marked (`is_demo`), every device's name ends with "(demo)", every
run says so in its notes, and no figure of it is used for anything outside the class. Answers are marked by the real
marking with the bank's real keys. The same seed gives the same students doing the same; ids and times of day differ.
"""

from core.classroom.demo.filling import fill, remove

__all__ = ["fill", "remove"]
