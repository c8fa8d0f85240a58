"""Replace an object in a picture: YOLO finds it, SDXL inpainting paints something else there (the lesson's Q11).

Needs: pip install torch torchvision "transformers>=5" "diffusers>=0.42" accelerate ultralytics
"""

from collections.abc import Callable
from typing import Any

import torch
from diffusers import AutoPipelineForInpainting
from PIL import Image, ImageDraw
from ultralytics import YOLO

SHORTEST = 64
"""Pixels; with fewer the networks have nothing left to work on."""
GRID = 64
"""Cells per side of the grid that a region is painted on."""


def load_detector(path: str = "yolov8n-seg.pt", device: str = "cuda", stage: Callable[[str], None] = print) -> YOLO:
    """Read the network that finds objects and their outlines."""
    stage("Reading the detector")
    return YOLO(path).to(device)


def load_painter(
    path: str = "diffusers/stable-diffusion-xl-1.0-inpainting-0.1",
    device: str = "cuda",
    dtype: torch.dtype = torch.float16,
    variant: str | None = "fp16",
    savers: tuple[str, ...] = (),
    stage: Callable[[str], None] = print,
) -> Any:
    """Read the four networks of the painting pipeline and move them to the device.

    `savers` take less memory: "vae_tiling", "model_offload".
    """
    stage("Reading the painter's weights")
    # Without variant="fp16" the download is twice as large.
    pipe = AutoPipelineForInpainting.from_pretrained(path, dtype=dtype, variant=variant)

    stage(f"Moving the painter to {device}")
    if "vae_tiling" in savers:
        pipe.vae.enable_tiling()  # decodes a large picture in overlapping tiles
    if "model_offload" in savers:
        pipe.enable_model_cpu_offload(device=device)  # each network waits in RAM until it computes
        return pipe
    return pipe.to(device)


def find_region(
    detector: YOLO, picture: Image.Image, region: str = "box", imgsz: int = 640
) -> tuple[Image.Image, dict[str, Any] | None]:
    """A mask, white where the first object is, and what that object is (None where nothing was found)."""
    found = detector.predict(picture, imgsz=imgsz, verbose=False)[0]
    mask = Image.new("L", picture.size, 0)
    draw = ImageDraw.Draw(mask)

    if len(found.boxes) == 0:
        # The lesson's program ends here; this one goes on with the middle of the picture.
        width, height = picture.size
        draw.rectangle([width // 4, height // 4, width * 3 // 4, height * 3 // 4], fill=255)
        return mask, None

    box = [int(value) for value in found.boxes.xyxy[0]]
    outline = found.masks.xy[0] if region == "mask" and found.masks is not None else []
    if len(outline) > 2:
        draw.polygon([(float(x), float(y)) for x, y in outline], fill=255)
    else:
        draw.rectangle(box, fill=255)
    label = found.names[int(found.boxes.cls[0])]
    return mask, {"label": label, "confidence": float(found.boxes.conf[0]), "box": box, "objects": len(found.boxes)}


def painted_region(runs: str, size: tuple[int, int]) -> Image.Image:
    """A mask of `size` pixels, white where somebody painted.

    runs is row by row, how many cells of the grid are not painted, then how many are, and so on: "2080 32 …".
    """
    cells, value = bytearray(), 0
    for length in runs.split():
        cells += bytes([value]) * int(length)
        value = 255 - value
    mask = Image.frombytes("L", (GRID, GRID), bytes(cells)).resize(size, Image.Resampling.BICUBIC)
    return mask.point(lambda value: 255 if value > 127 else 0)  # smooth outlines, and no greys


def painting_size(size: tuple[int, int], side: int = 1024) -> tuple[int, int]:
    """Width and height to paint at: the picture's own proportions, its longer side `side` pixels, both divisible by 8.

    Left to itself the pipeline paints a square, and squeezes any other picture into it.
    """
    scale = max(side / max(size), SHORTEST / min(size))
    width, height = (max(SHORTEST, round(scale * length / 8) * 8) for length in size)
    return width, height


def paint(
    pipe: Any,
    picture: Image.Image,
    mask: Image.Image,
    prompt: str,
    negative_prompt: str = "",
    num_inference_steps: int = 50,
    guidance_scale: float = 7.5,
    height: int | None = None,
    width: int | None = None,
    seed: int = 0,
    on_step_end: Callable[..., Any] | None = None,
) -> Any:
    """Paint the prompt where the mask is white: `.images[0]` of what comes back.

    height and width are in pixels; None is the pipeline's own square. `on_step_end(pipe, step, timestep, tensors)` is
    called after every step and returns the tensors.
    """
    generator = torch.Generator(device=pipe.device).manual_seed(seed)
    return pipe(
        prompt=prompt,
        negative_prompt=negative_prompt,
        image=picture,
        mask_image=mask,
        num_inference_steps=num_inference_steps,
        guidance_scale=guidance_scale,
        height=height,
        width=width,
        generator=generator,
        callback_on_step_end=on_step_end,
    )
