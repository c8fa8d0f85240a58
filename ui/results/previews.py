"""How each picture of a run formed: the previews of its steps beside each other."""

from itertools import groupby

import streamlit as st

from core.store.tables import Picture
from ui.enlarged import enlarged

ROLE = "preview"


def previews(made: list[Picture], finished: int) -> None:
    """Draw a strip for every picture of which there are previews.

    Args:
        made: every picture of the run; other roles are passed over.
        finished: how many pictures the run finished.
    """
    shown = [picture for picture in made if picture.role == ROLE]
    for index, group in groupby(shown, key=lambda picture: int(picture.details["index"])):
        which = "the picture" if finished == 1 and index == 0 else f"picture {index + 1}"
        st.markdown(f"**How {which} formed{'' if index < finished else ', until the run ended'}**")
        with st.grid(8, min_column_width=64, gap="xsmall"):
            for preview in group:
                step = f"step {preview.details['step']}"
                st.image(enlarged(preview.png), caption=step, width="stretch", alt=f"What there was after {step}")
