"""Page files as Streamlit's links take them."""

from pathlib import Path

PAGES = Path(__file__).resolve().parent.parent / "pages"


def page_path(name: str) -> str:
    """A page file as `st.page_link` and `st.switch_page` take it, e.g. `runs/my_runs.py`."""
    return str(PAGES / name)
