"""A long run gives way: between two of its steps its worker takes a short run that waits, and then goes on.

The lab's thread only asks a flag. The reporter's thread sets it by a look at the queue, once the lab has asked at all.
A run that gave way for some time then has the device for at least as long, so that it gets on however many wait.
"""

import time
from collections.abc import Callable

from sqlalchemy.orm import Session


class Way:
    """Whether one run should give way, and for how long it did.

    Attributes:
        is_short_waiting: asks the queue for a run that may be let in; None where the worker lets none in.
        serve: works one such run to its end and gives how many that were; None as above.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.is_short_waiting: Callable[[Session], bool] | None = None
        self.serve: Callable[[], int] | None = None
        self._clock = clock
        self._is_asked = self._is_waited_for = False
        self._given_s, self._closed_until = 0.0, 0.0
        self._giving_since: float | None = None

    @property
    def given_s(self) -> float:
        """Seconds that were given to others so far."""
        since = self._giving_since
        return self._given_s + (0.0 if since is None else self._clock() - since)

    def look(self, database: Session) -> None:
        """Look at the queue, from the reporter's thread, for a run that has asked and is not giving way already."""
        if self._is_asked and self.is_short_waiting is not None and self._giving_since is None:
            self._is_waited_for = self.is_short_waiting(database)

    def is_wanted(self) -> bool:
        """Whether a short run waits and this one has had its own share since the last."""
        self._is_asked = True
        return self._is_waited_for and self._clock() >= self._closed_until

    def give(self) -> int:
        """Let one short run go first; gives how many were worked."""
        if self.serve is None:
            return 0
        begun = self._giving_since = self._clock()
        try:
            return self.serve()
        finally:
            took_s = self._clock() - begun
            self._giving_since, self._is_waited_for = None, False
            self._given_s += took_s
            self._closed_until = self._clock() + took_s
