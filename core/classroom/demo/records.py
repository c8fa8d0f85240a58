"""Run records of runs that never were, for a made-up class.

They have the form of real ones (`core/measure/run.schema.json`), so that every page can show them, and cannot be taken
for one: the device's name ends with "(demo)", the notes say it, and what could be of use elsewhere is not there (no
versions, no profile, no reading of what CUDA takes for itself).
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from core.classroom.demo.frames import REASON, frame
from core.classroom.demo.machines import DemoGpu, DemoMachine
from core.classroom.demo.readings import memory
from core.quiz.bank import Question
from core.units import gb, short_count

Record = dict[str, Any]
KV_BYTES = 114_688 * 60
"""Keys and values of sixty tokens of Qwen3-0.6B in half precision."""
FLOPS = {"dummy": 1_607_000_000_000, "embedded": 931_856_384}
"""Of one evaluation of the UNet with guidance: the real size and the twin."""
EXTRA_EVALUATIONS = {"text_to_image": 1, "inpainting": -1}
"""How many more than its steps each pipeline's scheduler evaluates."""


@dataclass(frozen=True)
class Made:
    """A run in the making: what it is of, on what, with which chance."""

    record: Record
    machine: DemoMachine
    dice: Random

    @property
    def settings(self) -> Record:
        """The concrete settings."""
        found: Record = self.record["settings"]
        return found

    @property
    def card(self) -> DemoGpu | None:
        """The GPU, where the run is on one."""
        return self.machine.gpu if self.record["device"]["type"] == "cuda" else None

    def around(self, value: float, spread: float = 0.03) -> float:
        """The value as it would be measured once: never much below, sometimes above."""
        return round(value * self.dice.lognormvariate(spread, spread), 6)


def record_of(question: Question, machine: DemoMachine, dice: Random, at: float) -> Record | None:
    """A finished run of a question's lab; None where the lab is not made up here or the machine lacks the GPU.

    Args:
        at: when it began, in seconds since 1970.
    """
    device = question.key.evidence.device if question.key else "cpu"
    fill = LABS_MADE.get(question.lab.name)
    if fill is None or (device == "cuda" and machine.gpu is None):
        return None
    made = Made(frame(question, device, machine, at), machine, dice)
    fill(made)
    made.record["memory"] = memory(made.record, machine, dice)
    return made.record


def failed(record: Record) -> Record:
    """The same run as one that ran out of memory while it loaded."""
    error = {
        "kind": "out_of_memory",
        "message": "The memory of this device was full while the model was loaded.",
        "remedy": "Close other programs, or choose the small twin.",
    }
    none: Record = {"repeats": [], "limit": None, "limit_reason": "the run did not get that far"}
    return record | none | {"state": "failed", "error": error}


def seconds_of(record: Record) -> float:
    """How long the run took in all."""
    return float(sum(stage["wall_s"] for stage in record["stages"]))


def _load(made: Made) -> float:
    """The stages of a load; gives its seconds."""
    size_bytes = sum(model["file_bytes"] for model in made.record["models"])
    reading_s = made.around(0.08 + size_bytes / 0.55e9, 0.2)
    made.record["stages"] = [
        {"name": "Importing the libraries", "wall_s": made.around(7.0, 0.2)},
        {"name": "Finding the weights", "wall_s": made.around(0.03, 0.2)},
        {"name": "Reading the weights", "wall_s": reading_s},
    ]
    return reading_s


def _load_model(made: Made) -> None:
    wall_s = _load(made)
    reason = "loading happens on the host; the GPU only receives"
    stages = [{"name": "Reading the weights", "wall_s": wall_s}]
    made.record["repeats"] = [_repeat(0, wall_s, reason) | {"stages": stages}]
    made.record["limit_reason"] = "no pass of this run can be set beside a physical limit"


def _text(made: Made) -> None:
    _load(made)
    card = made.card
    base_s = card.text_s if card else made.machine.text_s
    # What a class measures on the same kind of machine differs: other programs, other cooling.
    own_s = base_s * made.dice.lognormvariate(0.0, 0.08)
    for index in range(made.settings["repeats"]):
        made.record["repeats"].append(_text_repeat(made, index, own_s * (1.25 if index == 0 else 1.0)))
    _spend(made)
    weights, rate = made.record["model"]["weights_bytes"], (card or made.machine).read_bytes_per_s
    token_bytes, rates = weights + KV_BYTES, [made.around(rate, 0.02), made.around(rate, 0.02)]
    made.record["limit"] = {
        "kind": "bandwidth",
        "value": max(rates) / token_bytes,
        "unit": "tokens/s",
        "basis": f"{gb(token_bytes)} per token at {gb(max(rates))}/s, made up for the demo",
        "bytes_per_token": token_bytes,
        "read_bytes_per_s": max(rates),
        "read_bytes_per_s_around": rates,
    }
    del made.record["limit_reason"]


