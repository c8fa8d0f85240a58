"""A small diffusion model, trained by the student."""

from core.runs.lab import TIME, Lab, Measure
from core.runs.records import Record


def _found(record: Record) -> Record:
    return (record.get("outputs") or {}).get("training") or {}


def _bytes(record: Record) -> dict[str, int]:
    """What each way of using the network held at its highest, by name."""
    variants = (record.get("outputs") or {}).get("variants") or []
    return {each["name"]: each["total_bytes"] for each in variants if each.get("is_available")}


def _over_inference(record: Record) -> list[float]:
    """How many times as many bytes training held at its highest as drawing does."""
    held = _bytes(record)
    return [held["training"] / held["inference"]] if {"training", "inference"} <= set(held) else []


def _steps_of(record: Record) -> dict[str, float]:
    variants = (record.get("outputs") or {}).get("variants") or []
    return {each["name"]: each["step_s"] for each in variants if each.get("is_available")}


def _price_of_checkpointing(record: Record) -> list[float]:
    """How many times as long a step takes that computes its activations twice."""
    took = _steps_of(record)
    return [took["checkpointing"] / took["training"]] if {"checkpointing", "training"} <= set(took) else []


def _left_by_accumulation(record: Record) -> list[float]:
    """Bytes at the highest with the batch in four parts, in percent of those in one."""
    held = _bytes(record)
    return [100 * held["accumulation"] / held["training"]] if {"accumulation", "training"} <= set(held) else []


def _left_by_mixed_precision(record: Record) -> list[float]:
    """Bytes at the highest with products in bfloat16, in percent of those in float32."""
    held = _bytes(record)
    return [100 * held["mixed_precision"] / held["training"]] if {"mixed_precision", "training"} <= set(held) else []


def _early_loss(record: Record) -> list[float]:
    """The loss at the first point after the warm-up as a share of the untrained network's, on held-out pictures."""
    points, warm_up = _found(record).get("points") or [], (record.get("settings") or {}).get("warm_up", 0)
    after = [point for point in points if point["step"] >= max(1, warm_up)]
    is_whole = after and points[0]["step"] == 0 and after[0]["plain_loss"] is not None
    return [after[0]["plain_loss"] / points[0]["plain_loss"]] if is_whole else []


def _held_out(record: Record) -> list[float]:
    """The averaged weights' held-out loss at the end as a share of the plain ones'."""
    points = _found(record).get("points") or []
    last = points[-1] if points else {}
    is_whole = last.get("plain_loss") is not None and last.get("averaged_loss") is not None
    return [last["averaged_loss"] / last["plain_loss"]] if is_whole else []


LAB = Lab(
    name="train_ddpm",
    place=96,
    title="Train it",
    summary="Trains a small network to draw, for a minute or some more, and shows what that takes and what came of it.",
    measures=TIME
    | {
        "training_over_inference": Measure("×", _over_inference),
        "checkpointing_over_plain": Measure("×", _price_of_checkpointing),
        "accumulation_bytes": Measure("%", _left_by_accumulation),
        "mixed_precision_bytes": Measure("%", _left_by_mixed_precision),
        "early_loss": Measure("×", _early_loss),
        "averaged_over_plain": Measure("×", _held_out),
    },
    experiments={
        "A first look": {},
        "No warm-up": {"warm_up": 0, "learning_rate": 0.01},
        "Less memory": {"checkpointing": True, "accumulate": 4},
        "Ten minutes": {"steps": 4000, "time_limit_s": 600, "network": "medium"},
        "The paper's network": {"network": "paper", "steps": 2000, "time_limit_s": 300, "learning_rate": 0.0002},
    },
)
