"""The runtime lab's result: this machine beside the runtimes that Colab offers."""

from typing import Any

import streamlit as st

from core.store.tables import Run
from core.units import gb, gib
from ui.results.readings import stage_chart

COLAB = {
    "processor": "2 virtual cores",
    "main memory": "12.7 GB",
    "GPU": "Tesla T4, 15 GB shown (16 GB card)",
    "disk": "no official figure",
    "time": "up to 12 hours, not guaranteed",
}


def view(run: Run, key: str) -> None:
    facts = (run.record.get("outputs") or {}).get("facts") or {}
    here = _here(facts)
    lines = ["| | this machine, just read | Colab's T4 runtime, as published |", "|:--|:--|:--|"]
    lines += [f"| {name} | {here.get(name, 'your own, no limit')} | {theirs} |" for name, theirs in COLAB.items()]
    st.markdown("\n".join(lines))
    st.caption(
        "Colab also lists a runtime with CPU only, and A100 and L4 GPUs for paid compute units. "
        "Its disk is best read there, with `shutil.disk_usage('/')`."
    )
    software = facts.get("software") or {}
    if software:
        st.caption("Software: " + ", ".join(f"{name} {version}" for name, version in software.items() if version))
    with st.expander("Stages", icon=":material/timeline:"):
        stage_chart(run.record, key)


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
