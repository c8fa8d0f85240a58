"""A link as a QR code, dark on light in both themes, as cameras want it."""

import io

import streamlit as st


def qr(link: str, alt: str, width: int = 220) -> None:
    """Draw the code with the border that readers need."""
    # Here, because only pages that show one need it.
    import segno

    picture = io.BytesIO()
    segno.make(link, error="m").save(picture, kind="png", scale=8, border=4, dark="#1b2430", light="#ffffff")
    st.image(picture.getvalue(), width=width, alt=f"{alt}: {link}")
