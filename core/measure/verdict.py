"""What holds a run: the limit of the memory, that of the arithmetic, operators that stay below both, or the program.

It follows from the record alone: the fastest figure beside the limit, and the profiled pass. No torch here.

    >>> verdict(record).sentence
    'It is held up by its operators, at 30% of the limit: 91% of the time went into matrix products, which read …'
"""

from dataclasses import dataclass
from typing import Any, Literal

from core.units import gb, short_count

Record = dict[str, Any]
Kind = Literal["above", "bandwidth", "compute", "operators", "host"]

FULL_SIZE = "Run the full size: there each call has so much to do that the program around it hardly counts."
NEAR = 0.6
"""From this share of the limit on, the limit itself is what holds the run."""
BUSY = 0.5
"""Below this share of the time in operators, the program around them is what holds the run."""
CLASSIFIERS = {
    "host": "Take larger batches: the program around the arithmetic then runs once for many pictures.",
    "bandwidth": "Take larger batches: the weights are then read once for many pictures.",
    "compute": "Take MobileNetV2, which multiplies far less per picture, and compare both runs by batch size.",
    "operators": "Try other batch sizes: small ones leave units idle, large ones no longer fit into the caches.",
}
"""What to try next with a classifier, by what holds it."""


@dataclass(frozen=True)
class Verdict:
    """What holds a run, as a sentence, and what to try next.

    Attributes:
        share: of the limit that was reached, None without a limit. Above 1 the limit was measured too low.
        busy_share: of the time that operators took, 0 to 1.
    """

    kind: Kind
    sentence: str
    experiment: str
    share: float | None
    busy_share: float | None


def verdict(record: Record) -> Verdict | None:
    """The verdict on a run; None where neither a limit nor a profiled pass tells anything, or variants differ in it."""
    if (record.get("outputs") or {}).get("variants"):
        return None
    share, profile = limit_share(record), record.get("profile")
    busy = min(1.0, profile["busy_s"] / profile["reference_s"]) if profile and profile["reference_s"] > 0 else None
    if share is None and busy is None:
        return None
    kind = _kind(record.get("limit"), share, busy)
    return Verdict(kind, _sentence(kind, record, share, busy), _experiment(kind, record), share, busy)


def limit_share(record: Record) -> float | None:
    """Which share of the limit the fastest repeat reached; None without a limit or a figure to set beside it."""
    limit, repeats = record.get("limit"), record.get("repeats") or []
    if not limit:
        return None
    if limit["unit"] == "tokens/s":
        rates = [repeat["tokens_per_s"] for repeat in repeats if repeat.get("tokens_per_s")]
        return max(rates) / limit["value"] if rates else None
    if limit.get("images"):
        passes = [repeat["wall_s"] for repeat in repeats if repeat.get("images") == limit["images"]]
        return limit["value"] / min(passes) if passes else None
    times = [repeat["seconds_per_evaluation"] for repeat in repeats if repeat.get("seconds_per_evaluation")]
    return limit["value"] / min(times) if times else None


def writing_share(record: Record) -> float | None:
    """Of a run that writes text: its tokens per second beside what reading the weights allows; None for others."""
    return limit_share(record) if (record.get("limit") or {}).get("unit") == "tokens/s" else None


def _kind(limit: Record | None, share: float | None, busy: float | None) -> Kind:
    if share is not None and share > 1:
        return "above"
    if limit and share is not None and share >= NEAR:
        return "compute" if limit["kind"] == "compute" else "bandwidth"
    return "host" if busy is not None and busy < BUSY else "operators"


def _sentence(kind: Kind, record: Record, share: float | None, busy: float | None) -> str:
    reached = f"{share:.0%}" if share is not None else ""
    if kind == "above":
        return (
            f"It reached {reached} of the limit, which is not possible: the device must have been slower while the "
            "limit was measured."
        )
    if kind == "bandwidth":
        return f"It is at the limit of the memory: {reached} of the speed at which it can be read."
    if kind == "compute":
        return f"It is at the limit of the arithmetic: {reached} of the rate of a plain matrix product."
    if kind == "host":
        return (
            f"It is held up by the program around the arithmetic: operators took {busy:.0%} of the time, and the rest "
            "went into calling them."
        )
    below = f", at {reached} of the limit" if reached else ""
    return f"It is held up by its operators{below}: {_products(record, busy)}."


def _products(record: Record, busy: float | None) -> str:
    """Where operators spend the time, and at which rate the products among them work."""
    profile = record.get("profile")
    if not profile or busy is None or profile["reference_s"] <= 0:
        return "where their time goes was not looked at in this run"
    took = f"{min(1.0, profile['products_s'] / profile['reference_s']):.0%} of the time went into matrix products"
    limit = record.get("limit") or {}
    if not profile["products_s"]:
        return took
    if "bytes_per_token" in limit and profile.get("bytes"):
        rate = profile["bytes"] / profile["products_s"]
        return f"{took}, which read {gb(rate)}/s where plain reading reached {gb(limit['read_bytes_per_s'])}/s"
    if "flops_per_s" in limit and profile.get("flops"):
        rate = profile["flops"] / profile["products_s"] / 1e9
        best = short_count(limit["flops_per_s"] / 1e9)
        return f"{took}, which ran at {short_count(rate)} GFLOP/s where a plain product reached {best}"
    return took


def _experiment(kind: Kind, record: Record) -> str:
    """The next run that would show the most."""
    settings = record.get("settings") or {}
    is_text, is_batched = _measures(record, "tokens_per_s"), _measures(record, "images")
    is_wide, is_twin = settings.get("dtype") == "float32", settings.get("source") == "embedded"
    if kind == "above":
        return "Run it again when nothing else uses this machine."
    if kind == "host":
        if is_twin:
            return FULL_SIZE
        if is_batched:
            return CLASSIFIERS[kind]
        return "Compile it, or record its calls once as a CUDA graph: the lab Make it faster does both."
    if is_batched:
        return CLASSIFIERS[kind]
    if kind == "bandwidth":
        halved = "Run it in bfloat16: half the bytes, so up to twice as fast."
        return (
            halved
            if is_wide
            else "Store the weights in fewer bits: the lab Change the precision shows which of them pay off."
        )
    if is_text and is_twin:
        return FULL_SIZE
    if is_text:
        return "Let another engine run the same weights: the lab Make it faster sets it beside the same limit."
    if kind == "compute" or is_twin:
        return "Ask for fewer evaluations: fewer steps, or a scheduler that needs fewer."
    if is_wide:
        return (
            "Run it in bfloat16 or float16, where a device with units for it computes faster and moves half the bytes."
        )
    return "Compile the UNet: the lab Make it faster shows what that gains here."


def _measures(record: Record, figure: str) -> bool:
    """Whether the repeats are about it, tokens that are written or pictures at once."""
    return any(figure in repeat for repeat in record.get("repeats") or [])
