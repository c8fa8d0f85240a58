"""The small twins: trained networks of the same classes, shipped with the project in `embedded_models/`.

Every file is compared with `embedded_models/SHA256SUMS` before it is loaded. The detector's and the classifier's
weights are shipped as safetensors and become the file that ultralytics or torch reads, once, in the cache.

    >>> twin_folder("stable-diffusion-1.5", SilentProgress())
    PosixPath('…/embedded_models/stable-diffusion-1.5')
"""

import hashlib
from pathlib import Path

from core.config import config
from core.errors import WeightsUnavailable
from core.measure.progress import Progress
from core.models.catalog import CATALOG, Model
from core.models.sources import no_twin
from core.models.written_once import write_once
from core.units import short_count

FOLDER = Path(__file__).parents[2] / "embedded_models"
CHECKSUMS = "SHA256SUMS"
"""As `sha256sum` writes it: a digest, two spaces and a path per line."""
REMEDY = "Bring the files back (git checkout -- embedded_models, or download VRAM Lab again), or choose other weights."


def label(model: Model) -> str:
    """What the page calls the twin of `model`."""
    return f"small twin, {short_count(model.twin_parameters)} parameters, not {model.title}"


def twin_folder(model_id: str, progress: Progress) -> Path:
    """The folder of the twin's checkpoint, its files checked.

    Raises:
        WeightsUnavailable: there is no twin; a file is missing or not the one that was shipped; the disk is too full.
    """
    model = CATALOG[model_id]
    if not model.twin:
        raise no_twin(model)
    digests = check(model)
    if model.file is None:
        return FOLDER / model_id
    folder = config().cache_dir / "embedded" / f"{model_id}-{digests['model.safetensors'][:8]}"

    def assemble(part: Path) -> None:
        if model.task == "segmentation":
            from core.models.yolo import write_twin
        else:
            from core.models.classifier import write_twin
        write_twin(FOLDER / model_id, part / str(model.file))

    write_once(folder, model.twin_parameters * 4, assemble, f"twin of {model.title}", progress)
    return folder


def check(model: Model) -> dict[str, str]:
    """Compare the files of a twin with the list. Returns path -> SHA-256.

    Raises:
        WeightsUnavailable: naming the first file that is missing or differs.
    """
    listed = _listed(model)
    for name, expected in listed.items():
        path = FOLDER / model.id / name
        if not path.is_file():
            raise WeightsUnavailable(f"{path.name} of the {label(model)}, is missing in {path.parent}.", REMEDY)
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != expected:
            sums = f"its SHA-256 begins with {found[:12]}, that of the shipped file with {expected[:12]}"
            raise WeightsUnavailable(f"{path} is damaged: {sums}.", REMEDY)
    return listed


def _listed(model: Model) -> dict[str, str]:
    path = FOLDER / CHECKSUMS
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    entries = (line.partition("  ") for line in lines)
    listed = {
        name.removeprefix(f"{model.id}/"): digest for digest, _, name in entries if name.startswith(f"{model.id}/")
    }
    if not listed:
        raise WeightsUnavailable(f"The list of the small twins' files, {path}, is missing or empty.", REMEDY)
    return listed
