"""The two patterns nearly every page follows: a form with one action, and a list in pages that stay put."""

import secrets
import uuid
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from django.db import models
from django.db.models import F
from django.db.models.expressions import Combinable
from django.forms import BaseForm
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render

from kvs.access import KvsRequest
from kvs.editing import attempt

Made = TypeVar("Made")
# Column of a list -> the fields or expressions it is sorted by. None may be null, the last one is unique.
Sorts = Mapping[str, tuple[str | Combinable, ...]]
PAGE_SIZE = 50
REMEMBERED_SEARCHES = 20
COUNT_LIMIT = 1000  # beyond this "more than 1000" says enough and an exact count costs


def form_page(
    request: KvsRequest,
    form: BaseForm,
    *,
    act: Callable[[], Made],
    done: Callable[[Made], str],
    template: str = "components/form_page.html",
    **context: Any,
) -> HttpResponse:
    """Show `form`; on a valid POST do `act` and go where `done` says. What was refused stands in the form (status 422)."""
    if request.method == "POST" and form.is_valid():
        made = attempt(form, act)
        if made is not None:
            return redirect(done(made))
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)


def keep_search(request: KvsRequest, place: str) -> str:
    """Keep the search typed in a POST (`q`) in the sealed session, so that no name stands in an address; the random word
    that does. Empty when nothing was typed. `place` sets the searches of one list apart from another's.
    """
    typed = request.POST.get("q", "").replace("\x00", "").strip()[:200]
    if not typed:
        return ""
    word = secrets.token_urlsafe(6)
    known = request.session.get(place, {})
    request.session[place] = dict([*known.items(), (word, typed)][-REMEMBERED_SEARCHES:])
    return word


def kept_search(request: KvsRequest, place: str) -> str:
    """What was typed under the random word in the address (`q`); empty when it is unknown."""
    typed: str = request.session.get(place, {}).get(request.GET.get("q", ""), "")
    return typed


class ListPage(NamedTuple):
    """A page of a list: its rows, and the addresses around it."""

    rows: list[Any]
    sort: str  # the column it is sorted by, with a hyphen in front when the last comes first
    query: QueryDict  # what the address says
    previous_key: object = None  # a page that ends before this row
    next_key: object = None  # a page that begins behind this row

    def _url(self, **changes: object) -> str:
        query = self.query.copy()
        for name in ("after", "before"):
            query.pop(name, None)
        for name, value in changes.items():
            query[name] = str(value)
        return f"?{query.urlencode()}"

    @property
    def previous_url(self) -> str | None:
        """The page before this one, None on the first."""
        return self._url(before=self.previous_key) if self.previous_key else None

    @property
    def next_url(self) -> str | None:
        """The page behind this one, None on the last."""
        return self._url(after=self.next_key) if self.next_key else None

    def sort_url(self, column: str) -> str:
        """The first page sorted by `column`; the other way round when it is already."""
        return self._url(sort=f"-{column}" if self.sort == column else column)

    def direction(self, column: str) -> str:
        """For aria-sort; empty when the list is sorted by another column."""
        return {column: "ascending", f"-{column}": "descending"}.get(self.sort, "")


def list_page(
    request: KvsRequest,
    found: "models.QuerySet[Any]",
    *,
    among: "models.QuerySet[Any]",
    sorts: Sorts,
    default: str = "",
) -> ListPage:
    """A page of `found`, sorted by the column the address asks for (`sort`), behind (`after`) or before (`before`) a row of it.

    The key of that row goes into the address, never its name (addresses end up in histories and logs). It is looked up
    `among` all rows the reader may see: it may have left `found` since. default: the sort when none is asked; the first
    column of `sorts` when empty.
    """
    asked = request.GET.get("sort", "")
    sort = asked if asked.removeprefix("-") in sorts else default or next(iter(sorts))
    keys = {f"key_{number}": F(key) if isinstance(key, str) else key for number, key in enumerate(sorts[sort.removeprefix("-")])}
    backwards = "before" in request.GET
    start = _values(among, keys, request.GET.get("before" if backwards else "after"))
    if start:
        rows = _from(found, keys, start, falling=sort.startswith("-") != backwards)
        if len(rows) >= (PAGE_SIZE if backwards else 1):
            return _around(request, rows, sort, backwards=backwards)
    rows = _from(found, keys, None, falling=sort.startswith("-"))  # nothing lies there any more: from the beginning
    more = len(rows) > PAGE_SIZE
    return ListPage(rows[:PAGE_SIZE], sort, request.GET, next_key=rows[PAGE_SIZE - 1].pk if more else None)


def _around(request: KvsRequest, rows: list[Any], sort: str, *, backwards: bool) -> ListPage:
    """The page of `rows`, which were read away from the row in the address: that row and more lie at the other side."""
    more = len(rows) > PAGE_SIZE
    shown = rows[:PAGE_SIZE][::-1] if backwards else rows[:PAGE_SIZE]
    earlier, later = (more, True) if backwards else (True, more)
    return ListPage(shown, sort, request.GET, shown[0].pk if earlier else None, shown[-1].pk if later else None)


def _values(among: "models.QuerySet[Any]", keys: dict[str, Any], key: str | None) -> tuple[Any, ...] | None:
    """What the row with this primary key is sorted by; None when there is no such row."""
    try:
        row = uuid.UUID(key or "")
    except ValueError:
        return None
    values: tuple[Any, ...] | None = among.annotate(**keys).filter(pk=row).values_list(*keys).first()
    return values


def _from(found: "models.QuerySet[Any]", keys: dict[str, Any], start: tuple[Any, ...] | None, *, falling: bool) -> list[Any]:
    """At most a page and one row of `found`, beginning behind `start`; `falling`: from last to first."""
    ordered = found.alias(**keys).order_by(*(f"-{key}" if falling else key for key in keys))
    if start:
        ordered = ordered.filter(_behind(list(zip(keys, start, strict=True)), "lt" if falling else "gt"))
    return list(ordered[: PAGE_SIZE + 1])


def _behind(places: list[tuple[str, Any]], side: str) -> models.Q:
    """(a, b) > (x, y) spelled out: a > x or (a = x and b > y); with a >= x so that the index is used."""
    (key, value), *others = places
    further = models.Q(**{f"{key}__{side}": value})
    if not others:
        return further
    return models.Q(**{f"{key}__{side}e": value}) & (further | _behind(others, side))


def counted(queryset: "models.QuerySet[Any]") -> tuple[int, bool]:
    """How many rows, and whether there are more than COUNT_LIMIT."""
    found = queryset.order_by().values("pk")[: COUNT_LIMIT + 1].count()
    return min(found, COUNT_LIMIT), found > COUNT_LIMIT
