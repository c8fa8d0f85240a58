"""The teacher's statistics: the test, its questions, and one question in detail."""

from ui.teacher.statistics.page import statistics_page

__all__ = ["statistics_page"]
