"""The runtime lab's result: this machine beside the runtimes that Colab offers."""

from typing import Any

import streamlit as st

from core.labs.runtime.colab import OTHERS, SOURCE, T4_RUNTIME
from core.units import gb, gib
from ui.labs.look import Look
from ui.runs import ShownRun


def _main(run: ShownRun, key: str) -> None:
    facts = (run.record.get("outputs") or {}).get("facts") or {}
    here = _here(facts)
    lines = ["| | this machine, just read | Colab's T4 runtime, as published |", "|:--|:--|:--|"]
    lines += [f"| {name} | {here.get(name, 'your own, no limit')} | {theirs} |" for name, theirs in T4_RUNTIME.items()]
    st.markdown("\n".join(lines))
    st.caption(
        f"Colab also lists {OTHERS} ([its FAQ]({SOURCE}), November 2026). "
        "Its disk is best read there, with `shutil.disk_usage('/')`."
    )
    software = facts.get("software") or {}
    if software:
        st.caption("Software: " + ", ".join(f"{name} {version}" for name, version in software.items() if version))


def _here(facts: dict[str, Any]) -> dict[str, str]:
    gpus = facts.get("gpus") or []
    return {
        "processor": f"{facts.get('cpu_name', 'unknown')}, {facts.get('cpu_cores', '?')} cores",
        "main memory": gib(facts["ram_bytes"]) if facts.get("ram_bytes") else "unknown",
        "GPU": ", ".join(f"{gpu['name']}, {gib(gpu['memory_bytes'])}" for gpu in gpus)
        or f"none: {facts.get('gpu_reason', 'none found')}",
        "disk": f"{gb(facts['disk_free_bytes'])} free of {gb(facts['disk_total_bytes'])}"
        if facts.get("disk_total_bytes")
        else "unknown",
    }


LOOK = Look(
    icon=":material/developer_board:",
    main=_main,
    height_px=500,
)
