"""In a few words, under which conditions a run was measured."""

from core.runs.records import Record
from core.units import seconds, significant


def conditions_words(record: Record) -> str:
    """Sentences to follow the provenance; empty for a record that holds no conditions."""
    found = record.get("conditions") or {}
    words = [_load(found), _cache(found), _gpu(found), _observer(record)]
    return "".join(f" · {word}" for word in words if word)


def _load(found: Record) -> str:
    cores = found.get("foreign_cores")
    if cores is None:
        return f"other load: {found['foreign_cores_reason']}" if "foreign_cores_reason" in found else ""
    return f"other programs used {significant(cores, 2)} cores"


def _cache(found: Record) -> str:
    share = found.get("page_cache_share")
    return f"{share:.0%} of the weight files were in memory before the load" if share is not None else ""


def _gpu(found: Record) -> str:
    states = [state for name in ("gpu_before", "gpu_after") if (state := found.get(name))]
    clocks = [f"{state['sm_clock_mhz']} MHz" for state in states if state["sm_clock_mhz"] is not None]
    degrees = [f"{state['temperature_c']} °C" for state in states if state["temperature_c"] is not None]
    words = [" to ".join(values) for values in (clocks, degrees) if values]
    if (during := found.get("gpu_during")) and during["lowest_sm_clock_mhz"] is not None:
        words.append(f"clock never below {during['lowest_sm_clock_mhz']} MHz while it ran")
    return ", ".join(words)


def _observer(record: Record) -> str:
    """What our own callbacks cost within the timed passes."""
    spent = [repeat["observer_s"] for repeat in record.get("repeats") or [] if repeat.get("observer_s") is not None]
    return f"watching took at most {seconds(max(spent))} of a repeat" if spent else ""
