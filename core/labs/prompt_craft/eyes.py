"""Who looks at the pictures: CLIP, or for the small twin its judge.

Both say how well a picture agrees with a text. CLIP puts the two into one space and takes the cosine of their angle;
the judge says how sure it is of each thing that the text asks for.

    >>> eyes.look(picture)              # once per picture
    >>> eyes.agreement(seen, "a boat")
    {'similarity': 31.2}
"""

from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image

from core.labs.prompt_craft import program
from core.models.judge import NO_TEXT, Judge, agreement, sureness


@dataclass(frozen=True)
class ClipEyes:
    """CLIP and what prepares pictures and texts for it; similarity is the CLIP score, 0 to 100."""

    clip: Any
    processor: Any
    kind = "clip"

    def look(self, picture: Image.Image) -> torch.Tensor:
        """The picture's direction, [1, 512]."""
        return program.picture_direction(self.clip, self.processor, picture)

    def agreement(self, seen: torch.Tensor, text: str) -> dict[str, Any]:
        """How well a picture that was looked at agrees with a text."""
        if not text.strip():
            return {"similarity": None, "similarity_reason": NO_TEXT}
        return {
            "similarity": program.clip_score(seen, program.text_direction(self.clip, self.processor, text)),
        }

    def apart(self, one: torch.Tensor, other: torch.Tensor) -> float:
        """One minus the cosine between two pictures, 0 for the same direction."""
        return 1 - float((one * other).sum())


@dataclass(frozen=True)
class JudgeEyes:
    """The twin's judge; similarity is how sure it is of what was asked for, on average, 0 to 100."""

    judge: Judge
    kind = "judge"

    def look(self, picture: Image.Image) -> dict[str, dict[str, float]]:
        """Its probability of every answer."""
        found: dict[str, dict[str, float]] = sureness(self.judge, picture)
        return found

    def agreement(self, seen: dict[str, dict[str, float]], text: str) -> dict[str, Any]:
        """The same, with what was asked for under `asked`."""
        return agreement(seen, text)

    def apart(self, one: Any, other: Any) -> None:
        """The judge has no space in which pictures lie."""
