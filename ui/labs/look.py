"""Everything that the pages need to know of a lab's looks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.store.tables import Run
from ui.figures import Figure

Draw = Callable[[Run, str], None]
"""Draws a part of a run's result; the text begins the keys of its elements."""
LIBRARIES = ("torch", "transformers", "diffusers", "ultralytics")


def nothing_more(run: Run) -> Mapping[str, Draw]:
    """No tabs of the lab's own."""
    return {}


@dataclass(frozen=True)
class Look:
    """How one lab looks.

    Attributes:
        icon: of its page, as Streamlit names icons.
        sentence: what the run found, in one sentence; empty where there is nothing to say.
        figures: at most four.
        main: what is looked at first: pictures, or the chart that answers the question.
        tabs: what stands behind the lab's own tabs, by title; those with nothing to show are left out.
        open_fields: settings that stand in the open on the lab's own page; all others are one click away.
        question_fields: the same on the page of a question that is not measured.
        libraries: whose versions belong to where the figures come from.
        height_px: about how high a result is, so that nothing jumps when a run ends.
    """

    icon: str
    sentence: Callable[[Run], str]
    figures: Callable[[Run], Sequence[Figure]]
    main: Draw
    tabs: Callable[[Run], Mapping[str, Draw]] = nothing_more
    open_fields: tuple[str, ...] = ("model", "prompt", "previews")
    question_fields: tuple[str, ...] = ("prompt",)
    libraries: tuple[str, ...] = LIBRARIES
    height_px: int = 800
