"""Where am I, what can this machine do, what have I answered."""

import streamlit as st

from core.measure.machine import this_machine
from core.units import gb
from ui.gauges import gauges
from ui.identity import person_id
from ui.joining import class_line
from ui.lesson import bank, bank_problems, progress_of
from ui.navigation import question_link
from ui.paths import page_path
from ui.section_cards import section_cards, steps

person = person_id()
mine = progress_of(person)
now = bank()
upcoming = now.question(mine.next_open) if mine.next_open else None

st.title("VRAM Lab", anchor=False)
st.markdown(
    "Run the model, read the gauge, answer the question: "
    "what model size, hardware and precision cost in time and memory."
)
bank_problems()
class_line()
steps()
if upcoming is None:
    st.page_link(
        page_path("runs/report.py"), label="All answered. Open the report on your machine", icon=":material/summarize:"
    )
elif st.button(
    f"{'Continue with' if mine.answered else 'Start with'} {upcoming.id} · {upcoming.title}",
    type="primary",
    icon=":material/arrow_forward:",
):
    st.switch_page(question_link(upcoming.id))


st.header("Sections", divider="gray")
section_cards(now, mine)

st.header("This machine", divider="gray")
machine = this_machine()
st.markdown("Each bar is the memory of one device. The blue parts are the lesson's models, loaded from the left.")
gauges(machine)
st.caption(
    f"{machine.label}, {machine.os}, {gb(machine.disk_free_bytes)} of free disk. "
    + (
        "Questions about the GPU can be measured here."
        if machine.gpus
        else "Questions about GPU memory and GPU time cannot be measured here; "
        "they are marked by a reference value from another machine."
    )
)
