"""The two patterns nearly every page follows: a form with one action, and a list in pages that stay put."""

import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import models
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect, render

from kvs.access import KvsRequest
from kvs.editing import attempt

Made = TypeVar("Made")
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


def keyset_page(queryset: "models.QuerySet[Any]", after: str | None, *, order: tuple[str, str]) -> "tuple[list[Any], str | None]":
    """A page of rows behind the row with primary key `after`, in `order`, and the key of the next page's start.

    The key of a row goes into the address, never its name (addresses end up in histories and logs).
    """
    ordered = queryset.order_by(*order)
    start = ordered.model._default_manager.filter(pk=after).values_list(*order).first() if after else None
    if start:
        ordered = ordered.filter(_behind(order, start))
    rows = list(ordered[: PAGE_SIZE + 1])
    return rows[:PAGE_SIZE], str(rows[PAGE_SIZE - 1].pk) if len(rows) > PAGE_SIZE else None


def _behind(order: tuple[str, str], start: tuple[Any, ...]) -> models.Q:
    """(a, b) > (x, y) spelled out: a > x or (a = x and b > y); with a >= x so that the index is used."""
    first, second = order
    return models.Q(**{f"{first}__gte": start[0]}) & (
        models.Q(**{f"{first}__gt": start[0]}) | models.Q(**{f"{second}__gt": start[1]})
    )


def counted(queryset: "models.QuerySet[Any]") -> tuple[int, bool]:
    """How many rows, and whether there are more than COUNT_LIMIT."""
    found = queryset.order_by().values("pk")[: COUNT_LIMIT + 1].count()
    return min(found, COUNT_LIMIT), found > COUNT_LIMIT
