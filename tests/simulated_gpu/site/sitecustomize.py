"""For processes that tests start: with this folder on PYTHONPATH, SIMULATED_GPUS names the cards of the process.

    PYTHONPATH=tests/simulated_gpu/site SIMULATED_GPUS=T4,A100 python -m core.jobs.worker --devices cuda:1

The management library answers from the start; `torch.cuda` as soon as torch is imported, and not because of this.
SIMULATED_GPU_STATE holds the driver's other fields as JSON.
"""

import atexit
import json
import os
import sys
from contextlib import ExitStack
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

if os.environ.get("SIMULATED_GPUS"):
    sys.path.append(str(Path(__file__).resolve().parents[3]))

    import pytest

    from tests.simulated_gpu.cards import CARDS
    from tests.simulated_gpu.driver import Driver
    from tests.simulated_gpu.simulation import answer, compute

    STACK, PATCH = ExitStack(), pytest.MonkeyPatch()
    STATE: dict[str, Any] = json.loads(os.environ.get("SIMULATED_GPU_STATE", "{}"))
    DRIVER = Driver(tuple(CARDS[name] for name in os.environ["SIMULATED_GPUS"].split(",")), **STATE)

    class WithTorch(MetaPathFinder, Loader):
        """Loads torch as ever, and then simulates its device."""

        def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
            if name != "torch":
                return None
            spec = PathFinder.find_spec(name)
            if spec is not None and spec.loader is not None:
                self._real = spec.loader
                spec.loader = self
            return spec

        def create_module(self, spec: ModuleSpec) -> Any:
            return self._real.create_module(spec)

        def exec_module(self, module: Any) -> None:
            sys.meta_path.remove(self)
            module.__spec__.loader = self._real
            module.__loader__ = self._real
            self._real.exec_module(module)
            compute(DRIVER, PATCH, STACK)

    answer(DRIVER, PATCH)
    sys.meta_path.insert(0, WithTorch())
    atexit.register(STACK.close)
