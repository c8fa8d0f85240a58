"""One training: steps, learning rate, an average of the weights, and a checkpoint to go on from after a stop.

>>> training = Training("vae", {"vae": vae}, steps=3000, learning_rate=1e-3, is_averaged=True)
>>> for step in training:
...     training.descend(loss_of(batch(step)))
>>> training.finish()                               # the averaged weights are in the modules now
{'steps': 3000, 'seconds': 612.4, …}
"""

import json
import math
import os
import time
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from core.measure.machine import this_machine
from training.data import WORK

SAVE_EVERY_S = 60.0
LOG_EVERY = 50
WARM_UP = 100
AVERAGED = 0.999


class Training:
    """AdamW over `modules`; what a step is given depends on its number alone, so a stopped training repeats exactly.

    Args:
        name: names the checkpoint in the work folder.
        learning_rate: highest, reached after a warm-up and then lowered to zero along a cosine.
        is_averaged: keep an exponential average of the weights and end with it.
    """

    def __init__(
        self, name: str, modules: Mapping[str, torch.nn.Module], steps: int, learning_rate: float, is_averaged: bool
    ) -> None:
        self.name, self.modules, self.steps = name, modules, steps
        self.seconds, self.step, self._learning_rate = 0.0, 0, learning_rate
        self.parameters = [value for module in modules.values() for value in module.parameters() if value.requires_grad]
        self._optimizer = torch.optim.AdamW(self.parameters, lr=learning_rate, weight_decay=0.01, betas=(0.9, 0.99))
        self._average = [value.detach().clone() for value in self.parameters] if is_averaged else None
        self._losses: list[torch.Tensor] = []
        self._path = WORK / "checkpoints" / f"{name}.pt"
        self._load()

    def __iter__(self) -> Iterator[int]:
        """Numbers of the steps that are still to do; counts time and saves now and then."""
        saved = begun = time.monotonic()
        while self.step < self.steps:
            torch.manual_seed(self.step)
            yield self.step
            self.step += 1
            now = time.monotonic()
            self.seconds, begun = self.seconds + now - begun, now
            if now - saved > SAVE_EVERY_S:
                self._save()
                saved = now
        self._save()

    def descend(self, loss: torch.Tensor) -> None:
        """One step of the optimizer down the gradient of `loss`."""
        rate = self._learning_rate * min(1, (self.step + 1) / WARM_UP)
        rate *= 0.5 + 0.5 * math.cos(math.pi * self.step / self.steps)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self._optimizer.step()
        if self._average is not None:
            share = min(AVERAGED, (self.step + 1) / (self.step + 10))
            torch._foreach_lerp_(self._average, [value.detach() for value in self.parameters], 1 - share)
        self._log(loss.detach())

    def finish(self) -> dict[str, Any]:
        """Put the averaged weights into the modules. Returns what the card says about the training."""
        if self._average is not None:
            with torch.no_grad():
                for value, average in zip(self.parameters, self._average, strict=True):
                    value.copy_(average)
        for module in self.modules.values():
            module.eval()
        story = {
            "steps": self.steps,
            "seconds": round(self.seconds),
            "learning_rate": self._learning_rate,
            "machine": this_machine().label,
        }
        (WORK / f"{self.name}.json").write_text(json.dumps(story))
        return story

    def _log(self, loss: torch.Tensor) -> None:
        self._losses.append(loss)
        if len(self._losses) == LOG_EVERY:
            mean = float(torch.stack(self._losses).mean())
            print(f"{self.name} {self.step + 1}/{self.steps} loss {mean:.4f} {self.seconds:.0f} s", flush=True)
            self._losses = []

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "modules": {name: module.state_dict() for name, module in self.modules.items()},
            "optimizer": self._optimizer.state_dict(),
            "average": self._average,
            "step": self.step,
            "seconds": self.seconds,
        }
        part = self._path.with_suffix(".part")
        torch.save(state, part)
        os.replace(part, self._path)

    def _load(self) -> None:
        if not self._path.exists():
            return
        state = torch.load(self._path, weights_only=True, map_location=self.parameters[0].device)
        for name, module in self.modules.items():
            module.load_state_dict(state["modules"][name])
        self._optimizer.load_state_dict(state["optimizer"])
        self._average = state["average"]
        self.step, self.seconds = state["step"], state["seconds"]
