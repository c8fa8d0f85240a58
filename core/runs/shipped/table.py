"""Draws `table.png`: a table with a cup and a toy cat. Free of any licence.

python -m core.runs.shipped.table        # writes table.png again, the same every time
"""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

SIDE = 768
"""Pixels; drawn at twice that and reduced, for smooth edges."""
SCALE = 2
PATH = Path(__file__).parent / "table.png"

WALL, WALL_SHADE = (214, 226, 228), (190, 206, 210)
WOOD, WOOD_DARK, WOOD_EDGE = (176, 122, 74), (158, 106, 62), (120, 78, 44)
CAT, CAT_DARK, CAT_LIGHT = (226, 146, 62), (186, 108, 38), (250, 226, 190)
CUP, CUP_SHADE, COFFEE = (58, 122, 134), (40, 92, 104), (70, 42, 24)
INK, PINK, SHADOW = (44, 38, 36), (226, 130, 130), (96, 62, 36)

Box = tuple[float, float, float, float]


def draw_table() -> Image.Image:
    """The picture, SIDE x SIDE pixels, RGB."""
    side = SIDE * SCALE
    picture = Image.new("RGB", (side, side), WALL)
    pen = ImageDraw.Draw(picture)
    _wall(pen)
    _table(pen)
    picture = _with_shadows(picture)
    pen = ImageDraw.Draw(picture)
    _cup(pen)
    _cat(pen)
    return picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def _at(*places: float) -> list[float]:
    """Places in the picture from 0 to 100, in pixels of the large drawing."""
    return [place * SIDE * SCALE / 100 for place in places]


def _wall(pen: ImageDraw.ImageDraw) -> None:
    for row in range(58):
        shade = tuple(round(a + (b - a) * row / 58) for a, b in zip(WALL, WALL_SHADE, strict=True))
        pen.rectangle(_at(0, row, 100, row + 1.1), fill=shade)
    pen.rectangle(_at(8, 8, 34, 40), fill=(246, 248, 246))
    pen.rectangle(_at(10, 10, 32, 38), fill=(150, 196, 222))
    pen.ellipse(_at(14, 15, 20, 21), fill=(252, 240, 190))
    pen.polygon(_at(10, 38, 10, 32, 18, 27, 25, 33, 32, 29, 32, 38), fill=(116, 160, 110))
    pen.rectangle(_at(20.4, 10, 21.6, 38), fill=(246, 248, 246))


def _table(pen: ImageDraw.ImageDraw) -> None:
    pen.polygon(_at(0, 58, 100, 58, 100, 94, 0, 94), fill=WOOD)
    for row, offset in ((63, 4), (69, 30), (76, 12), (83, 44), (89, 20)):
        pen.line(_at(offset, row, offset + 48, row + 0.6), fill=WOOD_DARK, width=round(_at(0.35)[0]))
    pen.rectangle(_at(0, 94, 100, 100), fill=WOOD_EDGE)
    pen.rectangle(_at(0, 57.5, 100, 58.3), fill=WOOD_DARK)


def _with_shadows(picture: Image.Image) -> Image.Image:
    mask = Image.new("L", picture.size, 0)
    pen = ImageDraw.Draw(mask)
    pen.ellipse(_at(34, 76, 82, 86), fill=120)
    pen.ellipse(_at(8, 74, 36, 82), fill=120)
    mask = mask.filter(ImageFilter.GaussianBlur(_at(1.6)[0]))
    return Image.composite(Image.new("RGB", picture.size, SHADOW), picture, mask)


def _cup(pen: ImageDraw.ImageDraw) -> None:
    pen.ellipse(_at(25, 60, 36, 72), outline=CUP_SHADE, width=round(_at(1.6)[0]))
    pen.polygon(_at(11, 56, 30, 56, 27.5, 78, 13.5, 78), fill=CUP)
    pen.ellipse(_at(13.5, 76, 27.5, 80), fill=CUP)
    pen.polygon(_at(25, 57, 30, 56, 27.5, 78, 24, 79.5), fill=CUP_SHADE)
    pen.ellipse(_at(11, 53, 30, 59), fill=CUP_SHADE)
    pen.ellipse(_at(12.2, 54, 28.8, 58.4), fill=COFFEE)


def _cat(pen: ImageDraw.ImageDraw) -> None:
    pen.arc(_at(66, 56, 88, 82), 250, 90, fill=CAT_DARK, width=round(_at(3)[0]))
    pen.ellipse(_at(42, 50, 76, 84), fill=CAT)
    pen.ellipse(_at(50, 60, 68, 83), fill=CAT_LIGHT)
    for left in (44, 62):
        pen.ellipse(_at(left, 78, left + 12, 85), fill=CAT, outline=CAT_DARK, width=round(_at(0.4)[0]))
    pen.polygon(_at(44, 40, 45, 22, 57, 31), fill=CAT)
    pen.polygon(_at(74, 40, 73, 22, 61, 31), fill=CAT)
    pen.polygon(_at(46.5, 34, 47, 26, 53, 31), fill=PINK)
    pen.polygon(_at(71.5, 34, 71, 26, 65, 31), fill=PINK)
    pen.ellipse(_at(42, 28, 76, 58), fill=CAT)
    for x in (55, 59, 63):
        pen.line(_at(x, 29, x + (59 - x) * -0.1, 35), fill=CAT_DARK, width=round(_at(1.1)[0]))
    _face(pen)


def _face(pen: ImageDraw.ImageDraw) -> None:
    for x in (51.5, 66.5):
        pen.ellipse(_at(x - 3, 39, x + 3, 46), fill=(250, 250, 240))
        pen.ellipse(_at(x - 1.7, 40, x + 1.7, 45.6), fill=INK)
        pen.ellipse(_at(x - 0.2, 40.8, x + 1, 42), fill=(250, 250, 240))
    pen.ellipse(_at(52, 46, 66, 55.5), fill=CAT_LIGHT)
    pen.polygon(_at(57.4, 46.6, 60.6, 46.6, 59, 48.6), fill=PINK)
    width = round(_at(0.4)[0])
    pen.arc(_at(55, 47.5, 59, 52), 10, 150, fill=INK, width=width)
    pen.arc(_at(59, 47.5, 63, 52), 30, 170, fill=INK, width=width)
    for side in (-1, 1):
        for end in (47, 50, 53):
            pen.line(_at(59 + side * 6, 50, 59 + side * 19, end), fill=CAT_DARK, width=round(_at(0.25)[0]))


if __name__ == "__main__":
    draw_table().save(PATH, optimize=True)
