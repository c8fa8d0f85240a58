"""What training takes in memory, computed from the architecture, and whether this machine has it. No torch here.

Adam keeps two numbers for every weight that learns, and there is a gradient for each: full fine-tuning holds four times
the weights, LoRA the weights and very little more. Both keep the activations of the way there for the way back.

>>> trainable(Settings(source="dummy"), "full"), trainable(Settings(source="dummy", rank=4), "lora")
(859520964, 797184)
"""

from typing import TYPE_CHECKING, Any

from core.errors import LabError, OutOfMemory
from core.labs.fine_tuning.settings import Settings, Way
from core.models.catalog import CATALOG
from core.models.listing import MARGIN_BYTES
from core.runs.memory_model import Part, configuration
from core.units import gib

if TYPE_CHECKING:
    from core.measure.machine import Machine

NUMBER = 4
"""Bytes of a number in float32, in which everything here is held."""
MOMENTS = 2
PLACE = {False: 8, True: 4}
"""Pixels of a side that one place of the latents stands for: of Stable Diffusion, and of its small twin."""
ACTIVATIONS = {
    (False, False): (454_851, 8_068_700),
    (False, True): (75_472, 263_168),
    (True, False): (9_622, 465_664),
    (True, True): (2_608, 35_072),
}
"""Bytes that the UNet keeps for the way back where all weights learn, with LoRA a little less: for each place of the
latents, and for each picture of any size. By whether it is the twin, and by checkpointing. Counted on networks without
content, see the tests."""


def trainable(settings: Settings, way: Way) -> int:
    """Numbers that learn."""
    return (
        unet_parameters(settings) if way == "full" else settings.rank * lora_per_rank(configuration(settings, "unet"))
    )


def unet_parameters(settings: Settings) -> int:
    """Weights of the UNet."""
    model = CATALOG[settings.model]
    parts = model.twin if settings.source == "embedded" else model.components
    return next(part.parameters for part in parts if part.name == "unet")


def lora_per_rank(unet: dict[str, Any]) -> int:
    """Numbers of LoRA beside all attention of a UNet, for each rank: inputs and outputs of every layer beside it."""
    text, layers, channels = unet["cross_attention_dim"], unet["layers_per_block"], unet["block_out_channels"]
    down = zip(channels, unet["down_block_types"], strict=True)
    up = zip(reversed(channels), unet["up_block_types"], strict=True)
    counts = [(width, layers) for width, kind in down if kind.startswith("CrossAttn")]
    counts += [(width, layers + 1) for width, kind in up if kind.startswith("CrossAttn")]
    counts.append((channels[-1], 1))  # the middle
    # Eight layers per block: q, k, v and out of the picture's own attention, and of that to the text.
    return sum(count * (14 * width + 2 * text) for width, count in counts)


def parts(settings: Settings, way: Way) -> dict[str, int]:
    """Bytes that a way holds in its steps: all networks, and what only training has."""
    learning = NUMBER * trainable(settings, way)
    planned, is_twin = settings.settled(), settings.source == "embedded"
    models = [CATALOG[name] for name in settings.loaded]
    weights = NUMBER * sum(model.twin_parameters if is_twin else model.parameters for model in models)
    places = (int(planned.side or 0) // PLACE[is_twin]) ** 2
    per_place, per_picture = ACTIVATIONS[is_twin, planned.checkpointing]
    return {
        "weights": weights + (learning if way == "lora" else 0),
        "gradients": learning,
        "moments": MOMENTS * learning,
        "activations": (places * per_place + per_picture) * int(planned.batch_size or 0),
    }


def beside_weights(settings: Any) -> Part:
    """What the way that takes most holds beside the weights."""
    most = max(sum(parts(settings, way).values()) - parts(settings, way)["weights"] for way in settings.ways)
    return Part("gradients, moments and activations", most)


def too_large(settings: Any, machine: "Machine") -> LabError | None:
    """Why this machine cannot train so; None where it can."""
    if settings.source == "embedded":
        return None
    gpu = next((gpu for gpu in machine.gpus if settings.device in (f"cuda:{gpu.index}", "cuda")), None)
    had = gpu.memory_bytes if gpu and settings.device != "cpu" else machine.ram_bytes
    return shortage(settings, had, f"of memory on {gpu.name}" if gpu and settings.device != "cpu" else "of RAM")


def shortage(settings: Settings, had: int, place: str) -> OutOfMemory | None:
    """What is needed beside what is there, and what helps; None where it is enough."""
    needs = {way: sum(parts(settings, way).values()) + MARGIN_BYTES for way in settings.ways}
    way = max(needs, key=needs.__getitem__)
    if needs[way] <= had:
        return None
    told = ", ".join(f"{gib(size)} of {name}" for name, size in parts(settings, way).items())
    what = "Training every weight" if way == "full" else "LoRA"
    lora = sum(parts(settings, "lora").values()) + MARGIN_BYTES
    helps = [f"train LoRA alone, which takes {gib(lora)}"] if way == "full" and lora <= had else []
    helps += [] if settings.checkpointing else ["switch checkpointing on"]
    return OutOfMemory(
        f"{what} takes {gib(needs[way])} ({told}); there are {gib(had)} {place}.",
        f"{', or '.join([*helps, 'take the small twin']).capitalize()}.".replace("lora", "LoRA"),
    )
