"""What a visitor sees: the elements that the server has sent and not yet withdrawn, found by key or label.

A run draws elements at places. What a finished run of the whole script did not draw again is gone; a finished run of a
fragment withdraws only what belongs to that fragment. Containers are not kept, as nothing is looked for in them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

FINISHED, FINISHED_FRAGMENT, NOT_COMPILED, STOPPED_FOR_RERUN = 0, 3, 1, 2
NO_KEY = "None"  # what stands in a widget's id in place of its key


class PageBroken(Exception):
    """The page shows an exception, did not finish, or lacks what was looked for."""


@dataclass(frozen=True)
class Shown:
    """One element. `element` is Streamlit's message of that `kind`, `fragment` the fragment that drew it, if any."""

    kind: str
    element: Any
    fragment: str
    run: int

    @property
    def key(self) -> str:
        """The widget's key; empty where the program gave none, and for what is no widget."""
        parts = getattr(self.element, "id", "").split("-", 2)
        return parts[2] if len(parts) == 3 and parts[2] != NO_KEY else ""

    @property
    def options(self) -> list[str]:
        """What can be chosen, as the widget's value names it; empty for what is no choice."""
        name = {"radio": "options", "button_group": "raw_values"}.get(self.kind)
        return list(getattr(self.element, name)) if name else []


class Page:
    """The elements of one visitor's page.

    Attributes:
        timers: fragments that ask to be run again, with their interval in seconds.
        scripts: the script of every page of the app by its address.
        script: the script of the page that is shown.
    """

    def __init__(self) -> None:
        self.elements: dict[tuple[int, ...], Shown] = {}
        self.timers: dict[str, float] = {}
        self.scripts: dict[str, str] = {}
        self.script = ""
        self.session = ""
        self._run = 0
        self._fragments: frozenset[str] = frozenset()

    def receive(self, message: Any) -> bool:
        """Take one message of the server; True where it ends what was asked for.

        Raises:
            PageBroken: the run ended with an exception on the page, or did not start.
        """
        kind = message.WhichOneof("type")
        if kind == "delta":
            self._draw(message)
        elif kind == "script_finished":
            return self._finish(message.script_finished)
        elif kind == "new_session":
            self._begin(message)
        elif kind == "auto_rerun":
            self.timers[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self.timers.pop(fragment, None)
        elif kind == "navigation":
            self.script = message.navigation.page_script_hash
            self.scripts = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
        elif kind == "page_not_found":
            raise PageBroken(f"there is no page {message.page_not_found.page_name!r}")
        return False

    def _begin(self, message: Any) -> None:
        self._run += 1
        self._fragments = frozenset(message.metadata.run.fragment_ids)
        self.session = message.new_session.initialize.session_id or self.session
        if not self._fragments:
            self.timers = {}

    def _draw(self, message: Any) -> None:
        delta = message.delta
        if delta.WhichOneof("type") != "new_element":
            return
        kind = delta.new_element.WhichOneof("type")
        place = tuple(message.metadata.delta_path)
        self.elements[place] = Shown(kind, getattr(delta.new_element, kind), delta.fragment_id, self._run)

    def _finish(self, status: int) -> bool:
        if status == STOPPED_FOR_RERUN:
            return False
        self.elements = {place: shown for place, shown in self.elements.items() if self._stays(shown)}
        broken = [shown.element for shown in self.elements.values() if shown.kind == "exception"]
        if broken or status == NOT_COMPILED:
            told = "; ".join(f"{each.type}: {each.message}" for each in broken) or "the script does not compile"
            raise PageBroken(told)
        return True

    def _stays(self, shown: Shown) -> bool:
        return shown.run == self._run or bool(self._fragments and shown.fragment not in self._fragments)

    def find(self, name: str) -> Shown:
        """The first widget with this key or label.

        Raises:
            PageBroken: there is none.
        """
        for shown in self.elements.values():
            if name in (shown.key, getattr(shown.element, "label", None)):
                return shown
        raise PageBroken(f"there is no {name!r}; the page says {self.text[:300]!r}")

    def has(self, name: str) -> bool:
        """Whether there is a widget with this key or label."""
        return any(name in (shown.key, getattr(shown.element, "label", None)) for shown in self.elements.values())

    def keys(self, start: str) -> list[str]:
        """Keys of the widgets that begin so, as they stand on the page."""
        return [shown.key for shown in self.elements.values() if shown.key.startswith(start)]

    @property
    def alerts(self) -> list[str]:
        """Texts of the boxes that tell of success, notice, warning and error."""
        return [shown.element.body for shown in self.elements.values() if shown.kind == "alert"]

    @property
    def text(self) -> str:
        """All that can be read, line by line."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for shown in self.elements.values():
            said = (getattr(shown.element, name, "") for name in ("body", "label", "title"))
            yield from (line for line in said if isinstance(line, str) and line)

    @property
    def kinds(self) -> set[str]:
        """Kinds of the elements, as Streamlit calls them: `vega_lite_chart`, `button`, …"""
        return {shown.kind for shown in self.elements.values()}
