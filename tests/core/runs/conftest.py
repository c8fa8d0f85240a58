"""The labs' fixtures serve here too: a run is always one of a lab's."""

from tests.core.labs.conftest import labs_cache, libraries, resident, twins, watcher

__all__ = ["labs_cache", "libraries", "resident", "twins", "watcher"]
