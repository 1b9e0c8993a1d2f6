"""The drawing of a group's attendance by week: numbers for a template, no script and no library (design/look.md).

Units are those of the viewBox: pixels when the panel is as wide as on the desktop.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 250, 160  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 34, 34, 8, 26  # room for the per cents, the latest value, and the weeks
PLOT_RIGHT, PLOT_BOTTOM = WIDTH - RIGHT, HEIGHT - BOTTOM
LOWEST_TOP = 60  # the scale begins here, or lower when somebody is lower
STEP = 20


@dataclass(frozen=True)
class Panel:
    """One group: a line that breaks where a week has no figure, its dots, the latest value, free weeks and the grid."""

    path: str
    dots: tuple[tuple[float, float], ...]
    latest: int
    latest_at: tuple[float, float]
    bands: tuple[float, ...]  # left sides of weeks without lessons
    band: float  # how wide one is
    rungs: tuple[tuple[float, int], ...]
    ticks: tuple[tuple[float, int], ...]

    width, height = WIDTH, HEIGHT
    left, right, top, bottom = LEFT, PLOT_RIGHT, TOP, PLOT_BOTTOM

    @property
    def tall(self) -> int:
        """How high a band is."""
        return PLOT_BOTTOM - TOP


def lowest(values: Sequence[int]) -> int:
    """Where the scale of per cents begins, the same for all panels of a page: a multiple of 20."""
    return min([LOWEST_TOP, *(value // STEP * STEP for value in values)])


def panel(values: Sequence[int | None], free: Sequence[bool], weeks: Sequence[int], low: int) -> Panel:
    """Draw per cents by week, oldest first; None has no dot. `weeks` are numbers for the axis. Raises ValueError without any."""
    known = [(number, value) for number, value in enumerate(values) if value is not None]
    if not known:
        raise ValueError("No week has a figure.")
    step = (PLOT_RIGHT - LEFT) / len(values)
    places = {number: (_x(number, step), _y(value, low)) for number, value in known}
    last, latest = known[-1]
    return Panel(
        path=_path(places),
        dots=tuple(places.values()),
        latest=latest,
        latest_at=places[last],
        bands=tuple(round(LEFT + number * step, 1) for number, is_free in enumerate(free) if is_free),
        band=round(step, 1),
        rungs=tuple((_y(value, low), value) for value in range(low, 101, STEP)),
        ticks=tuple((_x(number, step), week) for number, week in enumerate(weeks) if number % 3 == 0),
    )


def _path(places: dict[int, tuple[float, float]]) -> str:
    """Weeks that follow each other are joined; over a week without a figure nothing is drawn."""
    return "".join(f"{'L' if number - 1 in places else 'M'}{x} {y}" for number, (x, y) in places.items())


def _x(number: int, step: float) -> float:
    return round(LEFT + (number + 0.5) * step, 1)


def _y(value: int, low: int) -> float:
    return round(PLOT_BOTTOM - (PLOT_BOTTOM - TOP) * (value - low) / (100 - low), 1)
