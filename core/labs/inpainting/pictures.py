"""The pictures that the inpainting lab ships, by their word in its `picture` setting. Both are free of any licence.

`table.png` is what core.labs.inpainting.table draws, for models that know photographs. `scene.png` is a landscape of
the kind that the embedded twin was trained on, 384 x 384 pixels, as the generator of the twin's pictures draws it:

    draw(Scene("mountains", "day", "house", "digital art", Place(0.52, 0.92, 0.5), seed=7), side=384).picture
"""

from pathlib import Path

FOLDER = Path(__file__).parent
SHIPPED = {name: FOLDER / f"{name}.png" for name in ("table", "scene")}
