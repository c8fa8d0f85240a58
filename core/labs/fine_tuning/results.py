"""What a training leaves as a file, written as one would, and measured."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from core.config import config
from core.labs.fine_tuning import program
from core.labs.fine_tuning.settings import TITLES, Way
from core.measure.recorder import Recorder, RunPicture
from core.runs.records import WEIGHTS_FILE
from core.units import gb

MOST_KEPT_BYTES = 8_000_000
"""Of a LoRA that is kept with the run, to be taken away: rank 10 of the full size."""
TOLD = "In a program: `pipe.load_lora_weights(FOLDER)` with the model that it was trained beside."
WRITING = "Writing the result: {title}"
NO_FILE = "The result of {title} was not written: {reason}. Everything that was measured and drawn stands."


def kept_file(pipe: Any, way: Way, recorder: Recorder) -> dict[str, Any]:
    """Write what was trained into a folder that goes again. Gives the bytes of its file, None where that cannot be.

    A small LoRA is kept with the run.
    """
    title = TITLES[way]
    place = config().cache_dir
    try:
        with recorder.stage(WRITING.format(title=title)):
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=place) as folder:
                write = program.save_lora if way == "lora" else program.save_unet
                write(pipe.unet, folder)
                files = list(Path(folder).glob("*.safetensors"))
                size = sum(file.stat().st_size for file in files)
                if way == "lora" and size <= MOST_KEPT_BYTES:
                    recorder.pictures.append(_to_take_away(files[0], len(recorder.pictures)))
                return {"file_bytes": size}
    except (OSError, SafetensorError) as error:
        reason = _reason(error, place)
        recorder.note(NO_FILE.format(title=title, reason=reason))
        return {"file_bytes": None, "file_bytes_reason": reason}


def _to_take_away(file: Path, index: int) -> RunPicture:
    details = {"index": index, "file": file.name, "title": "LoRA", "told": TOLD}
    return RunPicture(WEIGHTS_FILE, details, file.read_bytes())


def _reason(error: Exception, place: Path) -> str:
    """Why a file could not be written; safetensors tells of a full disk in words alone."""
    if "No space left" in str(error) or "quota" in str(error):
        return f"the disk is full, {gb(shutil.disk_usage(place).free)} are free"
    return f"it could not be written ({error})"
