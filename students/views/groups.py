"""Groups: list, page with who is in and who teaches, new, change, teacher."""

import uuid

from django.contrib import messages
from django.db.models import Count, Q
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from kvs import audit
from kvs.access import STAFF, KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.models import AccessEvent, Location, Role
from kvs.pages import Sorts, counted, form_page, list_page
from students import actions
from students.forms import AccessForm, AssignmentForm, GroupFilter, GroupForm
from students.models import Enrolment, Group, GroupAccess, TeachingAssignment

PLANNERS = (Role.ADMINISTRATION, Role.COORDINATOR)
NAME = Lower("name")  # unique
SORTS: Sorts = {
    "name": (NAME,),
    "location": (Lower("location__name"), NAME),
    "kind": ("kind", NAME),
    "placed": ("placed", NAME),
    "starts": ("starts_on", NAME),
}


@require_GET
@role_required(*STAFF)
def group_list(request: KvsRequest) -> HttpResponse:
    """Groups that run now or begin later, with how many places are taken today; of one kind with `?soort=literacy`."""
    today = timezone.localdate()
    placed = Count(
        "enrolments",
        filter=Q(enrolments__starts_on__lte=today) & (Q(enrolments__ends_on__isnull=True) | Q(enrolments__ends_on__gte=today)),
    )
    groups = Group.objects.visible_to(request.user).select_related("location").annotate(placed=placed)
    chosen = GroupFilter(request.GET)
    found = chosen.kept(groups.not_ended(today))
    page = list_page(request, found, among=groups, sorts=SORTS)
    count, _more = counted(found)
    context = {
        "filter": chosen,
        "page": page,
        "count": count,
        "may_plan": request.user.has_role(*PLANNERS),
        "may_inspect": request.user.has_role(*PLANNERS, Role.MANAGEMENT, Role.AUDITOR),
        "may_see_dashboard": request.user.has_role(Role.MANAGEMENT),  # the coordinator has it in the menu
        "may_see_numbers": request.user.has_role(*PLANNERS, Role.MANAGEMENT, Role.FINANCE),
        "may_see_hours": request.user.has_role(*PLANNERS, Role.MANAGEMENT, Role.FINANCE, Role.TEACHER),
        "may_see_week": request.user.has_role(*STAFF - {Role.SYSTEM_ADMINISTRATOR}),
    }
    return render(request, "students/group_list.html", context)


@require_GET
@role_required(*STAFF)
def group_page(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Who is in a group today and who teaches it."""
    group = get_object_or_404(Group.objects.visible_to(request.user).select_related("location"), pk=pk)
    today = timezone.localdate()
    visible = Enrolment.objects.visible_to(request.user).active_on(today).filter(group=group)
    enrolments = list(visible.select_related("programme__student").order_by("programme__student__sort_key"))
    people = [enrolment.programme.student.audit_id for enrolment in enrolments]
    audit.log_access(request.user, office_role(request.user), people, AccessEvent.Kind.LIST)
    context = {
        "group": group,
        "enrolments": enrolments,
        "assignments": group.assignments.select_related("teacher").order_by("-starts_on"),
        "accesses": GroupAccess.objects.visible_to(request.user)
        .filter(content_object=group, ends_on__gte=today)
        .select_related("user")
        .order_by("ends_on"),
        "may_plan": request.user.has_role(*PLANNERS),
        "may_measure": request.user.has_role(*PLANNERS, Role.TEACHER),
    }
    return render(request, "students/group_page.html", context)


def _page(title: str, group: Group | None = None) -> dict[str, str]:
    parent_url = reverse("students:group", args=[group.pk]) if group else reverse("students:groups")
    return {"title": title, "verb": _("Save"), "parent": group.name if group else _("Groups"), "parent_url": parent_url}


def _saved(request: KvsRequest, group: Group) -> str:
    messages.success(request, _("The group %(group)s is saved.") % {"group": group.name})
    return reverse("students:group", args=[group.pk])


@require_http_methods(["GET", "POST"])
@role_required(*PLANNERS)
def group_add(request: KvsRequest) -> HttpResponse:
    """A new group at an own location."""
    form = GroupForm(form_data(request), locations=Location.objects.where_held(request.user, *PLANNERS))

    def act() -> Group:
        fields = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        return actions.start_group(by=request.user, **fields)

    return form_page(request, form, act=act, done=lambda group: _saved(request, group), **_page(_("New group")))


@require_http_methods(["GET", "POST"])
@role_required(*PLANNERS)
def group_edit(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Change a group."""
    group = get_object_or_404(Group.objects.visible_to(request.user), pk=pk)
    locations = Location.objects.where_held(request.user, *PLANNERS)
    form = GroupForm(form_data(request), instance=group, locations=locations)

    def act() -> Group:
        changes = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        return actions.change_group(group=group, version=form.cleaned_data["version"] or 0, by=request.user, changes=changes)

    def done(row: Group) -> str:
        _warn_of_places(request, row)
        return _saved(request, row)

    return form_page(request, form, act=act, done=done, **_page(_("Change group"), group))


def _warn_of_places(request: KvsRequest, group: Group) -> None:
    """Say after saving that more students have a place, now or later, than the group has places for."""
    number = actions.most_placed(group, timezone.localdate())
    if number > group.capacity:
        text = ngettext(
            "The group has %(capacity)d place, and %(number)d students are or will be in it. Nobody is taken out; "
            "nobody can be added until there is room.",
            "The group has %(capacity)d places, and %(number)d students are or will be in it. Nobody is taken out; "
            "nobody can be added until there is room.",
            group.capacity,
        )
        messages.warning(request, text % {"capacity": group.capacity, "number": number})


@require_http_methods(["GET", "POST"])
@role_required(*PLANNERS)
def assignment_add(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Let a teacher teach a group; it opens the group's students to the teacher in that period."""
    group = get_object_or_404(Group.objects.visible_to(request.user), pk=pk)
    form = AssignmentForm(form_data(request), initial={"starts_on": timezone.localdate()})

    def act() -> TeachingAssignment:
        return actions.assign_teacher(group=group, by=request.user, **form.cleaned_data)

    def done(made: TeachingAssignment) -> str:
        messages.success(request, _("%(name)s teaches %(group)s.") % {"name": made.teacher.full_name, "group": group.name})
        return reverse("students:group", args=[group.pk])

    return form_page(request, form, act=act, done=done, **_page(_("Add teacher"), group))


@require_http_methods(["GET", "POST"])
@role_required(*PLANNERS)
def access_add(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Open a group for a substitute or auditor until a date; a second time replaces the first."""
    group = get_object_or_404(Group.objects.visible_to(request.user), pk=pk)
    form = AccessForm(form_data(request), initial={"starts_on": timezone.localdate()})

    def act() -> GroupAccess:
        return actions.give_group_access(group=group, by=request.user, **form.cleaned_data)

    def done(made: GroupAccess) -> str:
        messages.success(
            request, _("%(name)s may open %(group)s until the last day.") % {"name": made.user.full_name, "group": group.name}
        )
        return reverse("students:group", args=[group.pk])

    return form_page(request, form, act=act, done=done, **_page(_("Give access"), group))
