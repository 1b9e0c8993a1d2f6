"""The sheet of results: one exam on one day, a whole group."""

import datetime as dt
import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from exams.actions import Clash, record_results
from exams.forms import ResultSheet, SheetExamForm
from exams.models import ExamAttempt, exam_label
from exams.views.levels import Step, apart, next_step, programmes_of
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
    data, laws = form_data(request), sorted({programme.law for programme in everyone})
    chosen = SheetExamForm(request.GET or None, laws=laws)
    page = {
        "title": _("Enter exam results"),
        "parent": group.name,
        "parent_url": reverse("students:group", args=[group.pk]),
        "chosen": chosen,
    }
    if chosen.is_valid():
        return _sheet(request, everyone, data, {"laws": laws, **chosen.cleaned_data}, page)
    return render(request, "exams/result_sheet.html", page, status=422 if chosen.errors else 200)


def _sheet(
    request: KvsRequest, programmes: list[Programme], data: Any, asked: dict[str, Any], page: dict[str, Any]
) -> HttpResponse:
    programmes, locked = apart(programmes, EXAMS.code)
    people = [programme.student.audit_id for programme in programmes]
    audit.log_access(request.user, office_role(request.user), people, AccessEvent.Kind.LIST)
    exam = ":".join(asked["examen"])
    shows = f"{exam} {asked['op']}"
    stored = _stored(request, programmes, shows)
    told = {row.told_by for row in stored.values()}
    first = {"examen": exam, "op": asked["op"], "shows": shows, "told_by": told.pop() if len(told) == 1 else "student"}
    sheet = ResultSheet(data, initial=first, programmes=programmes, laws=asked["laws"], stored=stored)
    if request.method == "POST" and sheet.is_valid():
        step = next_step(request, sheet, lambda state: _stored(request, programmes, state))
        if step is Step.GO:
            exam, _space, day = sheet.state.partition(" ")
            return redirect(f"{request.path}?{urlencode({'examen': exam, 'op': day})}")
        if step is Step.SAVE and _saved(request, sheet):
            return redirect(page["parent_url"])
    context = {**page, "form": sheet, "lines": sheet.lines(), "locked": locked}
    return render(request, "exams/result_sheet.html", context, status=422 if sheet.errors else 200)


def _stored(request: KvsRequest, programmes: list[Programme], shows: str) -> dict[uuid.UUID, ExamAttempt]:
    """The attempts at one exam on one day (ResultSheet.state), by programme."""
    exam, _space, day = shows.partition(" ")
    attempts = ExamAttempt.objects.visible_to(request.user).filter(programme__in=programmes)
    found = attempts.filter(part=exam.partition(":")[0], taken_on=dt.date.fromisoformat(day[-10:]))
    return {row.programme_id: row for row in found}


def _saved(request: KvsRequest, sheet: ResultSheet) -> bool:
    (part, level), day = sheet.cleaned_data["examen"], sheet.cleaned_data["op"]
    try:
        number = record_results(part=part, level=level, day=day, cells=sheet.cells(), by=request.user)
    except Clash as clash:
        sheet.show_clash(clash)
    except ValidationError as problem:
        sheet.show_wrong(problem)
    else:
        text = ngettext(
            "%(number)d result of %(exam)s on %(day)s is saved.", "%(number)d results of %(exam)s on %(day)s are saved.", number
        )
        words = {"number": number, "exam": exam_label(part, level), "day": date_format(day)}
        messages.success(request, text % words)
        return True
    return False