def _text_repeat(made: Made, index: int, own_s: float) -> Record:
    wall_s, tokens = made.around(own_s), made.settings["max_new_tokens"]
    first_s = round(0.03 * wall_s, 6)
    each_s = (wall_s - first_s) / max(1, tokens - 1)
    return _repeat(index, wall_s, REASON) | {
        "seed": made.dice.getrandbits(32),
        "tokens": tokens,
        "time_to_first_token_s": first_s,
        "token_s": [round(each_s, 6)] * (tokens - 1),
        "tokens_per_s": round(1 / each_s, 4),
        "stages": [
            {"name": "Reading the prompt", "wall_s": first_s},
            {"name": "Writing the other tokens", "wall_s": round(wall_s - first_s, 6)},
        ],
    }


def _pictures(made: Made) -> None:
    _load(made)
    settings, sweep = made.settings, made.settings.get("sweep")
    changes = [{sweep: value} for value in settings["sweep_values"]] if sweep else [{}] * settings["repeats"]
    for index, change in enumerate(changes):
        made.record["repeats"].append(_picture(made, index, change))
    _spend(made)
    rate = (made.card or made.machine).flops_per_s
    flops, rates = FLOPS[settings["source"]], [made.around(rate, 0.02), made.around(rate, 0.02)]
    made.record["limit"] = {
        "kind": "compute",
        "value": flops / max(rates),
        "unit": "s/evaluation",
        "basis": f"{short_count(flops / 1e9)} GFLOP at {short_count(max(rates) / 1e9)} GFLOP/s, made up for the demo",
        "flops": flops,
        "flops_per_s": max(rates),
        "flops_per_s_around": rates,
        "read_bytes_per_s": None,
        "read_bytes_per_s_around": [],
    }
    del made.record["limit_reason"]


def _picture(made: Made, index: int, change: Record) -> Record:
    wanted = {name: made.settings[name] for name in ("num_inference_steps", "guidance_scale", "seed")} | change
    steps = int(wanted["num_inference_steps"])
    evaluations = max(1, steps + (EXTRA_EVALUATIONS[made.record["lab"]] if steps > 1 else 0))
    is_single = wanted["guidance_scale"] <= 1
    usual_s = made.card.evaluation_s if made.card else made.machine.twin_evaluation_s
    each_s = made.around(usual_s * (0.7 if is_single else 1.0) * (1.15 if index == 0 else 1.0))
    phases = {
        "Encoding the prompt": made.around(0.4 * usual_s),
        "Denoising": round(evaluations * each_s, 6),
        "Decoding the picture": made.around(1.5 * usual_s),
    }
    return _repeat(index, round(sum(phases.values()), 6), REASON) | {
        **({"settings": change} if change else {}),
        "seed": int(wanted["seed"] if wanted["seed"] is not None else made.dice.getrandbits(32)),
        "num_inference_steps": steps,
        "guidance_scale": wanted["guidance_scale"],
        "evaluations": evaluations,
        "seconds_per_evaluation": each_s,
        "stages": [{"name": name, "wall_s": wall_s} for name, wall_s in phases.items()],
    }


def _repeat(index: int, wall_s: float, reason: str) -> Record:
    return {"index": index, "is_first": index == 0, "wall_s": wall_s, "device_s": None, "device_s_reason": reason}


def _spend(made: Made) -> None:
    """The phases of the repeats as stages of the run, each with its sum."""
    total: dict[str, float] = {}
    for repeat in made.record["repeats"]:
        for stage in repeat["stages"]:
            total[stage["name"]] = total.get(stage["name"], 0.0) + stage["wall_s"]
    made.record["stages"] += [{"name": name, "wall_s": round(wall_s, 6)} for name, wall_s in total.items()]


LABS_MADE: dict[str, Callable[[Made], None]] = {
    "load_model": _load_model,
    "text_generation": _text,
    "text_to_image": _pictures,
    "inpainting": _pictures,
}
