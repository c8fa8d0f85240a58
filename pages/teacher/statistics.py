"""What a class's answers say about the test and its questions."""

from ui.teacher.chosen import chosen_class, demo_note
from ui.teacher.guard import guard
from ui.teacher.statistics import statistics_page

guard()
room = chosen_class("Statistics")
demo_note(room)
statistics_page(room)
