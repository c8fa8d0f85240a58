"""Where a run finds too little memory: the savers with which it would fit, at one click, and what they cost."""

import streamlit as st

from core.classroom.runs import newest_of_real_size
from core.errors import LabError, OutOfMemory
from core.runs.lab import Lab
from core.runs.parsing import parse_settings
from core.runs.records import Record, variants
from core.runs.registry import LABS
from core.runs.savers import TITLES, Proposal, needed_bytes, proposal
from core.runs.settings import ModelSettings
from core.store.database import session
from core.store.tables import Job, Run
from core.units import gib
from ui.settings_form import Form, as_widget

NOT_MEASURED = "What they cost in time has not been measured on this machine yet; the lab **{title}** does that."
MEASURED = "Measured on this machine by the lab **{title}**: {prices}."


def offer(form: Form, found: Proposal, key: str = "take_savers") -> None:
    """A button that switches the savers on in the form, and their price."""
    st.button(
        f"Take {' and '.join(found.titles)}",
        icon=":material/compress:",
        key=form.key(key),
        on_click=_take,
        args=(form, found),
    )
    st.caption(f"The run then takes about {gib(found.needed_bytes)}. {_price(found)}")


def offer_after(job: Job, form: Form) -> None:
    """The same below a run whose memory was full: what takes less than it did."""
    if (job.error or {}).get("kind") != OutOfMemory.kind:
        return
    try:
        settings = parse_settings(form.lab, job.settings)
    except LabError:
        return  # queued by an older version
    if not isinstance(settings, ModelSettings) or settings.dtype == "auto":
        return
    found = proposal(form.lab, settings, needed_bytes(form.lab, settings) - 1)
    if found is not None:
        offer(form, found, "take_savers_after")


def _take(form: Form, found: Proposal) -> None:
    fields = type(form.preset).model_fields
    for name, value in found.changes.items():
        form.set_to(name, as_widget(fields[name], value))


def _price(found: Proposal) -> str:
    lab = next(lab for lab in LABS.values() if OutOfMemory.kind in lab.helps_with)
    with session() as database:
        run = newest_of_real_size(database, lab.name)
    prices = _prices(lab, run, found)
    return (
        MEASURED.format(title=lab.title, prices="; ".join(prices)) if prices else NOT_MEASURED.format(title=lab.title)
    )


def _prices(lab: Lab, run: Run | None, found: Proposal) -> list[str]:
    measured = {each["name"]: each for each in variants(run.record)} if run is not None else {}
    plain = next(iter(measured.values()), None)
    if plain is None:
        return []
    told = {name: _share(measured[name], plain) for name in found.names if name in measured}
    return [f"{TITLES[name]} took {share}" for name, share in told.items() if share]


def _share(entry: Record, plain: Record) -> str:
    """Memory and time beside the plain program's; empty where one of them was not measured."""
    needed, whole = ((each.get("memory") or {}).get("needed_bytes") for each in (entry, plain))
    ratio = entry.get("time_ratio")
    return f"{needed / whole:.0%} of the memory and {ratio:.2f}× the time" if needed and whole and ratio else ""
