"""A property that is worked out once per object, by many threads at the same time."""

import threading
import time
from dataclasses import dataclass

from ui.once import Once

SLOW_S, THREADS = 0.2, 8


@dataclass(frozen=True)
class Page:
    number: int

    @Once
    def answer(self) -> float:
        """Asks the database."""
        time.sleep(SLOW_S)
        return self.number + time.perf_counter()


def test_it_is_worked_out_once_and_for_each_object() -> None:
    one, other = Page(1), Page(2)
    assert one.answer == one.answer != other.answer
    assert Page.answer.__doc__ == "Asks the database."


def test_no_page_waits_for_another() -> None:
    threads = [threading.Thread(target=lambda number=number: Page(number).answer) for number in range(THREADS)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.perf_counter() - begin < SLOW_S * THREADS / 2
