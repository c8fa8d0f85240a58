"""Widgets for a lab's settings, made from its settings class: every field can be changed, within its range.

The values live in the page's address, so that a link opens with the settings it was made with. What the settings are
called stands in ui.setting_words.
"""

from dataclasses import dataclass
from math import ceil, log10
from typing import Annotated, Any, Literal, get_args, get_origin

import streamlit as st
from pydantic.fields import FieldInfo
from streamlit.delta_generator import DeltaGenerator

from core.measure.machine import this_machine
from core.runs.lab import Lab
from core.runs.settings import LabSettings, ModelSettings
from ui.setting_words import TITLES, explained, label, title

OWN_PLACE = {"source", "device", "picture", "captions", "painted", "go_on_from"}


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
                values["source"] = self._choice("source", list(TITLES["source"]), disabled)
            with right:
                values["device"] = self._choice("device", _devices(), disabled)
        below = None
        for name in (name for name in self.open_fields if name in fields and _can_change(fields[name])):
            values[name] = self._widget(name, fields[name], disabled)
            if name == "prompt":
                below = st.container()
        own_place = OWN_PLACE.union(self.open_fields)
        rest = [name for name, field in fields.items() if name not in own_place and _can_change(field)]
        if rest:
            values |= self._rest({name: fields[name] for name in rest}, disabled)
        return values, below or st.container()

    def _rest(self, fields: dict[str, FieldInfo], disabled: bool) -> dict[str, Any]:
        """The settings that are one click away: drawn once they are asked for, or differ from the preset."""
        key = self.key("all_settings")
        folded = st.expander("All settings", icon=":material/tune:", key=key, on_change="rerun")
        if not folded.open and not any(self._is_changed(name, field) for name, field in fields.items()):
            return {}
        with folded, st.grid(2, min_column_width=220):
            return {name: self._widget(name, field, disabled) for name, field in fields.items()}

    def _is_changed(self, name: str, field: FieldInfo) -> bool:
        return self.key(name) in st.query_params or self.value(name) != as_widget(field, getattr(self.preset, name))

    def value(self, name: str) -> Any:
        """What a widget holds, or will start with."""
        start = as_widget(type(self.preset).model_fields[name], getattr(self.preset, name))
        return st.session_state.get(self.key(name), start)

    def set_to(self, name: str, value: Any) -> None:
        """Give a widget another value; only in a callback, before the widgets are drawn."""
        st.session_state[self.key(name)] = value

    def of_model(self) -> dict[str, Any]:
        """What follows from the model that is chosen."""
        settings = type(self.preset)
        return settings.of_model(self.value("model")) if issubclass(settings, ModelSettings) else {}

    def key(self, name: str) -> str:
        """Of the widget of a setting."""
        return f"{self.prefix}_{name}"

    def _choice(self, name: str, options: list[Any], disabled: bool) -> Any:
        start = getattr(self.preset, name)
        if start not in options:
            options = [*options, start]
        key = self.key(name)
        word = st.query_params.get(key)
        if word is not None and word in options and title(self.lab, name, word) != word and key not in st.session_state:
            # A link may carry the word itself (`source=dummy`); Streamlit looks for the title.
            st.session_state[key] = word
        return st.selectbox(
            label(self.lab, name),
            options,
            index=options.index(start),
            format_func=lambda option: title(self.lab, name, option),
            key=key,
            help=explained(self.lab, name),
            disabled=disabled,
            bind="query-params",
            persist_state="session",
            on_change=self._take_over if name == "model" else None,
        )

    def _take_over(self) -> None:
        """Another model was chosen: what follows from it stands in the form."""
        for name, value in self.of_model().items():
            self.set_to(name, value)

    def _widget(self, name: str, field: FieldInfo, disabled: bool) -> Any:
        if name == "device":
            return self._choice(name, _devices(), disabled)
        value = getattr(self.preset, name)
        kind = _kind(field)
        common: dict[str, Any] = {
            "key": self.key(name),
            "help": explained(self.lab, name),
            "disabled": disabled,
            "bind": "query-params",
            "persist_state": "session",
        }
        if kind == "choice":
            return self._choice(name, _options(field), disabled)
        if kind == "bool":
            return st.toggle(label(self.lab, name), value, **common)
        if kind == "number":
            return self._number(name, field, common)
        if kind == "choices":
            return self._choices(name, field, common)
        if kind == "list":
            text = st.text_input(label(self.lab, name), as_widget(field, value), **common)
            return [part.strip() for part in text.split(",") if part.strip()]
        return st.text_area(label(self.lab, name), value, height=68, **common)

    def _choices(self, name: str, field: FieldInfo, common: dict[str, Any]) -> Any:
        return st.multiselect(
            label(self.lab, name),
            _options_of_list(field),
            list(getattr(self.preset, name)),
            format_func=lambda option: title(self.lab, name, option),
            placeholder=None if field.default else "Everything",
            **common,
        )

    def _number(self, name: str, field: FieldInfo, common: dict[str, Any]) -> Any:
        value = getattr(self.preset, name)
        # No limits here: the field would keep its last value silently, where the settings class says what it takes.
        step = _step(field)
        if isinstance(step, float) and value is not None:
            value = float(value)  # Streamlit takes no mixture of 0 and 0.1
        limits = {"value": value, "step": step, "format": _format(step), "placeholder": "automatic"}
        try:
            return st.number_input(label(self.lab, name), **limits, **common)
        except OverflowError:
            # A link with a number like 1e400: Streamlit converts it before it looks at the limits.
            return st.number_input(
                label(self.lab, name), **limits, **{**common, "bind": None, "key": f"{common['key']}_unbound"}
            )


def as_widget(field: FieldInfo, value: Any) -> Any:
    """A setting as its widget holds it: numbers of a list as one text, names of a list as a list."""
    if not isinstance(value, tuple):
        return value
    return list(value) if _kind(field) == "choices" else ", ".join(f"{number:g}" for number in value)


def _devices() -> list[str]:
    return ["auto", "cpu", *("cuda" if name == "cuda:0" else name for name in this_machine().gpu_names)]


def _types(field: FieldInfo) -> tuple[Any, ...]:
    """The annotation's members without None and without limits: (int,) for `int | None`, also where int has a range."""
    annotation = field.annotation
    members = (annotation,) if get_origin(annotation) in (Literal, tuple, None) else get_args(annotation)
    bare = (get_args(member)[0] if get_origin(member) is Annotated else member for member in members)
    return tuple(member for member in bare if member is not type(None))


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


def _format(step: float | int) -> str | None:
    """As many decimals as the step has, where they are more than the two that Streamlit shows.

    >>> _format(0.0001), _format(0.1), _format(8)
    ('%.4f', None, None)
    """
    return f"%.{ceil(-log10(step))}f" if step < 0.01 else None
