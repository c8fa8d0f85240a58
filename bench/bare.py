"""The lesson's programs with nothing around them, as a process that times one pass per line on stdin.

    python -m bench.bare text_generation '{"paths": {"qwen3-0.6b": "…"}, "device": "cpu", "dtype": "float32", …}'

prints one JSON line when everything is loaded and one per request: {"wall_s": …}.
"""

import ctypes
import gc
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from PIL import Image, ImageDraw


def text_generation(case: dict[str, Any]) -> Callable[[], Any]:
    """Write the tokens and turn them into text."""
    tokenizer, model = _text_model(case)
    inputs, tokens = tokenizer(case["prompt"], return_tensors="pt").to(case["device"]), case["max_new_tokens"]

    def once() -> Any:
        with torch.inference_mode():
            output = model.generate(
                **inputs, max_new_tokens=tokens, min_new_tokens=tokens, do_sample=True, temperature=0.7
            )
        return tokenizer.decode(output[0], skip_special_tokens=True)

    return once


def load_model(case: dict[str, Any]) -> Callable[[], Any]:
    """Read the model and move it to the device."""
    return lambda: _text_model(case)


def text_to_image(case: dict[str, Any]) -> Callable[[], Any]:
    """Draw one picture."""
    from diffusers import StableDiffusionPipeline

    pipe = StableDiffusionPipeline.from_pretrained(
        case["paths"][case["model"]], dtype=getattr(torch, case["dtype"]), variant="fp16"
    ).to(case["device"])
    pipe.set_progress_bar_config(disable=True)
    return lambda: pipe(case["prompt"], **_drawing(case, pipe)).images[0]


def inpainting(case: dict[str, Any]) -> Callable[[], Any]:
    """Find an object (random weights find none, so the middle is taken) and paint over it."""
    from diffusers import AutoPipelineForInpainting
    from ultralytics import YOLO

    detector, threads = YOLO(case["paths"][case["detector"]]).to(case["device"]), torch.get_num_threads()
    pipe = AutoPipelineForInpainting.from_pretrained(
        case["paths"][case["model"]], dtype=getattr(torch, case["dtype"]), variant="fp16"
    ).to(case["device"])
    pipe.set_progress_bar_config(disable=True)
    picture = Image.open(case["picture_file"]).convert("RGB")

    def once() -> Any:
        detector.predict(picture, imgsz=640, verbose=False)
        torch.set_num_threads(threads)  # the detector's library has just lowered it
        mask = Image.new("L", picture.size, 0)
        width, height = picture.size
        ImageDraw.Draw(mask).rectangle([width // 4, height // 4, width * 3 // 4, height * 3 // 4], fill=255)
        words = {"prompt": case["prompt"], "negative_prompt": case["negative_prompt"]}
        return pipe(**words, image=picture, mask_image=mask, **_drawing(case, pipe)).images[0]

    return once


def _text_model(case: dict[str, Any]) -> tuple[Any, Any]:
    import transformers.models.qwen3.modeling_qwen3  # noqa: F401  as the lab does: no import within the timed load
    from transformers import AutoModelForCausalLM, AutoTokenizer

    path = case["paths"][case["model"]]
    tokenizer = AutoTokenizer.from_pretrained(path)
    model = AutoModelForCausalLM.from_pretrained(path, dtype=getattr(torch, case["dtype"]))
    return tokenizer, model.to(case["device"])


def _drawing(case: dict[str, Any], pipe: Any) -> dict[str, Any]:
    taken = ("num_inference_steps", "guidance_scale", "height", "width")
    return {name: case[name] for name in taken} | {"generator": torch.Generator(device=pipe.device).manual_seed(0)}


def main(lab: str, text: str) -> None:
    """Load, then answer every line with the seconds of one pass."""
    case = json.loads(text)
    programs = {each.__name__: each for each in (text_generation, load_model, text_to_image, inpainting)}
    once = programs[lab](case)
    print(json.dumps({"threads": torch.get_num_threads()}), flush=True)
    for _ in sys.stdin:
        gc.collect()
        # What the pass before has freed goes back to the system, as in the lab: a load starts from empty.
        getattr(ctypes.CDLL(None), "malloc_trim", lambda _: None)(0)
        if lab == "load_model" and case["device"] != "cpu":
            torch.cuda.empty_cache()
        _synchronize(case["device"])
        start = time.perf_counter()
        result = once()
        _synchronize(case["device"])
        print(json.dumps({"wall_s": time.perf_counter() - start}), flush=True)
        del result


def _synchronize(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)


if __name__ == "__main__":
    main(*sys.argv[1:3])
