"""Below the prompt: prompts that the small twin knows, one click each, and what it does not know."""

import streamlit as st

from core.runs.settings import LabSettings
from core.runs.twin_world import outside
from ui.plain import plain
from ui.settings_form import Form


def prompt_hints(form: Form, settings: LabSettings, disabled: bool) -> None:
    """Draw the hints for a run on the twin; nothing for other weights, whose world nobody can list.

    Args:
        settings: the planned ones, whose source is concrete.
    """
    prompt, world = getattr(settings, "prompt", None), form.lab.world
    if getattr(settings, "source", "") != "embedded" or prompt is None or world is None:
        return
    if "prompt" in form.open_fields and form.lab.suggestions:
        _suggestions(form, form.lab.suggestions, prompt, disabled)
    if told := outside(world, prompt):
        st.caption(f":material/travel_explore: {plain(told)}")


def _suggestions(form: Form, offered: dict[str, str], prompt: str, disabled: bool) -> None:
    key = f"{form.prefix}_suggestions"
    # Set before the widget is drawn, so that it always shows what stands in the field.
    st.session_state[key] = next((title for title, text in offered.items() if text == prompt), None)

    def take() -> None:
        if chosen := st.session_state[key]:
            form.set_to("prompt", offered[chosen])

    # Without a label to be seen: they stand below the prompt that they fill.
    label = "Prompts that the twin knows"
    st.pills(label, list(offered), key=key, on_change=take, disabled=disabled, label_visibility="collapsed")
