"""The drawing of a level against attended hours: numbers for a template, no script and no library (design/look.md).

Units are those of the viewBox: pixels when the panel is as wide as on the desktop.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 190, 190  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 44, 40, 12, 28  # room for the names of levels, the latest value, and the hours
PLOT_RIGHT, PLOT_BOTTOM = WIDTH - RIGHT, HEIGHT - BOTTOM
FEWEST_RUNGS = 5
NICE_HOURS = (60, 120, 240, 480, 600, 900, 1200, 1800, 2400, 3600, 6000)


@dataclass(frozen=True)
class Tick:
    """A line of the grid with its name."""

    at: float
    label: str


@dataclass(frozen=True)
class Panel:
    """One skill: the step line, its dots, the latest value, the goal line when it lies in sight, and the grid."""

    path: str
    dots: tuple[tuple[float, float], ...]
    latest: str
    latest_y: float
    latest_x: float
    goal_y: float | None
    levels: tuple[Tick, ...]
    hours: tuple[Tick, ...]

    width, height = WIDTH, HEIGHT
    left, right, top, bottom = LEFT, PLOT_RIGHT, TOP, PLOT_BOTTOM


def panel(points: Sequence[tuple[int, int]], ladder: Sequence[str], goal: int | None, rungs: tuple[int, int], most: int) -> Panel:
    """Draw (minutes attended, rank of the level) in the order of time; `ladder` names the ranks.

    `rungs` are the lowest and highest rank shown, `most` the minutes at the right edge: the same for every panel of a
    student, so that skills can be compared. Raises ValueError without points.
    """
    if not points:
        raise ValueError("Nothing was measured.")
    low, high = rungs
    places = [(_x(minutes, most), _y(rank, low, high)) for minutes, rank in points]
    last_x, last_y = places[-1]
    return Panel(
        path=_steps(places),
        dots=tuple(places),
        latest=ladder[points[-1][1]],
        latest_x=last_x + 7,
        latest_y=last_y,
        goal_y=_y(goal, low, high) if goal is not None and low <= goal <= high else None,
        levels=tuple(Tick(_y(rank, low, high), ladder[rank]) for rank in range(low, high + 1)),
        hours=tuple(Tick(_x(most * part // 2, most), str(most * part // 120)) for part in (0, 1, 2)),
    )


def scale(minutes: Sequence[int], ranks: Sequence[int], goal: int | None, rungs: int) -> tuple[tuple[int, int], int]:
    """The rungs to show (lowest, highest) and the minutes at the right edge, for all panels of a student together."""
    seen = [*ranks, *([goal] if goal is not None else [])]
    low, high = min(seen), max(seen)
    high = min(rungs - 1, max(high, low + FEWEST_RUNGS - 1))
    low = max(0, min(low, high - FEWEST_RUNGS + 1))
    most = max(minutes)
    hours = next((hours for hours in NICE_HOURS if hours * 60 >= most), -(-most // 60))
    return (low, high), hours * 60


def _steps(places: Sequence[tuple[float, float]]) -> str:
    """A line that keeps its level until the next measurement."""
    first_x, first_y = places[0]
    return f"M{first_x} {first_y}" + "".join(f"H{x}V{y}" for x, y in places[1:])


def _x(minutes: int, most: int) -> float:
    return round(LEFT + (PLOT_RIGHT - LEFT) * minutes / most, 1) if most else float(LEFT)


def _y(rank: int, low: int, high: int) -> float:
    return round(PLOT_BOTTOM - (PLOT_BOTTOM - TOP) * (rank - low) / (high - low), 1)
