import numpy as np
from PIL import Image

from core.runs.shipped.table import PATH, SIDE, draw_table


def test_the_shipped_picture_is_what_the_script_draws() -> None:
    drawn, shipped = np.asarray(draw_table(), dtype=int), np.asarray(Image.open(PATH), dtype=int)
    assert drawn.shape == shipped.shape == (SIDE, SIDE, 3)
    assert np.abs(drawn - shipped).mean() < 0.5
