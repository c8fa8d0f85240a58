"""What a training leaves as a file, written as one would, and measured."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from core.config import config
from core.labs.fine_tuning import program
from core.labs.fine_tuning.settings import TITLES, Way
from core.measure.recorder import Recorder
from core.units import gb

WRITING = "Writing the result: {title}"
NO_FILE = "The result of {title} was not written: {reason}. Everything that was measured and drawn stands."


def kept_file(pipe: Any, way: Way, recorder: Recorder) -> dict[str, Any]:
    """Write what was trained into a folder that goes again, and give the bytes of its file; None where it cannot be."""
    title = TITLES[way]
    place = config().cache_dir
    try:
        with recorder.stage(WRITING.format(title=title)):
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=place) as folder:
                write = program.save_lora if way == "lora" else program.save_unet
                write(pipe.unet, folder)
                return {"file_bytes": sum(file.stat().st_size for file in Path(folder).glob("*.safetensors"))}
    except (OSError, SafetensorError) as error:
        reason = _reason(error, place)
        recorder.note(NO_FILE.format(title=title, reason=reason))
        return {"file_bytes": None, "file_bytes_reason": reason}


def _reason(error: Exception, place: Path) -> str:
    """Why a file could not be written; safetensors tells of a full disk in words alone."""
    if "No space left" in str(error) or "quota" in str(error):
        return f"the disk is full, {gb(shutil.disk_usage(place).free)} are free"
    return f"it could not be written ({error})"
