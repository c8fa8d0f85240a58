"""A class as files: tables, gradebooks, and the question bank for other systems."""

from ui.teacher.chosen import chosen_class, demo_note
from ui.teacher.exports import bank_files, choice, figures, gradebooks, tables
from ui.teacher.guard import guard

guard()
room = chosen_class("Exports")
demo_note(room)
if figures(room):
    chosen = choice()
    tables(room, chosen)
    gradebooks(room, chosen)
bank_files()
