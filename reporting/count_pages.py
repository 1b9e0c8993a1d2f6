"""The page "numbers per year": what there was, without anybody in it."""

from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kvs.access import KvsRequest, role_required
from kvs.models import Location
from reporting.counts import MEASURES, Cell, Numbers, counted
from reporting.models import READERS
from reporting.rules import SMALLEST, hidden
from students.models import Programme


class Line(NamedTuple):
    """A row of the table; None is a number that is not shown."""

    location: str
    kind: str
    numbers: list[int | None]


@require_GET
@role_required(*READERS)
def numbers(request: KvsRequest) -> HttpResponse:
    """One year at the own locations, the latest unless the address says which."""
    names = dict(Location.objects.where_held(request.user, *READERS).values_list("pk", "name"))
    found = counted(Location.objects.filter(pk__in=names), timezone.localdate())
    years = sorted({cell.year for cell in found}, reverse=True)
    asked = request.GET.get("jaar", "")
    year = int(asked) if asked in {str(known) for known in years} else (years[0] if years else None)
    cells = [cell for cell in found if cell.year == year]
    lines, totals = _table(sorted(cells, key=lambda cell: (names[cell.location], cell.law, cell.route)), found, names)
    context = {"years": years, "year": year, "lines": lines, "totals": totals, "smallest": SMALLEST}
    return render(request, "reporting/numbers.html", context)


def _table(cells: list[Cell], found: dict[Cell, Numbers], names: dict[Any, str]) -> tuple[list[Line], list[int | None]]:
    lines = [Line(names[cell.location], _kind(cell), []) for cell in cells]
    people, totals = [found[cell]["programmes"] for cell in cells], []
    for measure in MEASURES:
        values = [found[cell][measure] for cell in cells]
        out, total_too = hidden(values, people)
        for place, line in enumerate(lines):
            line.numbers.append(None if place in out else values[place])
        totals.append(None if total_too else sum(values))
    return lines, totals


def _kind(cell: Cell) -> str:
    law, route = dict(Programme.Law.choices).get(cell.law, cell.law), dict(Programme.Route.choices).get(cell.route, cell.route)
    return f"{law} · {route}" if cell.route else str(law or _("unknown"))
