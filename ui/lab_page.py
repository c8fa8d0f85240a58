"""The page of a lab on its own, without a question: code, settings, run, result."""

import streamlit as st

from core.runs.registry import LABS
from ui.code_block import code_place
from ui.experiments import experiments
from ui.identity import person_id
from ui.labs import look_of
from ui.run_panel import RunPanel
from ui.runs import latest_of_lab
from ui.seed_choice import can_be_random, last_seed, seed_choice
from ui.settings_link import settings_from_picture


def lab_page(name: str) -> None:
    """Draw the page of one lab."""
    lab = LABS[name]
    st.caption("Lab")
    st.title(lab.title, anchor=False)
    st.markdown(
        f"{lab.summary} Your runs are kept under My runs. They do not answer a question; for that, run it on the "
        "question's own page."
    )
    panel = RunPanel(lab=lab, preset=lab.settings(), person=person_id(), prefix=name)
    code = code_place()
    st.header("Run it", divider="gray")
    if lab.experiments:
        experiments(panel.form)
    if look_of(name).draws:
        settings_from_picture(panel.form)
        if can_be_random(panel.form):
            seed_choice(panel.form, last_seed(latest_of_lab(panel.person, name)))
    panel.draw(code)
