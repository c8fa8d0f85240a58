"""A class while it works: who is here, who is stuck, how every question goes."""

from ui.teacher.chosen import chosen_class, demo_note
from ui.teacher.guard import guard
from ui.teacher.live import live

guard()
room = chosen_class("Live")
demo_note(room)
live(room)
