"""The pictures that the project ships, by their word in a lab's `picture` setting, and the one that a run asked for.

Both are free of any licence. `table.png` is what core.labs.inpainting.table draws, for models that know photographs.
`scene.png` is a landscape of the kind that the embedded twins were trained on, 384 x 384 pixels, as the generator of
their pictures draws it:

    draw(Scene("mountains", "day", "house", "digital art", Place(0.52, 0.92, 0.5), seed=7), side=384).picture
"""

from io import BytesIO
from pathlib import Path

from PIL import Image

from core.errors import BadPicture
from core.measure.recorder import Recorder

FOLDER = Path(__file__).parent / "inpainting"
SHIPPED = {name: FOLDER / f"{name}.png" for name in ("table", "scene")}


def chosen_picture(name: str, recorder: Recorder) -> Image.Image:
    """One of the pictures that the project ships, or the student's own, as RGB.

    Raises:
        BadPicture: the student's own was asked for and is not there.
    """
    if name in SHIPPED:
        return Image.open(SHIPPED[name]).convert("RGB")
    if recorder.picture is None:
        raise BadPicture(f"The picture {name} is no longer here.", "Upload it again, or take one of the project's.")
    return Image.open(BytesIO(recorder.picture)).convert("RGB")
