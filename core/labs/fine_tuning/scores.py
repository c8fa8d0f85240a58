"""How well pictures of six prompts agree with them before and after: by CLIP, for the small twin by its judge.

The same prompts with the same noise in every state of the weights, so that each score is compared with its own. None of
the prompts names the style that is learnt: the score says what became of the rest.

torchmetrics defines the score. It asks CLIP for vectors in a way that transformers 5 answers differently, so
`program.clip_score` asks transformers itself; a test compares both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from core.labs.fine_tuning import program
from core.labs.fine_tuning.settings import Settings
from core.measure.statistics import mean_interval
from core.models.checkpoint import Checkpoint
from core.models.judge import agreement, read_judge, sureness

READING = "Reading what scores the pictures"


@dataclass(frozen=True)
class Scorer:
    """What says how well a picture agrees with a text, 0 to 100.

    Attributes:
        dtype: of the network's numbers.
    """

    kind: Literal["clip", "judge"]
    network: Any
    score: Callable[[Image.Image, str], float]
    dtype: str = "float32"


def scorer(settings: Settings, found: Checkpoint) -> Scorer:
    """CLIP, or the twin's judge, read from its checkpoint."""
    if settings.source == "embedded":
        judge = read_judge(Path(found.path)).to(settings.device)
        return Scorer("judge", judge, lambda picture, text: agreement(sureness(judge, picture), text)["similarity"])
    clip, processor = program.load_clip(found.path, settings.device)
    return Scorer("clip", clip, lambda picture, text: program.clip_score(clip, processor, picture, text))


class Scores:
    """The scores by state of the weights; `told` is what stands in the record."""

    def __init__(self, scorer: Scorer, prompts: tuple[str, ...]) -> None:
        self.told: dict[str, Any] = {"by": scorer.kind, "prompts": list(prompts), "states": []}
        self._score = scorer.score

    def add(self, name: str, title: str, pictures: list[Image.Image]) -> list[float]:
        """Score a picture of each prompt. The first state is what later ones are compared with."""
        found = [self._score(picture, text) for picture, text in zip(pictures, self.told["prompts"], strict=True)]
        state: dict[str, Any] = {"name": name, "title": title, "scores": found, "mean": sum(found) / len(found)}
        if self.told["states"]:
            before = self.told["states"][0]["scores"]
            if interval := mean_interval([after - first for first, after in zip(before, found, strict=True)]):
                state["change"] = dict(zip(("mean", "low", "high"), interval, strict=True))
        self.told["states"].append(state)
        return found
