"""Shows a picture while it forms: after about eight steps what is there so far is decoded, shown and kept.

What is decoded are the latents as they are after the step, noise and all, scaled as the UNet would be given them, and
not the clean picture that the model expects at that moment: the strip shows what the loop really works on. Decoding
costs time (the real VAE needs about 50 ms on a GPU and 20 s on a CPU), so previews are a setting that is off by
default, their time is told apart in the record, and a run with them decides no question.

    watch = step_watch(settings.previews, recorder, progress, total=51)
"""

import io
from typing import Any

from PIL import Image

from core.measure.progress import Progress
from core.measure.recorder import Recorder, RunPicture
from core.runs.drawing import StepWatch
from core.runs.png import png
from core.units import seconds

COUNT = 8
LONGEST_PX = 160
MOST_BYTES = 14_000
"""Of the file that goes through the job's row; base64 makes a third more of it."""
QUALITIES = (88, 70, 50, 30, 10)
NOTE = "{count} previews were decoded on the way, which took {time}: the times of this run include them."
ENDED_EARLY = "{count} previews were decoded before the run ended."


class PreviewWatch(StepWatch):
    """A StepWatch that also decodes what is there after some of the steps."""

    def __init__(self, recorder: Recorder, progress: Progress, total: int) -> None:
        super().__init__(recorder, progress, total)
        self._index = -1
        self._kept: list[RunPicture] = []

    def begin(self, stage: str) -> None:
        """Say which picture comes next."""
        super().begin(stage)
        self._index += 1

    def __call__(self, pipe: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        """The pipeline's own callback; `step` counts evaluations from 0."""
        tensors = super().__call__(pipe, step, timestep, tensors)
        evaluations, steps = pipe.num_timesteps, pipe.scheduler.num_inference_steps
        if getattr(pipe, "denoising_end", None):  # another pipeline takes the rest
            steps = evaluations
        done = step_of(step + 1, evaluations, steps)
        if done in shown_steps(evaluations, steps) and self.phases is not None:
            with self.phases.aside():
                self._take(done, steps, decoded(pipe, tensors["latents"], timestep))
        return tensors

    def end(self) -> None:
        """Hand the previews over, after the pictures themselves, and say what they cost."""
        self._recorder.pictures.extend(self._kept)
        if self._kept:
            spent_s = sum(repeat.get("previews_s", 0.0) for repeat in self._recorder.record["repeats"])
            note = NOTE if spent_s else ENDED_EARLY
            self._recorder.note(note.format(count=len(self._kept), time=seconds(spent_s)))

    def _take(self, step: int, steps: int, picture: Image.Image) -> None:
        self._progress.preview(small_file(picture), step)
        details = {"index": self._index, "step": step, "steps": steps, "width": picture.width, "height": picture.height}
        self._kept.append(RunPicture("preview", details, png(picture, details, f"After step {step} of {steps}")))


def step_watch(previews: bool, recorder: Recorder, progress: Progress, total: int) -> StepWatch:
    """The watch of a run: the plain one, or the one that shows previews."""
    return (PreviewWatch if previews else StepWatch)(recorder, progress, total)


def shown_steps(evaluations: int, steps: int) -> set[int]:
    """Which steps are followed by a preview: the first, the last, and evenly spread ones between.

    >>> sorted(shown_steps(51, 50))
    [1, 8, 15, 22, 29, 36, 43, 50]
    """
    first = max(1, step_of(1, evaluations, steps))
    return {first + round(k * (steps - first) / (COUNT - 1)) for k in range(COUNT)}


def step_of(evaluation: int, evaluations: int, steps: int) -> int:
    """The step that an evaluation ends, 0 or less where it ends none: PNDM needs two for its first step.

    Inpainting leaves its first step out, so that its first evaluation ends step 2.

    >>> step_of(1, 51, 50), step_of(2, 51, 50), step_of(51, 51, 50), step_of(1, 49, 50)
    (0, 1, 50, 2)
    """
    return evaluation - evaluations + steps


def decoded(pipe: Any, latents: Any, timestep: Any) -> Image.Image:
    """The latents as a picture of at most LONGEST_PX, by the pipeline's own VAE."""
    vae = pipe.vae
    # Some schedulers (Euler) carry the noise at its full strength, which no VAE can read; the others return it as is.
    latents = pipe.scheduler.scale_model_input(latents, timestep) / vae.config.scaling_factor
    dtype = vae.dtype
    if vae.config.force_upcast and dtype.itemsize == 2:
        # In float16 the values of some VAEs (SDXL) run over; the pipeline decodes its picture in float32 too.
        vae.float()
    try:
        values = vae.decode(latents.to(vae.dtype), return_dict=False)[0]
    finally:
        vae.to(dtype)
    picture: Image.Image = pipe.image_processor.postprocess(values)[0]
    picture.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS)
    return picture


def small_file(picture: Image.Image) -> bytes:
    """The picture in at most MOST_BYTES: as PNG where that is enough, else as the best JPEG that is.

    Noise compresses badly: 160 x 160 pixels of it are a PNG of 77 kB.
    """
    data = _saved(picture, "PNG")
    for quality in QUALITIES:
        if len(data) <= MOST_BYTES:
            break
        data = _saved(picture, "JPEG", quality)
    return data


def _saved(picture: Image.Image, kind: str, quality: int = 0) -> bytes:
    out = io.BytesIO()
    picture.convert("RGB").save(out, kind, quality=quality)
    return out.getvalue()
