"""Builds the networks of a checkpoint folder without weights, and says how each of their tensors is to be filled.

A checkpoint folder is laid out as on the Hub: one `config.json` (Qwen, CLIP, a single UNet), or a `model_index.json`
that names a pipeline's components, each with its own configuration. Networks are built on PyTorch's `meta` device,
which keeps shapes and takes no memory.

    >>> networks(CONFIGS / "qwen3-0.6b")["model"].num_parameters()
    596049920
"""

import json
from pathlib import Path
from typing import Any

from core.models.environment import prepare
from core.models.safetensors_file import TensorSpec

prepare()

import diffusers  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker  # noqa: E402
from torch import nn  # noqa: E402

# As the Hub's files name their tensors; every version of transformers reads these names.
HUB_PREFIXES = {"text_encoder": ("", "text_model."), "safety_checker": ("vision_model.", "vision_model.vision_model.")}


def networks(folder: Path) -> dict[str, nn.Module]:
    """Every network of a checkpoint folder by component name (`model` where there is only one), on `meta`."""
    index = folder / "model_index.json"
    if not index.exists():
        if kind := json.loads((folder / "config.json").read_text()).get("_class_name"):
            return {"model": _on_meta(_class("diffusers", kind), folder)}
        config = transformers.AutoConfig.from_pretrained(folder)
        family = transformers.AutoModel if config.model_type == "clip" else transformers.AutoModelForCausalLM
        with torch.device("meta"):
            return {"model": family.from_config(config)}
    entries = {name: entry for name, entry in json.loads(index.read_text()).items() if isinstance(entry, list)}
    classes = {name: _class(*entry) for name, entry in entries.items()}
    return {name: _on_meta(found, folder / name) for name, found in classes.items() if issubclass(found, nn.Module)}


def _class(library: str, name: str) -> Any:
    if name == "StableDiffusionSafetyChecker":
        return StableDiffusionSafetyChecker
    return getattr(transformers if library == "transformers" else diffusers, name)


def _on_meta(network: Any, folder: Path) -> nn.Module:
    with torch.device("meta"):
        if hasattr(network, "load_config"):
            built: nn.Module = network.from_config(network.load_config(str(folder)))
        else:
            built = network(network.config_class.from_pretrained(folder))
    return built


def parameters(network: nn.Module) -> int:
    """Number of parameters; a tied one counts once."""
    return sum(parameter.numel() for parameter in network.parameters())


def weights_file(component: str, network: nn.Module, variant: str | None) -> str:
    """Path of a component's weights inside the checkpoint folder, as the Hub names it."""
    stem = "diffusion_pytorch_model" if isinstance(network, diffusers.ModelMixin) else "model"
    name = ".".join(part for part in (stem, variant, "safetensors") if part)
    return name if component == "model" else f"{component}/{name}"


def tensors(component: str, network: nn.Module) -> list[TensorSpec]:
    """How every tensor of a network is named in its file and filled."""
    old, new = HUB_PREFIXES.get(component, ("", ""))
    tied = _tied(network)
    specs = []
    for name, tensor in network.state_dict().items():
        if not tensor.is_floating_point():
            raise ValueError(f"{component}.{name} is {tensor.dtype}; only floating point tensors can be filled")
        key = tied.get(name, name)  # both must hold the same values, or transformers loads them as two
        mean, std = _distribution(network, key, tensor)
        hub_name = new + name.removeprefix(old) if name.startswith(old) else name
        specs.append(TensorSpec(hub_name, tuple(tensor.shape), mean, std, f"{component}.{key}"))
    return specs


def _tied(network: nn.Module) -> dict[str, str]:
    """Name -> name of the tensor that it shares its values with."""
    if not getattr(network.config, "tie_word_embeddings", False):
        return {}
    return dict(getattr(network, "_tied_weights_keys", None) or {})


def _distribution(network: nn.Module, name: str, tensor: torch.Tensor) -> tuple[float, float]:
    """Mean and standard deviation that keep activations inside float16's range through the whole network."""
    owner_name, _, leaf = name.rpartition(".")
    owner = network.get_submodule(owner_name)
    if isinstance(network, StableDiffusionSafetyChecker) and owner is network:
        return 1.0, 0.0  # its constructor's values: random concepts would black out every picture
    if leaf == "weight" and "Norm" in type(owner).__name__:
        return 1.0, 0.02
    if leaf == "weight" and isinstance(owner, (nn.Linear, nn.Conv2d)):
        return 0.0, round((3 * tensor[0].numel()) ** -0.5, 6)
    return 0.0, 0.02
