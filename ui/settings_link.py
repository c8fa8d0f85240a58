"""A lab's page with given settings: as the parts of its address, and read back from a picture's file."""

from functools import partial
from typing import Any

import streamlit as st

from core.config import config
from core.errors import BadPicture, LabError
from core.runs.lab import Lab
from core.runs.parsing import parse_settings
from core.runs.png import made_with
from core.runs.registry import LABS
from core.runs.settings import LabSettings
from ui.plain import plain
from ui.problem import problem
from ui.setting_words import label
from ui.settings_form import Form, as_widget

HERE = ("device", "dtype")
"""What belongs to the machine that a picture was made on."""


def lab_query(lab: Lab, settings: LabSettings) -> dict[str, str]:
    """The address's parts that open the lab's page with these settings; what a page starts with is left out."""
    return {f"{lab.name}_{name}": _word(value) for name, value in told_settings(lab, settings).items()}


def told_settings(lab: Lab, settings: LabSettings) -> dict[str, Any]:
    """The settings that differ from what the lab's page starts with, as their widgets hold them."""
    start, fields = lab.settings(), lab.settings.model_fields
    return {
        name: as_widget(field, getattr(settings, name))
        for name, field in fields.items()
        if name not in HERE and getattr(settings, name) != getattr(start, name) and not _is_own(name, settings)
    }


def settings_from_picture(form: Form) -> None:
    """A place to drop a picture that was made here; the form takes its settings over."""
    key = f"{form.prefix}_from_picture"
    with st.popover("Settings of a picture", icon=":material/image_search:"):
        st.file_uploader(
            "A picture made here",
            type=["png"],
            key=key,
            max_upload_size=config().max_upload_bytes // 1_000_000,
            on_change=_take_over,
            args=(form, key),
            help="Every PNG from here carries the settings that made it. The file is read and not kept.",
        )
        if told := st.session_state.get(f"{key}_told"):
            st.markdown(told)


def _take_over(form: Form, key: str) -> None:
    """Before the widgets are drawn: give them the settings in the file, or note why not."""
    file = st.session_state.get(key)
    if file is None:
        st.session_state.pop(f"{key}_told", None)
        return
    try:
        taken = _read(form.lab, file.getvalue())
    except LabError as error:
        st.session_state[f"{key}_told"] = f":material/error: {problem(error)}"
        return
    fields = form.lab.settings.model_fields
    for name in (name for name in fields if name not in HERE and not _is_own(name, taken)):
        value = as_widget(fields[name], getattr(taken, name))
        if value != form.value(name):
            form.set_to(name, value)
    st.session_state[f"{key}_told"] = f":material/check: {_summary(form.lab, taken)}"


def _read(lab: Lab, data: bytes) -> LabSettings:
    name, values = made_with(data)
    if name != lab.name:
        other = LABS[name].title if name in LABS else name
        raise BadPicture(f'This picture was made by the lab "{other}".', "Open that lab and drop it there.")
    here = {name: getattr(lab.settings(), name) for name in HERE if name in values}
    return parse_settings(lab, values | here, partial(label, lab))


def _summary(lab: Lab, taken: LabSettings) -> str:
    parts = [f"{label(lab, name)}: {plain(_short(value))}" for name, value in told_settings(lab, taken).items()]
    return f"Taken over. {'; '.join(parts)}." if parts else "Taken over: it was made with the settings of this page."


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _is_own(name: str, settings: LabSettings) -> bool:
    """A student's own picture is kept for a while only, and for them alone; what it is called goes with it."""
    return name in ("picture", "captions") and str(getattr(settings, "picture", "")).startswith("upload:")


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
