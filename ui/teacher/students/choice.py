"""Which student the page is about: picked in a box by name, or by a row of the table.

The box knows its options by their names only. So whenever another student is chosen for it, or a name changes, a new
box takes its place; otherwise the choice would go with the name.
"""

from collections.abc import Mapping

import streamlit as st

CHOSEN, BOX = "students_chosen", "students_box"


def choose(person: str) -> None:
    """Choose a student for the box."""
    st.session_state[CHOSEN] = person
    st.session_state[BOX] = st.session_state.get(BOX, 0) + 1


def chosen(names: Mapping[str, str]) -> str | None:
    """Draw the box; gives the id of the student, None where none is chosen or they are gone."""
    ids = list(names)
    before = str(st.session_state.get(CHOSEN))
    picked = st.selectbox(
        "Student",
        ids,
        index=ids.index(before) if before in names else None,
        format_func=names.__getitem__,
        key=f"{BOX}_{st.session_state.get(BOX, 0)}",
        placeholder="Choose a row above, or type a name",
    )
    st.session_state[CHOSEN] = picked
    return picked
