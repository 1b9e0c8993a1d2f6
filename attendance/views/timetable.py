"""The timetable of a group: weekly lessons, the lessons made from them, and the days on which the school is closed."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from attendance import closing
from attendance.actions import closures as closures_of
from attendance.actions import planning as actions
from attendance.forms import ClosureForm, EndSlotForm, FromDayForm, MakeLessonsForm, RemoveClosureForm, SlotForm
from attendance.models import Closure, Lesson, Slot
from attendance.models.planning import PLANNERS, plans_everywhere
from attendance.views.planning import warn_of_teacher
from kvs.access import STAFF, KvsRequest, role_required
from kvs.drafts import form_data
from kvs.editing import attempt
from kvs.holidays import public_holidays
from kvs.models import Location, Role
from kvs.pages import form_page
from students.models import Group

READERS = STAFF - {Role.SYSTEM_ADMINISTRATOR}
TERM = dt.timedelta(weeks=26)  # proposed for the lessons of a group without an end
CLASHES_SHOWN = 10


@require_GET
@role_required(*READERS)
def timetable(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The weekly lessons of a group, now and to come, and those that ended."""
    group = get_object_or_404(Group.objects.visible_to(request.user).select_related("location"), pk=pk)
    today = timezone.localdate()
    slots = list(group.slots.select_related("teacher"))
    made = Lesson.objects.filter(group=group, slot__isnull=False).order_by("-day").values_list("day", flat=True)
    context = {
        "group": group,
        "slots": [slot for slot in slots if slot.ends_on is None or slot.ends_on >= today],
        "ended": [slot for slot in slots if slot.ends_on and slot.ends_on < today],
        "made_until": made.first(),
        "may_plan": request.user.has_role(*PLANNERS),
    }
    return render(request, "attendance/timetable.html", context)


def _ends_of(slot: Slot, first: dt.date) -> list[dt.date]:
    """The first and the last day somebody gives this weekly lesson, as far as there is a last."""
    return [first, slot.ends_on] if slot.ends_on else [first]


def _of_group(group: Group) -> dict[str, str]:
    return {"parent": group.name, "parent_url": reverse("attendance:timetable", args=[group.pk])}


