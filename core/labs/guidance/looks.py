"""Both predictions of a few steps as pictures: what each takes the end to be, and what the scale makes of them.

A prediction of the noise is no picture. Taking all of it away at once is one: the clean latents that the UNet expects
at that moment, which the decoder turns into pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image

from core.labs.guidance import program
from core.runs.heat_map import heat_map

LONGEST_PX = 256
"""Of a picture that is kept of a step."""
SEEN = 32
"""Of 255: where a map of the differences ends at the least."""


@dataclass(frozen=True)
class Look:
    """One step as it was.

    Attributes:
        number: of the evaluation, from 1.
        timestep: how noisy the latents were, 999 at most.
        before: the latents that both predictions are of, [1, 4, height, width].
        unconditional, conditional, guided: the noise without the prompt, with it, and what the scale made of both.
    """

    number: int
    timestep: int
    before: torch.Tensor
    unconditional: torch.Tensor
    conditional: torch.Tensor
    guided: torch.Tensor

    @property
    def difference(self) -> float:
        """How large the difference of the two predictions is beside the one without the prompt, by root mean square."""
        apart = (self.conditional - self.unconditional).float()
        return float(apart.square().mean().sqrt() / self.unconditional.float().square().mean().sqrt())


class LookWatch:
    """Called after every step: passes it on, and keeps those that are to be looked at."""

    def __init__(self, numbers: set[int], pass_on: Callable[..., Any]) -> None:
        self.looks: list[Look] = []
        self._numbers, self._pass_on = numbers, pass_on

    def __call__(self, pipe: Any, number: int, timestep: Any, tensors: dict[str, Any]) -> None:
        """The program's own callback; `number` counts evaluations from 0."""
        if number + 1 in self._numbers:
            found = tensors["before"], *tensors["predictions"], tensors["noise"]
            self.looks.append(Look(number + 1, int(timestep), *found))
        self._pass_on(pipe, number, timestep, tensors)


def looked_at(evaluations: int, count: int) -> set[int]:
    """The first evaluation, the last one, and evenly spread ones between.

    >>> sorted(looked_at(21, 4))
    [1, 8, 14, 21]
    """
    return {1 + round(k * (evaluations - 1) / max(1, count - 1)) for k in range(count)}


def pictures_of(pipe: Any, look: Look, check: Callable[[], None]) -> dict[str, tuple[Image.Image, dict[str, Any]]]:
    """What is shown of a step, by kind, each with its figures; `check` may stop the run between two of them."""
    made = {"noisy": program.decode(pipe, look.before)}
    for kind in ("unconditional", "conditional", "guided"):
        check()
        clean = program.expected(pipe, look.before, getattr(look, kind), look.timestep)
        made[kind] = program.decode(pipe, clean)
    apart = heat_map(made["unconditional"], made["conditional"], SEEN)
    found: dict[str, tuple[Image.Image, dict[str, Any]]] = {kind: (_small(each), {}) for kind, each in made.items()}
    return found | {"difference": (_small(apart.picture), {"largest": apart.largest, "average": apart.average})}


def _small(picture: Image.Image) -> Image.Image:
    picture.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS)
    return picture
