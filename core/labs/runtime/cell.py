"""The last cell of the shown code: every fact on a line. No torch here."""

from core.labs.runtime.settings import Settings


def cell(settings: Settings, sources: dict[str, str], is_local: bool) -> str:
    return "for name, value in facts().items():\n    print(name, value)\n"
