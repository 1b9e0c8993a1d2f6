"""The sheet of results: one exam on one day, a whole group."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from exams.actions import Clash, record_results
from exams.forms import ResultSheet, SheetExamForm
from exams.models import ExamAttempt, exam_label
from exams.views.levels import apart, programmes_of
from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.categories import EXAMS
from kvs.drafts import form_data
from kvs.models import AccessEvent, Role
from students.models import Group, Programme

EXAMINERS = (Role.ADMINISTRATION, Role.COORDINATOR)


@require_http_methods(["GET", "POST"])
@role_required(*EXAMINERS)
def group_results(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """How an exam went for who is in the group today: `?examen=le:b1&op=2026-11-20`; without these the question which."""
    group = get_object_or_404(Group.objects.visible_to(request.user), pk=pk)
    everyone = programmes_of(request, group, timezone.localdate())
    chosen = SheetExamForm(request.GET or None, laws=sorted({programme.law for programme in everyone}))
    page = {
        "title": _("Enter exam results"),
        "parent": group.name,
        "parent_url": reverse("students:group", args=[group.pk]),
        "chosen": chosen,
    }
    if not chosen.is_valid():
        return render(request, "exams/result_sheet.html", page, status=422 if chosen.errors else 200)
    return _sheet(request, everyone, chosen, page)


def _sheet(request: KvsRequest, programmes: list[Programme], chosen: SheetExamForm, page: dict[str, Any]) -> HttpResponse:
    (part, level), day = chosen.cleaned_data["examen"], chosen.cleaned_data["op"]
    programmes, locked = apart(programmes, EXAMS.code)
    people = [programme.student.audit_id for programme in programmes]
    audit.log_access(request.user, office_role(request.user), people, AccessEvent.Kind.LIST)
    rows = ExamAttempt.objects.visible_to(request.user).filter(programme__in=programmes, part=part, taken_on=day)
    stored = {row.programme_id: row for row in rows}
    told = {row.told_by for row in stored.values()}
    first = told.pop() if len(told) == 1 else ExamAttempt.Told.STUDENT
    sheet = ResultSheet(form_data(request), initial={"told_by": first}, programmes=programmes, stored=stored)
    if request.method == "POST" and sheet.is_valid():
        try:
            number = record_results(part=part, level=level, day=day, cells=sheet.cells(), by=request.user)
        except Clash as clash:
            sheet.show_clash(clash)
        except ValidationError as problem:
            sheet.show_wrong(problem)
        else:
            text = ngettext("%(number)d result is saved.", "%(number)d results are saved.", number)
            messages.success(request, text % {"number": number})
            return redirect(page["parent_url"])
    context = {**page, "form": sheet, "exam": exam_label(part, level), "day": day, "lines": sheet.lines(), "locked": locked}
    return render(request, "exams/result_sheet.html", context, status=422 if sheet.errors else 200)
