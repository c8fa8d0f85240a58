"""The start page's pictures: how a question goes, and a card for every section of the bank."""

from base64 import b64encode
from functools import cache
from pathlib import Path

import streamlit as st

from core.classroom.progress import Progress
from core.quiz.bank import Bank, Section
from core.runs.registry import LABS
from ui.navigation import question_link, section_icon

ASSETS = Path(__file__).parent / "assets"
STEPS = {
    "1_predict": "Predict what it costs",
    "2_run": "Run the model",
    "3_measured": "See it beside the limit",
    "4_marked": "Answer, and learn why",
}
STEP = '<div style="text-align:center;font-size:.875rem">{picture}<div>{number}. {words}</div></div>'


def steps() -> None:
    """What this is, in one picture: four steps side by side, two and two on a phone."""
    st.html(_steps())


@cache
def _steps() -> str:
    tiles = "".join(
        STEP.format(picture=_image(ASSETS / "steps" / f"{name}.svg"), number=number, words=words)
        for number, (name, words) in enumerate(STEPS.items(), start=1)
    )
    columns = "repeat(auto-fit,minmax(150px,1fr))"
    return f'<div style="display:grid;grid-template-columns:{columns};gap:12px">{tiles}</div>'


def section_cards(now: Bank, mine: Progress) -> None:
    """A card for every section that has a question."""
    shown = [section for section in now.sections if now.questions_of(section)]
    with st.grid(2, min_column_width=260):
        for section in shown:
            _card(now, section, mine)


def _card(now: Bank, section: Section, mine: Progress) -> None:
    questions = now.questions_of(section)
    here = mine.within(question.id for question in questions)
    upcoming = now.question(here.next_open or questions[0].id)
    with st.container(border=True, height="stretch"):
        if picture := _picture(section.id):
            st.html(picture)
        else:
            st.markdown(f"# {section_icon(now, section)}", text_alignment="center")
        st.markdown(f"**{section.title}**")
        st.caption(", ".join(dict.fromkeys(LABS[each.lab.name].title for each in questions)))
        st.progress(here.answered / len(questions), text=f"{here.answered} of {len(questions)} answered")
        label = f"{upcoming.id} · {upcoming.title}" if here.next_open else "All answered. Look again"
        st.page_link(question_link(upcoming.id), label=label, icon=":material/arrow_forward:")


@cache
def _picture(section_id: str) -> str:
    """The section's own picture; empty where nobody drew one."""
    file = ASSETS / "sections" / f"{section_id}.svg"
    return f'<div style="text-align:center">{_image(file)}</div>' if file.exists() else ""


def _image(file: Path) -> str:
    """A drawing as an element; `st.html` takes drawings in no other way. The words beside it say what it shows."""
    return (
        f'<img alt="" width="160" height="80" src="data:image/svg+xml;base64,{b64encode(file.read_bytes()).decode()}">'
    )
