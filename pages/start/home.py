"""Where am I, what can this machine do, what have I answered."""

import streamlit as st

from core.measure.machine import this_machine
from core.units import gb, gib
from ui.identity import person_id
from ui.joining import class_line
from ui.lesson import bank, bank_problems, progress_of
from ui.navigation import ICONS, question_link
from ui.paths import page_path

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
current = now.section_of(upcoming or now.questions[0])
here = mine.within(question.id for question in now.questions_of(current))
st.progress(
    here.answered / len(here.questions),
    text=f"{current.title}: {here.answered} of {len(here.questions)} questions answered",
)
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

st.header("This machine", divider="gray")
machine = this_machine()
with st.grid(4, min_column_width=150):
    st.metric("Processor", f"{machine.cpu_cores} cores", help=machine.cpu_name)
    st.metric("Main memory", gib(machine.ram_bytes))
    st.metric("GPU", machine.gpus[0].name if machine.gpus else "none", help=machine.gpu_reason)
    st.metric("Free disk", gb(machine.disk_free_bytes))
st.caption(
    f"{machine.cpu_name}, {machine.os}. "
    + (
        "Questions about the GPU can be measured here."
        if machine.gpus
        else "Questions about GPU memory and GPU time cannot be measured here; "
        "they are marked by a reference value from another machine."
    )
)

for section in now.sections:
    if not (questions := now.questions_of(section)):
        continue
    st.header(section.title, divider="gray")
    for question in questions:
        st.page_link(
            question_link(question.id),
            label=f"{question.id} · {question.title}",
            icon=ICONS[mine.questions[question.id].state],
        )
