"""Your machine's report: answers, measured figures and charts on one page, to keep or print."""

from datetime import datetime

import streamlit as st

from core.classroom.report import html_report
from core.measure.machine import this_machine
from ui.charts import Bar, bars
from ui.identity import person_id
from ui.lesson import bank, progress_of
from ui.plain import plain
from ui.report import entries

person = person_id()
mine, rows = progress_of(person), entries(person)
score = f"{mine.answered} of {len(rows)} answered, {mine.score:g} of {len(rows)} points"
today = datetime.now().astimezone()

st.title("Your machine's report", anchor=False)
st.markdown(f"{this_machine().label}. {score}.")
st.download_button(
    "Download to print",
    html_report(this_machine().label, f"{today:%d %B %Y, %H:%M}", score, rows),
    file_name="vram-lab-report.html",
    mime="text/html",
    icon=":material/print:",
    on_click="ignore",
)
if not mine.answered:
    st.info("Nothing is answered yet. The report grows as you answer questions.", icon=":material/summarize:")
for question, entry in zip(bank().questions, rows, strict=True):
    st.header(entry.title, divider="gray", anchor=False)
    st.markdown(f"**{entry.outcome}** {entry.answer}")
    st.markdown(f"{entry.verdict} {plain(entry.measured)}")
    drawn = [
        Bar(bar.label, bar.value_s, bar.text, "quiet" if bar.is_cold else "measured", bar.is_cold) for bar in entry.bars
    ]
    if drawn:
        bars(
            entry.bars_title,
            drawn,
            "seconds",
            f"{entry.bars_title}: " + ", ".join(f"{b.label} {b.text}" for b in drawn),
            key=f"report_{question.id}",
        )
    if entry.provenance:
        st.caption(entry.provenance)
