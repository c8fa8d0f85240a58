"""Widgets for a lab's settings, made from its settings class: every field can be changed, within its range.

The values live in the page's address, so that a link opens with the settings it was made with. Names are the field's
own (`num_inference_steps`), as in the code above the form.
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from pydantic.fields import FieldInfo
from streamlit.delta_generator import DeltaGenerator

from core.labs.registry import Lab
from core.labs.settings import LabSettings
from core.measure.machine import this_machine

SOURCES = {
    "auto": "Automatic",
    "hub": "Trained, from the Hub",
    "dummy": "Random, full size",
    "embedded": "Small twin",
}
HELP = {
    "source": "Trained weights come from the Hub. Random weights have the real size, so time and memory are true "
    "and the output means nothing. The twin is a small trained model of the same classes: it shows in seconds what "
    "the settings do, and knows little.",
    "device": "Where the model runs.",
    "dtype": "The type of every number in the model: 4 bytes in float32, 2 in float16 and bfloat16.",
    "repeats": "How often the program runs. The first repeat is cold and shown apart.",
    "fresh_process": "Start in a process that has run nothing before, so that memory starts from empty.",
    "precisions": "float32 is always measured, as the others are compared with it. Compiling takes minutes on a CPU.",
    "max_new_tokens": "How many tokens are written, exactly.",
    "do_sample": "Draw the next token by chance; off takes the likeliest.",
    "temperature": "Above 1 flattens the chances, below 1 sharpens them.",
    "seed": "Start of the random numbers. Empty draws a new one.",
    "num_inference_steps": "How many denoising steps the scheduler takes.",
    "guidance_scale": "How strongly the prompt pulls. At 1 and below the second evaluation is left out.",
    "sweep": "What changes from picture to picture.",
    "sweep_values": "The values to go through, separated by commas.",
    "height": "Pixels. Empty is the model's own size.",
    "width": "Pixels. Empty is the model's own size.",
    "prompt": "What the model is given to start from.",
    "previews": "Show the picture while it forms. Decoding it again and again takes time: off to measure.",
    "batch_sizes": "How many pictures go through the network at once, 1 to 64; each size is timed in turn.",
    "normalise": "Take the training set's mean off every colour value and divide by its standard deviation.",
    "eval_mode": "Call model.eval(): batch normalisation then uses what it learned, and dropout rests.",
    "inference_mode": "Keep nothing for a training step.",
    "variants": "Which variants are measured besides eager; empty takes all that the model has.",
    "region": "Paint over the object's bounding box, or its outline.",
}
OWN_PLACE = {"source", "device", "picture"}


@dataclass(frozen=True)
class Form:
    """Draws the widgets of one lab on one page.

    Attributes:
        prefix: start of every widget's key, so that pages do not share values.
        preset: settings that the page starts with.
        open_fields: settings that stand in the open; all others are one click away.
    """

    lab: Lab
    preset: LabSettings
    prefix: str
    open_fields: tuple[str, ...] = ()

    def draw(self, disabled: bool) -> tuple[dict[str, Any], DeltaGenerator]:
        """The settings as chosen, not yet checked, and a place below the prompt, or below all of them."""
        values: dict[str, Any] = {}
        fields = type(self.preset).model_fields
        if "source" in fields:
            left, right = st.columns([2, 1])
            with left:
                values["source"] = self._choice("source", list(SOURCES), "Weights", SOURCES, disabled)
            with right:
                values["device"] = self._choice("device", _devices(), "Device", {}, disabled)
        below = None
        for name in (name for name in self.open_fields if name in fields and _can_change(fields[name])):
            values[name] = self._widget(name, fields[name], disabled)
            if name == "prompt":
                below = st.container()
        own_place = OWN_PLACE.union(self.open_fields)
        rest = [name for name, field in fields.items() if name not in own_place and _can_change(field)]
        if rest:
            with st.expander("All settings", icon=":material/tune:"), st.grid(2, min_column_width=220):
                for name in rest:
                    values[name] = self._widget(name, fields[name], disabled)
        return values, below or st.container()

    def set_to(self, name: str, value: Any) -> None:
        """Give a widget another value; only in a callback, before the widgets are drawn."""
        st.session_state[self._key(name)] = value

    def _key(self, name: str) -> str:
        return f"{self.prefix}_{name}"

    def _choice(self, name: str, options: list[Any], label: str, titles: dict[str, str], disabled: bool) -> Any:
        start = getattr(self.preset, name)
        if start not in options:
            options = [*options, start]
        key = self._key(name)
        if st.query_params.get(key) in titles and key not in st.session_state:
            # A link may carry the word itself (`source=dummy`); Streamlit looks for the title.
            st.session_state[key] = st.query_params[key]
        return st.selectbox(
            label,
            options,
            index=options.index(start),
            format_func=lambda option: titles.get(option, "none" if option is None else str(option)),
            key=key,
            help=HELP.get(name),
            disabled=disabled,
            bind="query-params",
        )

    def _widget(self, name: str, field: FieldInfo, disabled: bool) -> Any:
        value = getattr(self.preset, name)
        kind = _kind(field)
        common: dict[str, Any] = {
            "key": self._key(name),
            "help": HELP.get(name),
            "disabled": disabled,
            "bind": "query-params",
        }
        if kind == "choice":
            return self._choice(name, _options(field), name, {}, disabled)
        if kind == "bool":
            return st.toggle(name, value, **common)
        if kind == "number":
            return self._number(name, field, common)
        if kind == "choices":
            empty = None if field.default else "everything"
            return st.multiselect(name, _options_of_list(field), list(value), placeholder=empty, **common)
        if kind == "list":
            text = st.text_input(name, as_widget(field, value), **common)
            return [part.strip() for part in text.split(",") if part.strip()]
        return st.text_area(name, value, height=68, **common)

    def _number(self, name: str, field: FieldInfo, common: dict[str, Any]) -> Any:
        value = getattr(self.preset, name)
        # No limits here: the field would keep its last value silently, where the settings class says what it takes.
        limits = {"value": value, "step": _step(field), "placeholder": "automatic"}
        try:
            return st.number_input(name, **limits, **common)
        except OverflowError:
            # A link with a number like 1e400: Streamlit converts it before it looks at the limits.
            return st.number_input(name, **limits, **{**common, "bind": None, "key": f"{common['key']}_unbound"})


def as_widget(field: FieldInfo, value: Any) -> Any:
    """A setting as its widget holds it: numbers of a list as one text, names of a list as a list."""
    if not isinstance(value, tuple):
        return value
    return list(value) if _kind(field) == "choices" else ", ".join(f"{number:g}" for number in value)


def _devices() -> list[str]:
    return ["auto", "cpu", *(f"cuda:{gpu.index}" if gpu.index else "cuda" for gpu in this_machine().gpus)]


def _types(field: FieldInfo) -> tuple[Any, ...]:
    """The annotation's members without None: (int,) for `int | None`."""
    annotation = field.annotation
    members = (annotation,) if get_origin(annotation) in (Literal, tuple, None) else get_args(annotation)
    return tuple(member for member in members if member is not type(None))


