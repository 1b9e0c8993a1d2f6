"""Pictures of the demo school, drawn: the scan of a list of a week, and what a screen shows of a lesson online."""

import io
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import segno
from django.contrib.staticfiles import finders
from PIL import Image, ImageDraw, ImageFont

A4 = (1000, 1414)  # pixels: 120 dots an inch, on which initials can be read
SCREEN = (960, 600)
MARGIN, NAMES, HEAD, ROW = 60, 330, 290, 52  # of the list: around it, for names, above the names, per name
INK, LINE, PEN = "#1c2529", "#75848c", "#23408f"
TILES = ("#0b4a5e", "#5b4a7a", "#7a4a2b", "#2f6b45", "#6b2f4d", "#40566b")


class Column(NamedTuple):
    """A lesson on the list: what stands above it, its code, and the number of each row with initials."""

    head: str
    code: str
    initialled: set[int]


def week_list(title: str, names: Sequence[str], columns: Sequence[Column], chance: Random) -> bytes:
    """A filled-in list on paper, as PNG: a scribble for each initial, a signature under each lesson, a little askew."""
    page = Image.new("L", A4, 252)
    pen = ImageDraw.Draw(page)
    pen.text((MARGIN, MARGIN), title, INK, _font(30))
    width = (A4[0] - 2 * MARGIN - NAMES) // len(columns)
    bottom = HEAD + ROW * (len(names) + 1)
    for number, column in enumerate(columns):
        left = MARGIN + NAMES + number * width
        pen.text((left + 8, HEAD - 150), column.head, INK, _font(19), spacing=6)
        pen.text((left + 8, HEAD - 34), column.code, INK, _font(22))
        _code(pen, column.code, (left + width - 88, HEAD - 88))
        for row in sorted(column.initialled):
            _scribble(pen, (left + width // 2 - 30, HEAD + row * ROW + ROW // 2), 3, chance)
        _scribble(pen, (left + 20, bottom - ROW // 2), 6, chance)
    for row, name in enumerate((*names, "Handtekening docent")):
        pen.text((MARGIN + 6, HEAD + row * ROW + 13), name[:30], INK, _font(20))
    for row in range(len(names) + 2):
        pen.line((MARGIN, HEAD + row * ROW, A4[0] - MARGIN, HEAD + row * ROW), LINE)
    for number in range(len(columns) + 1):
        left = MARGIN + NAMES + number * width
        pen.line((left, HEAD, left, bottom), LINE)
    return _png(page.rotate(chance.uniform(-0.6, 0.6), Image.Resampling.BICUBIC, fillcolor=246))


def online_lesson(names: Sequence[str]) -> bytes:
    """A screen with a coloured tile per person and no face, as PNG."""
    screen = Image.new("RGB", SCREEN, "#14181b")
    pen = ImageDraw.Draw(screen)
    across = max(2, min(5, len(names)))
    down = -(-len(names) // across)
    width, height = SCREEN[0] // across, SCREEN[1] // down
    for number, name in enumerate(names):
        left, top = number % across * width, number // across * height
        pen.rectangle((left + 6, top + 6, left + width - 6, top + height - 6), TILES[number % len(TILES)])
        pen.text((left + width // 2, top + height // 2), name[:1], "white", _font(44), anchor="mm")
        pen.text((left + 16, top + height - 34), name[: width // 10], "white", _font(16))
    return _png(screen)


def _font(size: int) -> ImageFont.FreeTypeFont:
    found = finders.find("vendor/source-sans-3.ttf")
    assert isinstance(found, str)
    return ImageFont.truetype(found, size)


def _code(pen: ImageDraw.ImageDraw, code: str, corner: tuple[int, int]) -> None:
    """The QR picture of a lesson code, three pixels a dot."""
    for down, line in enumerate(segno.make(code, micro=False, error="m").matrix):
        for right, dark in enumerate(line):
            if dark:
                x, y = corner[0] + 3 * right, corner[1] + 3 * down
                pen.rectangle((x, y, x + 2, y + 2), INK)


def _scribble(pen: ImageDraw.ImageDraw, start: tuple[int, int], turns: int, chance: Random) -> None:
    """Initials, or a signature when it turns more often."""
    points = [(start[0] + 11 * turn + chance.randint(-3, 3), start[1] + chance.randint(-15, 15)) for turn in range(2 * turns)]
    pen.line(points, PEN, 3, joint="curve")


def _png(picture: Image.Image) -> bytes:
    made = io.BytesIO()
    picture.save(made, "PNG")
    return made.getvalue()
