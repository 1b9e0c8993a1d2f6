"""The list of lessons whose register is not signed, and when people are reminded of it."""

from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from attendance.actions.reminders import change_settings
from attendance.evidence import READERS as EVIDENCE_READERS
from attendance.forms.follow_up import FollowUpSettingForm, MissingFilter
from attendance.missing import WATCHERS, missing_registers
from attendance.models import FollowUpSetting, LessonQuerySet, Mark, follow_up_settings
from attendance.models.follow_up import FOLLOW_UP_READERS
from attendance.waiting import due_steps, number_asking
from kvs.access import KvsRequest, role_required
from kvs.drafts import form_data
from kvs.models import Role, User
from kvs.pages import Sorts, counted, form_page, list_page

DECIDERS = (Role.ADMINISTRATION, Role.MANAGEMENT)  # who decide for the school


def follow_up_tabs(user: User, current: str, *, missing: int) -> list[dict[str, object]]:
    """Registers, absence and evidence side by side, as far as `user` may open them. `missing`: registers without a signature."""
    tabs = (
        (_("Registers"), "attendance:missing", (Role.TEACHER, *WATCHERS), missing),
        (_("Follow-up of absence"), "attendance:follow_ups", FOLLOW_UP_READERS, due_steps(user).count()),
        (_("Absence"), "attendance:absences", WATCHERS, number_asking(user)),
        (_("Without evidence"), "attendance:without_evidence", EVIDENCE_READERS, 0),
    )
    return [
        {"label": label, "url": reverse(name), "current": name == current, "missing": number}
        for label, name, roles, number in tabs
        if user.has_role(*roles)
    ]


SORTS: Sorts = {"day": ("starts_at", "pk"), "group": (Lower("group__name"), "starts_at", "pk")}


@require_GET
@role_required(Role.TEACHER, *WATCHERS)
def missing(request: KvsRequest) -> HttpResponse:
    """Lessons that took place without a signed register, the oldest first (`?groep=`, `?docent=`)."""
    everything = missing_registers(request.user)
    chosen = MissingFilter(request.GET, lessons=everything)
    found = _chosen(everything, chosen)
    rows = found.select_related("group", "teacher", "register").annotate(
        marked=Exists(Mark.objects.filter(lesson=OuterRef("pk")))
    )
    count, more = counted(found)
    context = {
        "page": list_page(request, rows, among=everything, sorts=SORTS),
        "filter": chosen,
        "count": count,
        "more": more,
        "today": timezone.localdate(),
        "tabs": follow_up_tabs(request.account, "attendance:missing", missing=everything.count()),
        "may_decide": request.account.has_role(*DECIDERS),
    }
    return render(request, "attendance/missing.html", context)


def _chosen(found: LessonQuerySet, chosen: MissingFilter) -> LessonQuerySet:
    options: dict[str, Any] = chosen.cleaned_data if chosen.is_valid() else {}
    if options.get("groep"):
        found = found.filter(group=options["groep"])
    if options.get("docent"):
        found = found.filter(teacher=options["docent"])
    return found


@require_http_methods(["GET", "POST"])
@role_required(*DECIDERS)
def reminder_settings(request: KvsRequest) -> HttpResponse:
    """After how long teachers and coordinators are mailed about registers."""
    form = FollowUpSettingForm(form_data(request), instance=follow_up_settings())

    def act() -> FollowUpSetting:
        changes = {name: form.cleaned_data[name] for name in FollowUpSettingForm.Meta.fields}
        return change_settings(version=form.cleaned_data["version"] or 0, by=request.user, changes=changes)

    def done(_made: FollowUpSetting) -> str:
        messages.success(request, _("The reminders are saved. They hold from the next e-mail."))
        return reverse("attendance:reminder_settings")

    page = {"title": _("Reminders of registers"), "verb": _("Save")}
    page |= {"parent": _("School"), "parent_url": reverse("school")}
    decided = FollowUpSetting.objects.exists()
    return form_page(request, form, act=act, done=done, template="attendance/reminder_settings.html", decided=decided, **page)
