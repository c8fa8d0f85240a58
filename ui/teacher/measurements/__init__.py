"""What a class measured: every run, by lab, machine and student, and any of them in full."""

from ui.teacher.measurements.page import measurements_page

__all__ = ["measurements_page"]
