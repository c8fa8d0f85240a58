"""The bank in formats of other systems, Moodle XML and GIFT: a text, and a log of what it could not take along."""

from core.quiz.interchange.gift import gift
from core.quiz.interchange.log import ExportLog, LogLine
from core.quiz.interchange.moodle_xml import moodle_xml

__all__ = ["ExportLog", "LogLine", "gift", "moodle_xml"]
