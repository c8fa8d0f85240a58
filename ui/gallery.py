"""The pictures of one student over all runs, each with what made it and the way to make it again."""

import streamlit as st

from core.errors import LabError
from core.runs.parsing import parse_settings
from core.runs.png import describe, made_with
from core.runs.registry import LABS
from core.store.tables import Picture, Run
from core.units import seconds
from ui.days import day
from ui.enlarged import thumbnail
from ui.identity import person_id
from ui.labs import look_of
from ui.navigation import lab_link
from ui.paths import page_path
from ui.plain import plain
from ui.results.exports import png_button
from ui.results.readings import changed
from ui.runs import finished_pictures, labs_that_drew
from ui.settings_link import lab_query

ALL = "All"
AT_ONCE = 12
THUMBNAIL_PX = 320
OF_PICTURE = ("num_inference_steps", "guidance_scale", "seed")
"""What is told of a picture, as far as its lab keeps it."""


def gallery() -> None:
    """A few at first, more on demand."""
    person = person_id()
    found = labs_that_drew(person)
    if not found:
        st.info("There is no picture yet. Draw one in a lab or on a question's page.", icon=":material/image:")
        for name in (name for name in LABS if look_of(name).draws):
            st.page_link(lab_link(name), label=LABS[name].title, icon=look_of(name).icon)
        return
    chosen = ALL
    if len(found) > 1:
        titles = {name: f"{LABS[name].title} ({count})" if name in LABS else name for name, count in found.items()}
        told = {ALL: f"{ALL} ({sum(found.values())})"} | titles
        chosen = st.segmented_control(
            "Lab", list(told), default=ALL, required=True, format_func=told.__getitem__, key="gallery_lab"
        )
    total = sum(found.values()) if chosen == ALL else found[chosen]
    most = AT_ONCE * int(st.session_state.get("gallery_rows", 1))
    with st.grid(3, min_column_width=240):
        for picture, run in finished_pictures(person, None if chosen == ALL else chosen, most):
            with st.container(border=True):
                _tile(picture, run)
    if total > most:
        st.button(f"Show more of {total}", icon=":material/expand_more:", key="gallery_more", on_click=_more)


def _more() -> None:
    st.session_state["gallery_rows"] = int(st.session_state.get("gallery_rows", 1)) + 1


def _tile(picture: Picture, run: Run) -> None:
    prompt, told = words_of(picture, run)
    st.image(thumbnail(picture.png, THUMBNAIL_PX), width="stretch", alt=", ".join(filter(None, (prompt, told))))
    st.markdown(plain(prompt))
    title = LABS[run.lab].title if run.lab in LABS else run.lab
    st.caption(f"{plain(told)}. {title}, {day(run.created_at)}." if told else f"{title}, {day(run.created_at)}.")
    with st.container(horizontal=True, vertical_alignment="center"):
        _again(picture, run)
        st.page_link(
            page_path("runs/my_runs.py"), label="Its run", icon=":material/history:", query_params={"run": run.id}
        )
        png_button(picture, f"gallery_{run.id}")


def words_of(picture: Picture, run: Run) -> tuple[str, str]:
    """The prompt of this very picture, which need not be the run's, and what else made it what it is."""
    details = picture.details
    prompt = details.get("caption") or describe(picture.png).get("prompt") or run.record["settings"].get("prompt", "")
    known = {name: details[name] for name in OF_PICTURE if details.get(name) is not None}
    parts = [
        str(details.get("title", "")),
        changed(known),
        seconds(details["wall_s"]) if details.get("wall_s") else "",
    ]
    return str(prompt), ", ".join(filter(None, parts))


def _again(picture: Picture, run: Run) -> None:
    """The way to its lab with its settings, where they still are settings."""
    if run.lab not in LABS:
        return
    try:
        settings = parse_settings(LABS[run.lab], made_with(picture.png)[1])
    except LabError:
        return
    st.page_link(
        lab_link(run.lab),
        label="Make it again",
        icon=":material/replay:",
        query_params=lab_query(LABS[run.lab], settings),
    )
