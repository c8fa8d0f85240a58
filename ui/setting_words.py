"""What a lab's settings are called on the pages: a label, what it does, and the titles of what it is chosen from.

The name that the code and `--set` use stands in the help.
"""

from core.models.catalog import CATALOG
from core.runs.lab import Lab
from core.runs.settings import ModelSettings
from ui.labs import look_of

TWIN = (
    "The small twin is a small model of the same kind, trained on a little world of its own. It comes with "
    "VRAM Lab and answers in seconds on any computer; its time, memory and quality are not the real model's."
)
"""What a small twin is, wherever one is named first."""
WORDS = {
    "source": (
        "Weights",
        "Trained weights come from the Hub. Random weights have the real size, so time and memory are true "
        f"and the output means nothing. {TWIN}",
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
    "max_new_tokens": ("Tokens to write", "Exactly this many are written."),
    "seed": ("Seed", "Where the random numbers start. Left empty, each run draws a new one."),
    "num_inference_steps": ("Steps", "In how many steps the noise is removed."),
    "guidance_scale": (
        "Guidance scale",
        "How strongly the prompt pulls. At 1 or less the UNet is not asked a second time without the prompt.",
    ),
    "height": ("Height in pixels", "Left empty, it is what the model was made for."),
    "width": ("Width in pixels", "Left empty, it is what the model was made for."),
    "savers": ("Memory savers", "Let a large model draw in less memory; each has its price in time."),
    "prompt": ("Prompt", "What the model is asked for."),
    "negative_prompt": ("Negative prompt", "What should not be in the picture."),
    "previews": (
        "Show the picture while it forms",
        "Decoding it again and again takes time, so switch this off to measure.",
    ),
}
"""Label and help of the settings that several labs have; what one lab alone has stands with its looks."""
TITLES: dict[str, dict[str, str]] = {
    "source": {
        "auto": "Automatic",
        "hub": "Trained, from the Hub",
        "dummy": "Random, full size",
        "embedded": "Small twin",
    },
    "device": {"auto": "Automatic", "cpu": "CPU", "cuda": "GPU", "mps": "Apple GPU (never tried)"},
    "model": {name: model.title for name, model in CATALOG.items()},
    "dtype": {"auto": "Automatic"},
    "savers": {"vae_tiling": "VAE tiling", "model_offload": "Model offload"},
}
"""Titles of options by setting; an option without one is shown as it is."""


def label(lab: Lab, name: str) -> str:
    """What a setting is called on a page."""
    return _words(lab, name)[0]


def explained(lab: Lab, name: str) -> str:
    """What a setting does, and its name in the code, in addresses and on the command line."""
    return f"{_words(lab, name)[1]} Its name: `{name}`.".lstrip()


def title(lab: Lab, name: str, option: object) -> str:
    """An option of a setting as it is shown."""
    if option is None:
        return "Nothing"
    if name == "device" and str(option).startswith("cuda:"):
        return f"GPU {str(option).removeprefix('cuda:')}"
    titles = look_of(lab.name).titles.get(name) or TITLES.get(name, {})
    return titles.get(str(option), str(option))


def weights_words(settings: ModelSettings) -> str:
    """Which weights a run takes; of a twin also which model it is not."""
    title = TITLES["source"][settings.source]
    return f"{title} instead of {CATALOG[settings.model].title}" if settings.source == "embedded" else title


def _words(lab: Lab, name: str) -> tuple[str, str]:
    """Label and help, of the lab's own before those of all; a setting without words is called by its name."""
    return look_of(lab.name).words.get(name) or WORDS.get(name) or (name.replace("_", " ").capitalize(), "")