@require_http_methods(["GET", "POST"])
@role_required(*PLANNERS)
def slot_add(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """A weekly lesson more."""
    group = get_object_or_404(Group.objects.visible_to(request.user).select_related("location"), pk=pk)
    form = SlotForm(
        form_data(request), initial={"starts_on": max(group.starts_on, timezone.localdate()), "ends_on": group.ends_on}
    )

    def act() -> Slot:
        return actions.add_slot(group=group, by=request.user, **form.cleaned_data)

    def done(slot: Slot) -> str:
        messages.success(request, _("%(day)s is in the timetable. Make its lessons now.") % {"day": slot.get_weekday_display()})
        warn_of_teacher(request, slot.teacher, *_ends_of(slot, slot.starts_on))
        return reverse("attendance:timetable", args=[group.pk])

    return form_page(request, form, act=act, done=done, title=_("Weekly lesson"), verb=_("Save"), **_of_group(group))


@require_http_methods(["GET", "POST"])
@role_required(*PLANNERS)
def slot_change(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Change a weekly lesson from a day on."""
    slot = get_object_or_404(Slot.objects.visible_to(request.user).select_related("group__location", "teacher"), pk=pk)
    first = max(slot.starts_on, timezone.localdate())
    asked = FromDayForm(request.GET)  # the page of a lesson leads here: "from here on"
    if asked.is_valid() and asked.cleaned_data["vanaf"]:
        first = max(slot.starts_on, asked.cleaned_data["vanaf"])
    form = SlotForm(form_data(request), slot=slot, initial={"from_day": first})

    def act() -> actions.SeriesChange:
        changes = dict(form.cleaned_data)
        from_day, version = changes.pop("from_day"), changes.pop("version") or 0
        return actions.change_slot(slot=slot, version=version, from_day=from_day, changes=changes, by=request.user)

    def done(change: actions.SeriesChange) -> str:
        row = change.slot
        messages.success(request, _("The timetable is changed from %(day)s.") % {"day": date_format(max(row.starts_on, first))})
        _tell_apart(request, change)
        warn_of_teacher(request, row.teacher, *_ends_of(row, max(row.starts_on, first)))
        return reverse("attendance:timetable", args=[slot.group_id])

    return _series_page(request, form, act, done, title=_("Change weekly lesson"), verb=_("Save"), **_of_group(slot.group))


def _series_page(
    request: KvsRequest,
    form: BaseForm,
    act: Callable[[], actions.SeriesChange],
    done: Callable[[actions.SeriesChange], str],
    **page: Any,
) -> HttpResponse:
    """As `form_page`; lessons that do not follow the series are shown first, and only then the change is made (`seen`)."""
    if request.method == "POST" and "back" in request.POST:
        return render(request, "components/form_page.html", {"form": form, **page})
    if request.method == "POST" and form.is_valid():
        change = attempt(form, lambda: actions.preview(act))
        if change and (change.gone or change.kept) and request.POST.get("seen") != change.seen:
            return render(request, "attendance/series_check.html", {"form": form, "change": change, "seen": change.seen, **page})
    return form_page(request, form, act=act, done=done, **page)


def _tell_apart(request: KvsRequest, change: actions.SeriesChange) -> None:
    """Which lessons went, and which stayed as they were."""
    if change.gone:
        messages.info(request, _("Taken away: %(lessons)s.") % {"lessons": _listed(change.gone)})
    if change.kept:
        messages.info(request, _("These stayed as they were: %(lessons)s.") % {"lessons": _listed(change.kept)})


def _listed(lessons: Iterable[actions.Apart]) -> str:
    times = ((timezone.localtime(row.starts_at), row.why) for row in lessons)
    return ", ".join(f"{date_format(moment, 'D j b H:i')} ({why})" for moment, why in times)


@require_http_methods(["GET", "POST"])
@role_required(*PLANNERS)
def slot_end(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a weekly lesson out of the timetable."""
    slot = get_object_or_404(Slot.objects.visible_to(request.user).select_related("group__location", "teacher"), pk=pk)
    form = EndSlotForm(form_data(request), initial={"ends_on": timezone.localdate(), "version": slot.version})

    def act() -> actions.SeriesChange:
        return actions.end_slot(slot=slot, by=request.user, **form.cleaned_data)

    def done(change: actions.SeriesChange) -> str:
        assert change.slot.ends_on
        messages.success(request, _("The weekly lesson ends after %(day)s.") % {"day": date_format(change.slot.ends_on)})
        _tell_apart(request, change)
        return reverse("attendance:timetable", args=[slot.group_id])

    return _series_page(request, form, act, done, title=_("End weekly lesson"), verb=_("Take out"), **_of_group(slot.group))


@require_http_methods(["GET", "POST"])
@role_required(*PLANNERS)
def lessons_make(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Make the lessons of the timetable for a term. What is left out is told, with the reason."""
    group = get_object_or_404(Group.objects.visible_to(request.user).select_related("location"), pk=pk)
    since = max(group.starts_on, timezone.localdate())
    form = MakeLessonsForm(form_data(request), initial={"since": since, "until": group.ends_on or since + TERM})

    def act() -> actions.Made:
        return actions.make_lessons(group=group, by=request.user, **form.cleaned_data)

    def done(made: actions.Made) -> str:
        _tell(request, made)
        return reverse("attendance:timetable", args=[group.pk])

    return form_page(request, form, act=act, done=done, title=_("Make lessons"), verb=_("Make lessons"), **_of_group(group))


def _tell(request: KvsRequest, made: actions.Made) -> None:
    number = len(made.lessons)
    text = ngettext("%(number)d lesson is made.", "%(number)d lessons are made.", number) % {"number": number}
    messages.add_message(request, messages.SUCCESS if number else messages.INFO, text)
    if made.free:
        days = ", ".join(f"{date_format(day, 'SHORT_DATE_FORMAT')} ({why})" for day, why in made.free)
        messages.info(request, _("No lesson on: %(days)s.") % {"days": days})
    if made.clashing:
        told = " ".join(f"{date_format(day, 'SHORT_DATE_FORMAT')}: {why}" for day, why in made.clashing[:CLASHES_SHOWN])
        number = len(made.clashing)
        text = ngettext(
            "%(number)d lesson is not made, because it would clash. %(told)s",
            "%(number)d lessons are not made, because they would clash. %(told)s",
            number,
        )
        messages.warning(request, text % {"number": number, "told": told})


# --- closures


@require_GET
@role_required(*PLANNERS)
def closures(request: KvsRequest) -> HttpResponse:
    """Days without lessons: closures from today on, and the public holidays of this year and the next."""
    today = timezone.localdate()
    held = [*public_holidays(today.year).items(), *public_holidays(today.year + 1).items()]
    context = {
        "closures": Closure.objects.visible_to(request.user).filter(ends_on__gte=today).select_related("location"),
        "changeable": set(Closure.objects.changeable_by(request.user).values_list("pk", flat=True)),
        "holidays": [{"day": day, "name": name} for day, name in held if day >= today],
    }
    return render(request, "attendance/closures.html", context)


@require_http_methods(["GET", "POST"])
@role_required(*PLANNERS)
def closure_add(request: KvsRequest) -> HttpResponse:
    """Close the school, or a location, for some days; lessons already planned then lapse, and are shown first."""
    locations = Location.objects.where_held(request.user, *PLANNERS)
    form = ClosureForm(form_data(request), locations=locations, whole_school=plans_everywhere(request.user))

    def act() -> tuple[Closure, int]:
        return closures_of.add_closure(by=request.user, **form.cleaned_data)

    def done(made: tuple[Closure, int]) -> str:
        closure, lapsed = made
        text = ngettext(
            "%(name)s is in the calendar; %(number)d planned lesson lapses.",
            "%(name)s is in the calendar; %(number)d planned lessons lapse.",
            lapsed,
        )
        messages.success(request, text % {"name": closure.name, "number": lapsed})
        return reverse("attendance:closures")

    page: dict[str, Any] = {"parent": _("Days without lessons"), "parent_url": reverse("attendance:closures")}
    page |= {"title": _("School closed"), "verb": _("Save")}
    if request.method == "POST" and "back" in request.POST:
        return render(request, "components/form_page.html", {"form": form, **page})
    if request.method == "POST" and form.is_valid():
        days = form.cleaned_data
        lessons = closing.lapsing(days["location"], days["starts_on"], days["ends_on"], request.user)
        seen = closing.seen(lessons)
        if lessons and request.POST.get("seen") != seen:
            found = {"groups": closing.by_group(lessons), "number": len(lessons), "seen": seen}
            return render(request, "attendance/closure_check.html", {"form": form, **found, **page})
    return form_page(request, form, act=act, done=done, **page)


@require_http_methods(["GET", "POST"])
@role_required(*PLANNERS)
def closure_remove(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a closure away; lessons to come that lapsed through it go on after all, unless the tick is taken out."""
    closure = get_object_or_404(Closure.objects.changeable_by(request.user), pk=pk)
    lapsed = Lesson.objects.visible_to(request.user).filter(lapsed_by=closure, cancelled=True)
    coming = Lesson.objects.visible_to(request.user).resumable(closure).select_related("group")
    lessons = list(coming.order_by("group__name", "group", "starts_at"))
    form = RemoveClosureForm(form_data(request), version=closure.version, lessons=len(lessons))

    def act() -> closures_of.Reopened:
        return closures_of.remove_closure(closure=closure, by=request.user, **form.cleaned_data)

    def done(made: closures_of.Reopened) -> str:
        _tell_reopened(request, made)
        return reverse("attendance:closures")

    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="attendance/closure_remove.html",
        closure=closure,
        groups=closing.by_group(lessons),
        number=len(lessons),
        others=lapsed.count() - len(lessons),
        title=closure.name,
        verb=_("Remove"),
        parent=_("Days without lessons"),
        parent_url=reverse("attendance:closures"),
    )


def _tell_reopened(request: KvsRequest, made: closures_of.Reopened) -> None:
    """What became of the lessons; those that stay lapsed by name, day and time, with the reason."""
    messages.success(request, _("%(name)s is out of the calendar.") % {"name": made.closure.name})
    number = len(made.back)
    if number:
        text = ngettext("%(number)d lesson goes on after all.", "%(number)d lessons go on after all.", number)
        messages.success(request, text % {"number": number})
    if made.staying:
        told = ", ".join(
            f"{row.lesson.group.name} {date_format(timezone.localtime(row.lesson.starts_at), 'D j b H:i')} ({row.why})"
            for row in made.staying
        )
        messages.warning(request, _("These lessons stay cancelled: %(lessons)s.") % {"lessons": told})
