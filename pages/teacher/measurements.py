"""Every run of a class: filtered, on one chart by device, and each in full."""

from ui.teacher.chosen import chosen_class, demo_note
from ui.teacher.guard import guard
from ui.teacher.measurements import measurements_page

guard()
room = chosen_class("Measurements")
demo_note(room)
measurements_page(room)
