"""How far a download is, in words and as a bar: for a run that fetches, for one that waits, and for the teacher."""

from urllib.parse import urlsplit

import streamlit as st

from core.jobs.downloads import Arriving
from core.models.catalog import CATALOG, Model
from core.models.sources import endpoint, free_disk
from core.units import gb, roughly


def bytes_left(done: int, total: int, bytes_per_s: float) -> str:
    """`1.2 GB of 4.3 GB, 25 MB/s, 2 minutes left`."""
    return f"{gb(done)} of {gb(total)}, {gb(bytes_per_s)}/s, {roughly(max(total - done, 0) / bytes_per_s)} left"


def before_download(model: Model) -> str:
    """What somebody should know before they ask for it: size, licence, and the room on this disk."""
    _, free_bytes = free_disk(model)
    place = urlsplit(model.url or endpoint()).netloc
    told = f"{gb(model.download_bytes)} from {place}, licence {model.licence}; {gb(free_bytes)} free here"
    return f":material/download: **{model.title}**: {told}. Fetched once for everyone."


def arriving_bar(arriving: Arriving) -> None:
    """The bar, and the time left where a rate is known."""
    done, total = arriving.done_bytes, arriving.total_bytes
    title = CATALOG[arriving.model_id].title
    st.progress(min(1.0, done / total) if total else 0.0, text=f"Downloading {title}")
    if not arriving.is_heard:
        st.caption("The download is about to begin.")
    elif not total:
        st.caption("Asking the Hub for its files.")
    elif arriving.bytes_per_s:
        st.caption(f"{bytes_left(done, total, arriving.bytes_per_s)}.")
    else:
        st.caption(f"{gb(done)} of {gb(total)}; nothing has come for some seconds. It is tried again by itself.")


def who_waits(arriving: Arriving) -> str:
    """For one of those who wait: how many others do."""
    others = arriving.waiting - 1
    everyone = "It is fetched once for everyone; what has arrived is kept."
    if others < 1:
        return everyone
    return f"{others} {'other waits' if others == 1 else 'others wait'} for it, too. {everyone}"
