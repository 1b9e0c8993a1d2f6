"""Pages of keeping: what goes within a month, which programmes have no end, how long the school keeps what."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.models import AccessEvent, Job, RetentionSetting, Role, User
from kvs.pages import form_page
from kvs.retention import CHANGEABLE, period_of
from kvs.templatetags.kvs import length_of
from kvs.vocabulary import STUDENT_FILE
from privacy import clocks, words
from privacy.actions import retention as actions
from privacy.forms.retention import PeriodForm
from privacy.models import RetentionNotice
from privacy.models.counts import per_year
from privacy.models.erasure import OFFICERS
from students.models import Programme, Student

SHOWN = 200  # people in one list; the rest is counted


@require_GET
@role_required(*OFFICERS)
def retention(request: KvsRequest) -> HttpResponse:
    """What the nightly run will do within 30 days, what stands in its way, and the periods of the school."""
    today = timezone.localdate()
    students = Student.objects.visible_to(request.user)
    due = list(clocks.due_until(today + clocks.NOTICE, students))
    endless = _endless(request.user, today)
    notices = {row.student_id: row for row in RetentionNotice.objects.filter(student__in=[one.student.pk for one in due[:SHOWN]])}
    seen = [one.student.audit_id for one in due[:SHOWN]] + [row.student.audit_id for row in endless[:SHOWN]]
    audit.log_access(request.user, office_role(request.user), seen, AccessEvent.Kind.LIST)
    context = {
        "due": [_line(one, notices.get(one.student.pk)) for one in due[:SHOWN]],
        "due_count": len(due),
        "endless": endless[:SHOWN],
        "endless_count": len(endless),
        "periods": [_period(code) for code in CHANGEABLE],
        "run": Job.objects.filter(kind="privacy.retention").order_by("-requested_at").first(),
        "per_year": per_year(),
        "may_change": request.user.has_role(Role.PRIVACY_OFFICER),
    }
    return render(request, "privacy/retention.html", context)


def _line(due: clocks.Due, notice: RetentionNotice | None) -> dict[str, Any]:
    return {
        "student": due.student,
        "on": max(due.on, notice.due_on) if notice else None,
        "notice": notice,
    }


def _endless(user: User, today: dt.date) -> list[Programme]:
    mine = Student.objects.visible_to(user)
    return list(clocks.without_end(today).filter(student__in=mine).select_related("student").defer("bsn"))


def _period(code: str) -> dict[str, Any]:
    retention = CHANGEABLE[code]
    return {
        "code": code,
        "title": words.retention_title(code),
        "length": length_of(period_of(retention)),
        "trigger": retention.trigger.label,
        "ground": words.ground_of(retention),
        "confirmed": retention.confirmed,
    }


@require_http_methods(["GET", "POST"])
@role_required(Role.PRIVACY_OFFICER)
def period_change(request: KvsRequest, code: str) -> HttpResponse:
    """Keep one kind of data longer or shorter."""
    if code not in CHANGEABLE:
        raise Http404
    chosen = RetentionSetting.objects.filter(code=code).first()
    now = period_of(CHANGEABLE[code])
    initial = {"years": now.years, "months": now.months, "version": chosen.version if chosen else 0}
    form = PeriodForm(form_data(request), initial=initial)

    def act() -> RetentionSetting:
        asked = form.cleaned_data
        return actions.change_period(
            code=code, years=asked["years"], months=asked["months"], version=asked["version"], by=request.user
        )

    def done(_made: RetentionSetting) -> str:
        messages.success(request, _("The period is saved: %(what)s.") % {"what": words.retention_title(code)})
        return reverse("privacy:retention")

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=capfirst(words.retention_title(code)),
        verb=_("Save"),
        parent=_("Keeping and erasing"),
        parent_url=reverse("privacy:retention"),
    )


@require_http_methods(["GET", "POST"])
@role_required(Role.STUDENT)
def own_retention(request: KvsRequest) -> HttpResponse:
    """How long the school keeps my file, and asking for a statement of my hours before it goes."""
    student = get_object_or_404(Student, user=request.user)
    if request.method == "POST":
        if actions.want_hours(student=student, by=request.user):
            messages.success(request, _("We know. The school makes the statement for you."))
        return redirect("privacy:own_retention")
    context = {
        "student": student,
        "on": clocks.due_on(student),
        "length": length_of(period_of(STUDENT_FILE)),
        "notice": RetentionNotice.objects.filter(student=student).order_by("-due_on").first(),
    }
    return render(request, "privacy/own_retention.html", context)


def waiting_for(user: User) -> int:
    """How many programmes without an end wait for somebody."""
    return len(_endless(user, timezone.localdate()))
