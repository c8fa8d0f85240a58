"""Marks after a change of the bank: what would change, a regrade, and its undo."""

from ui.lesson import bank_problems
from ui.teacher.chosen import chosen_class, demo_note
from ui.teacher.guard import guard
from ui.teacher.marks import changed, told
from ui.teacher.marks_done import done

guard()
room = chosen_class("Marks")
demo_note(room)
bank_problems()
told()
changed(room)
done(room)
