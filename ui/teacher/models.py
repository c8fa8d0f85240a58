"""The weights of this machine, for whoever prepares a class: fetched beforehand, checked, and what each one takes.

It speaks of the machine, not of a class. What comes is drawn anew every second.
"""

from collections.abc import Sequence

import streamlit as st

from core.jobs import downloads
from core.jobs.downloads import Arriving
from core.models import sources
from core.models.catalog import CATALOG, Model
from core.models.room import LESSON_MODELS
from core.models.verifying import damaged, remove
from core.store.database import session
from core.units import gb, gib
from ui.downloads import arriving_bar
from ui.plain import plain
from ui.teacher.guard import is_teacher_here, teachers_only

EVERY_S = 1
OTHERS = tuple(model for model in CATALOG.values() if model not in LESSON_MODELS)


def models() -> None:
    """The page."""
    st.title("Models", anchor=False)
    st.markdown(
        "Pretrained weights are fetched once for everyone, by a run that needs them or from here. Fetch the lesson's "
        "before the first class, so that nobody waits; runs whose weights are here go on meanwhile."
    )
    if not sources.hub_reachable():
        st.info(_out_of_reach(), icon=":material/cloud_off:")
    st.fragment(_all, run_every=EVERY_S)()
    st.divider()
    _check()


def _out_of_reach() -> str:
    if sources.is_offline():
        return "HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE forbids downloads on this machine. Unset it and start again."
    return f"{sources.endpoint()} cannot be reached from here. Check the network, a proxy, or HF_ENDPOINT."


def _all() -> None:
    if not is_teacher_here():
        st.rerun()
    with session() as database:
        coming = downloads.all_arriving(database)
    for title, chosen in (("Of the lesson", LESSON_MODELS), ("Of the other labs", OTHERS)):
        _heading(title, chosen, coming)
        for model in chosen:
            _row(model, coming.get(model.id))


def _heading(title: str, chosen: Sequence[Model], coming: dict[str, Arriving]) -> None:
    wanted = [model for model in chosen if not sources.is_cached(model.id) and not _comes(coming.get(model.id))]
    size = gb(sum(model.download_bytes for model in wanted))
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.header(title, anchor=False)
        if wanted:
            st.button(
                f"Fetch all that is missing: {size}",
                icon=":material/download:",
                key=f"fetch_{title}",
                disabled=not sources.hub_reachable(),
                on_click=_fetch,
                args=([model.id for model in wanted],),
            )


def _row(model: Model, coming: Arriving | None) -> None:
    is_here = sources.is_cached(model.id)
    with st.container(border=True, key=f"model_{model.id.replace('.', '_')}"):
        left, right = st.columns([4, 1], vertical_alignment="center")
        with left:
            state = ":green[:material/check_circle: here]" if is_here else ":material/cloud: not here yet"
            st.markdown(f"**{model.title}** · {state}")
            st.caption(
                f"{gb(model.download_bytes)} to download · {gib(model.weights_bytes('float16'))} of memory in float16"
                f" · licence {model.licence} · {model.repo}"
            )
            if _comes(coming) and coming is not None:
                arriving_bar(coming)
                if coming.waiting:
                    st.caption(f"{coming.waiting} {'run waits' if coming.waiting == 1 else 'runs wait'} for it.")
            elif coming is not None and coming.error is not None and not is_here:
                told = f"{coming.error.get('message', '')} {coming.error.get('remedy', '')}"
                st.error(plain(told), icon=":material/error:")
        with right:
            _button(model, coming, is_here)


def _button(model: Model, coming: Arriving | None, is_here: bool) -> None:
    if _comes(coming):
        st.button(
            "Stop", key=f"stop_{model.id}", icon=":material/close:", width="stretch", on_click=_stop, args=(model.id,)
        )
    elif not is_here:
        st.button(
            "Try again" if coming else "Fetch",
            key=f"fetch_{model.id}",
            icon=":material/download:",
            width="stretch",
            disabled=not sources.hub_reachable(),
            on_click=_fetch,
            args=([model.id],),
        )


def _comes(coming: Arriving | None) -> bool:
    return coming is not None and coming.error is None


@teachers_only
def _fetch(names: list[str]) -> None:
    with session() as database:
        downloads.want_for_all(database, names)


@teachers_only
def _stop(name: str) -> None:
    with session() as database:
        downloads.give_up(database, name)


def _check() -> None:
    """Read every file that is here and compare it with the checksum that it was published with; no network."""
    with st.container(horizontal=True, vertical_alignment="center"):
        asked = st.button("Check what is here", icon=":material/verified:")
        st.caption("Reads every file and compares its checksum, without the network: minutes for large models.")
    if not asked or not is_teacher_here():
        return
    here = [model for model in CATALOG.values() if sources.is_cached(model.id)]
    if not here:
        st.info("No pretrained weights are here yet.", icon=":material/cloud:")
        return
    with st.spinner("Reading every file"):
        broken = {model.title: damaged(model) for model in here}
    for title, files in broken.items():
        for path in files:
            remove(path)
            told = f"{title}: {path.name} was damaged and is taken out of the cache. Fetch it again."
            st.error(plain(told), icon=":material/error:")
    whole = [title for title, files in broken.items() if not files]
    if whole:
        st.success(f"Whole: {', '.join(whole)}.", icon=":material/verified:")
