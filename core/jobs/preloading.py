"""The heavy libraries, imported by an idle worker, so that the first student does not wait for them.

A thread of its own imports them at low priority, a little after the worker's start, when the web page is up. No two
threads may import them at once (Python then hands out half-made modules), so a run first waits for this to end.
"""

import importlib
import logging
import os
import sys
import threading
import time

DELAY_S = 2.0
NICE = 10
# Importing these packages gives little; asking for a class makes them import what the labs use.
CLASSES = {
    "torch": ("Tensor",),
    "transformers": ("AutoTokenizer", "AutoModelForCausalLM", "Qwen3ForCausalLM"),
    "diffusers": ("StableDiffusionPipeline",),
}
_log = logging.getLogger(__name__)


class Preloading:
    """Imports `CLASSES` in the background, until it is told to stop."""

    def __init__(self, classes: dict[str, tuple[str, ...]] | None = None, delay_s: float = DELAY_S) -> None:
        self._classes = CLASSES if classes is None else classes
        self._delay_s = delay_s
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._run, name="preloading", daemon=True)

    def start(self) -> None:
        """Begin after the delay."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the library that is being imported now. Returns at once where nothing is."""
        self._wanted.set()
        if self.is_on:
            self._thread.join()

    @property
    def is_on(self) -> bool:
        """Whether a run would have to wait for it."""
        return self._thread.is_alive()

    def _run(self) -> None:
        if self._wanted.wait(self._delay_s):
            return
        self._load("numpy", ())
        if sys.platform == "linux":
            # On Linux this is the niceness of the calling thread and of those that it starts. NumPy starts its pool
            # when imported, therefore before; torch at the first operation, in the thread that runs the lab.
            os.nice(NICE)
        for package, names in self._classes.items():
            if self._wanted.is_set():
                return
            self._load(package, names)

    def _load(self, package: str, names: tuple[str, ...]) -> None:
        began = time.perf_counter()
        try:
            module = importlib.import_module(package)
            for name in names:
                getattr(module, name)
        except Exception:
            # A run that needs it will say so to its student; here nobody waits.
            _log.warning("%s could not be imported ahead of time.", package, exc_info=True)
        else:
            _log.info("%s imported in %.1f s.", package, time.perf_counter() - began)
