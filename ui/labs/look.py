"""Everything that the pages need to know of a lab's looks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.runs.records import Record
from ui.figures import Figure
from ui.runs import ShownRun

Draw = Callable[[ShownRun, str], None]
"""Draws a part of a run's result; the text begins the keys of its elements."""
LIBRARIES = ("torch", "transformers", "diffusers", "ultralytics")


@dataclass(frozen=True)
class Look:
    """How one lab looks.

    Attributes:
        icon: of its page, as Streamlit names icons.
        main: what is looked at first: pictures, or the chart that answers the question. Beside pictures, or where it is
            one of the tabs in any case, that chart is the first tab, which is open.
        sentence: what the run found, in one sentence; empty where there is nothing to say.
        figures: at most four.
        tabs: what stands behind the lab's own tabs, by title; those with nothing to show are left out.
        open_fields: settings that stand in the open on the lab's own page; all others are one click away.
        question_fields: the same on the page of a question that is not measured.
        words: label and help of the settings that this lab alone has.
        titles: what their options are called, by setting.
        precision: what stands for the run's precision where it is not a single one; empty where it is.
        libraries: whose versions belong to where the figures come from.
        counted: what the steps of a run are, in the plural, where their speed says something; else empty.
        followed: a figure that is drawn as a line while the run goes on, by the name that the lab gives it; else empty.
        writes: whether its text is shown while it is written.
        draws: whether it makes pictures, which carry their settings: they can be read back from a file.
        own_pictures: draws what pictures a run takes, where that is not a single one, and gives the settings that
            follow; None where something is missing, which it says. It is given the person, the start of its keys, the
            settings that the page begins with, and whether it is disabled.
        height_px: about how high a result is, so that nothing jumps when a run ends.
    """

    icon: str
    main: Draw = lambda run, key: None
    sentence: Callable[[ShownRun], str] = lambda run: ""
    figures: Callable[[ShownRun], Sequence[Figure]] = lambda run: ()
    tabs: Callable[[ShownRun], Mapping[str, Draw]] = lambda run: {}
    open_fields: tuple[str, ...] = ("model", "prompt", "previews")
    question_fields: tuple[str, ...] = ("prompt",)
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    precision: Callable[[Record], str] = lambda record: ""
    libraries: tuple[str, ...] = LIBRARIES
    counted: str = ""
    followed: str = ""
    writes: bool = False
    draws: bool = False
    own_pictures: Callable[[str, str, dict[str, Any], bool], dict[str, Any] | None] | None = None
    height_px: int = 750
