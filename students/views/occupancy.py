"""How full the groups are: places, who comes and who goes. Numbers only, nobody is named."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from kvs.access import KvsRequest, role_required
from kvs.models import Location, Role
from students.models import Enrolment, Group, Programme
from students.models.groups import GroupQuerySet, active

READERS = (Role.ADMINISTRATION, Role.COORDINATOR, Role.MANAGEMENT, Role.FINANCE)
SOON = dt.timedelta(weeks=4)


@dataclass(frozen=True)
class Places:
    """Places of a group, or of several together. `coming` and `leaving` within four weeks; `later` begin after these."""

    capacity: int = 0
    placed: int = 0
    leaving: int = 0
    coming: int = 0
    later: int = 0

    @property
    def free(self) -> int:
        """Below zero: more students than places."""
        return self.capacity - self.placed

    @property
    def free_soon(self) -> int:
        """The same in four weeks."""
        return self.free + self.leaving - self.coming

    def plus(self, other: "Places") -> "Places":
        """Both together."""
        return Places(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


@dataclass
class Site:
    """The groups of a location, and how many running programmes of students taken in there have no group."""

    location: Location
    rows: list[tuple[Group, Places]] = field(default_factory=list)
    total: Places = field(default_factory=Places)
    without_group: int = 0


@require_GET
@role_required(*READERS)
def occupancy(request: KvsRequest) -> HttpResponse:
    """Groups that run or begin later, by location and name, with totals. A constant number of queries."""
    today = timezone.localdate()
    groups = _counted(Group.objects.visible_to(request.user).not_ended(today), today)
    sites: dict[uuid.UUID, Site] = {}
    for group in groups.select_related("location").order_by(Lower("location__name"), Lower("name")):
        site = sites.setdefault(group.location_id, Site(group.location))
        places = _places(group)
        site.rows.append((group, places))
        site.total = site.total.plus(places)
    waiting = _without_group(request, today)
    for location in Location.objects.where_held(request.user, *READERS).filter(pk__in=list(waiting)):
        sites.setdefault(location.pk, Site(location)).without_group = waiting[location.pk]
    found = sorted(sites.values(), key=lambda site: site.location.name)
    total = Places()
    for site in found:
        total = total.plus(site.total)
    context = {"sites": found, "total": total, "kinds": _by_kind(found), "today": today}
    return render(request, "students/occupancy.html", context)


def _by_kind(sites: Iterable[Site]) -> list[tuple[str, Places]]:
    """The places of all groups of a kind together, in the order of the kinds."""
    sums: dict[str, Places] = {}
    for group, places in (row for site in sites for row in site.rows):
        sums[group.kind] = sums.get(group.kind, Places()).plus(places)
    return [(str(label), sums[kind]) for kind, label in Group.Kind.choices if kind in sums]


def _counted(groups: GroupQuerySet, today: dt.date) -> GroupQuerySet:
    start, end = "enrolments__starts_on", "enrolments__ends_on"
    here = active(today, "enrolments__")
    return groups.annotate(
        placed=Count("enrolments", filter=here),
        leaving=Count("enrolments", filter=here & Q(**{f"{end}__lt": today + SOON})),
        coming=Count("enrolments", filter=Q(**{f"{start}__gt": today, f"{start}__lte": today + SOON})),
        later=Count("enrolments", filter=Q(**{f"{start}__gt": today + SOON})),
    )


def _places(group: Group) -> Places:
    counts = (getattr(group, name) for name in ("placed", "leaving", "coming", "later"))
    return Places(group.capacity, *counts)


def _without_group(request: KvsRequest, today: dt.date) -> dict[uuid.UUID, int]:
    """Programmes of today without a place now or later, by location of intake: these wait for a group."""
    placed = Enrolment.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today), programme=OuterRef("pk"))
    waiting = Programme.objects.visible_to(request.user).active_on(today).filter(~Exists(placed))
    return dict(waiting.order_by().values_list("student__intake_location").annotate(number=Count("pk")))
