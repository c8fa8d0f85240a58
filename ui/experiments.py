"""On a lab's own page: what there is to try, one click each. A click sets the form; running it is another."""

import streamlit as st

from ui.settings_form import Form, as_widget


def experiments(form: Form) -> None:
    """Offer the lab's experiments; the one whose settings the form holds is marked."""
    offered, fields = form.lab.experiments, type(form.preset).model_fields
    start = {name: getattr(form.preset, name) for settings in offered.values() for name in settings}
    start |= {name: value for name, value in form.of_model().items() if name in start}

    def shown(settings: dict[str, object]) -> dict[str, object]:
        return {name: as_widget(fields[name], value) for name, value in (start | settings).items()}

    now = {name: form.value(name) for name in start}
    key = f"{form.prefix}_experiment"
    # Set before the widget is drawn, so that it always shows what stands in the form. What a model brings is no choice,
    # so a form as it begins is only an experiment that changes nothing.
    is_changed = shown({}) != now
    tried = [(title, settings) for title, settings in offered.items() if is_changed or not settings]
    st.session_state[key] = next((title for title, settings in tried if shown(settings) == now), None)

    def take() -> None:
        chosen = st.session_state[key]
        for name, value in shown(offered[chosen] if chosen else {}).items():
            form.set_to(name, value)

    st.pills("Try", list(offered), key=key, on_change=take)