def _kind(field: FieldInfo) -> Literal["choice", "choices", "bool", "number", "list", "text"]:
    first = _types(field)[0]
    if get_origin(first) is Literal:
        return "choice"
    if get_origin(first) is tuple:
        return "choices" if _options_of_list(field) else "list"
    if first is bool:
        return "bool"
    return "text" if first is str else "number"


def _can_change(field: FieldInfo) -> bool:
    return _kind(field) != "choice" or len(_options(field)) > 1


def _options(field: FieldInfo) -> list[Any]:
    options = list(get_args(_types(field)[0]))
    return [None, *options] if type(None) in get_args(field.annotation) else options


def _options_of_list(field: FieldInfo) -> list[Any]:
    """What a list's entries are chosen from; empty where any number can stand in it."""
    entry = get_args(_types(field)[0])[0]
    return list(get_args(entry)) if get_origin(entry) is Literal else []


def _step(field: FieldInfo) -> float | int:
    """What one click changes a number by; its type decides whether the widget takes fractions."""
    number = float if float in _types(field) else int
    parts = [part for source in (field, *get_args(field.annotation)) for part in getattr(source, "metadata", ())]
    multiple = next((part.multiple_of for part in parts if getattr(part, "multiple_of", None)), None)
    return number(multiple or (1 if number is int else 0.1))
