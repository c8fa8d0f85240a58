"""What a lab's settings are called on the pages: a label, what it does, and the titles of what it is chosen from.

The name that the code and `--set` use stands in the help.
"""

from core.labs.optimisation.settings import TITLES as VARIANT_TITLES
from core.labs.precision.settings import VARIANTS as PRECISIONS
from core.models.catalog import CATALOG
from core.runs.lab import Lab

WORDS = {
    "source": (
        "Weights",
        "Trained weights come from the Hub. Random weights have the real size, so time and memory are true "
        "and the output means nothing. The twin is a small trained model of the same classes: it shows in seconds what "
        "the settings do, and knows little.",
    ),
    "device": ("Device", "Where the model runs."),
    "model": ("Model", "Which model is loaded."),
    "dtype": (
        "Precision",
        "The type of every number in the model: 4 bytes in float32, 2 in float16 and bfloat16.",
    ),
    "repeats": ("Repeats", "How often the program runs. The first time is slower, so it is shown separately."),
    "fresh_process": (
        "Fresh process",
        "Start in a process that has run nothing before, so that its memory starts empty.",
    ),
    "precisions": (
        "Precisions",
        "float32 is always measured, as the others are compared with it. Compiling takes minutes on a CPU.",
    ),
    "max_new_tokens": ("Tokens to write", "Exactly this many are written."),
    "do_sample": (
        "Draw tokens at random",
        "Draw each token by its probability. Switched off, the likeliest one is taken.",
    ),
    "temperature": (
        "Temperature",
        "Above 1, unlikely tokens get more of a chance; below 1, less.",
    ),
    "seed": ("Seed", "Where the random numbers start. Left empty, each run draws a new one."),
    "num_inference_steps": ("Steps", "In how many steps the noise is removed."),
    "guidance_scale": (
        "Guidance scale",
        "How strongly the prompt pulls. At 1 or less the UNet is not asked a second time without the prompt.",
    ),
    "sweep": ("Change from picture to picture", "Which setting takes several values, one per picture."),
    "sweep_values": ("Its values", "One picture is drawn with each; separate them by commas."),
    "height": ("Height in pixels", "Left empty, it is what the model was made for."),
    "width": ("Width in pixels", "Left empty, it is what the model was made for."),
    "prompt": ("Prompt", "What the model is asked for."),
    "negative_prompt": ("Negative prompt", "What should not be in the picture."),
    "previews": (
        "Show the picture while it forms",
        "Decoding it again and again takes time, so switch this off to measure.",
    ),
    "batch_sizes": (
        "Batch sizes",
        "How many pictures go through the network at once, 1 to 64. Each size is timed; separate them by commas.",
    ),
    "normalise": (
        "Normalise",
        "Subtract the training set's mean from every colour value and divide by its standard deviation.",
    ),
    "eval_mode": (
        "Eval mode",
        "Call `model.eval()`: batch normalisation then uses what it learned, and dropout is switched off.",
    ),
    "inference_mode": ("Inference mode", "Keep nothing that only training would need."),
    "variants": ("Variants", "What is compared with eager, the plain program. Left empty, everything is."),
    "region": ("Paint over", "What part of the picture is replaced."),
}
"""Label and help of every setting of every lab."""
TITLES: dict[str, dict[str, str]] = {
    "source": {
        "auto": "Automatic",
        "hub": "Trained, from the Hub",
        "dummy": "Random, full size",
        "embedded": "Small twin",
    },
    "device": {"auto": "Automatic", "cpu": "CPU", "cuda": "GPU"},
    "model": {name: model.title for name, model in CATALOG.items()},
    "dtype": {"auto": "Automatic"},
    "precisions": {name: known.title for name, known in PRECISIONS.items()},
    "variants": {name: title for titles in VARIANT_TITLES.values() for name, title in titles.items()},
    "sweep": {"seed": "Seed", "num_inference_steps": "Steps", "guidance_scale": "Guidance scale"},
    "region": {"box": "The object's box", "mask": "The object, along its outline"},
}
"""Titles of options by setting; an option without one is shown as it is."""


def label(name: str) -> str:
    """What a setting is called on a page."""
    return WORDS[name][0]


def explained(lab: Lab, name: str) -> str:
    """What a setting does, and its name in the code, in addresses and on the command line."""
    program = "; in the program `random_seed`" if (lab.name, name) == ("text_to_image", "seed") else ""
    return f"{WORDS[name][1]} Its name: `{name}`{program}."


def title(name: str, option: object) -> str:
    """An option of a setting as it is shown."""
    if option is None:
        return "Nothing"
    if name == "device" and str(option).startswith("cuda:"):
        return f"GPU {str(option).removeprefix('cuda:')}"
    return TITLES.get(name, {}).get(str(option), str(option))
