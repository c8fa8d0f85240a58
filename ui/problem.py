"""An error as the reader sees it: what happened, with the value, and what to do."""

from core.errors import LabError
from ui.plain import plain


def problem(error: LabError) -> str:
    """Markdown of an error; values inside are shown as they are."""
    return f"**{plain(error.message)}** {plain(error.remedy)}"
