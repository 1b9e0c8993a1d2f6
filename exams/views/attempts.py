"""One attempt at an exam: note it, change it, remove it."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from exams import actions
from exams.forms import AttemptForm, RemoveForm
from exams.models import ExamAttempt
from exams.views.results import EXAMINERS
from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.models import AccessEvent
from kvs.pages import form_page
from students.models import Programme, Student


def _back(student: Student) -> str:
    return reverse("reporting:student_progress", args=[student.pk])


def _looked(request: KvsRequest, student: Student) -> None:
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)


@require_http_methods(["GET", "POST"])
@role_required(*EXAMINERS)
def attempt_add(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Note that a student registered for an exam, or took one."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user).select_related("student"), pk=pk)
    _looked(request, programme.student)
    form = AttemptForm(form_data(request), law=programme.law)

    def act() -> ExamAttempt:
        return actions.add_attempt(programme=programme, by=request.user, **form.changes())

    def done(made: ExamAttempt) -> str:
        messages.success(request, _("%(exam)s is noted.") % {"exam": made.exam})
        return _back(programme.student)

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("New exam"),
        verb=_("Save"),
        parent=programme.student.full_name,
        parent_url=_back(programme.student),
    )


@require_http_methods(["GET", "POST"])
@role_required(*EXAMINERS)
def attempt_edit(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Change an attempt: mostly to fill in the result."""
    attempt = get_object_or_404(ExamAttempt.objects.visible_to(request.user).select_related("programme__student"), pk=pk)
    student = attempt.programme.student
    _looked(request, student)
    form = AttemptForm(form_data(request), instance=attempt, law=attempt.programme.law)

    def act() -> ExamAttempt:
        version = form.cleaned_data["version"] or 0
        return actions.change_attempt(attempt=attempt, version=version, by=request.user, changes=form.changes())

    def done(saved: ExamAttempt) -> str:
        messages.success(request, _("%(exam)s is saved.") % {"exam": saved.exam})
        return _back(student)

    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="exams/attempt_form.html",
        attempt=attempt,
        title=attempt.exam,
        verb=_("Save"),
        parent=student.full_name,
        parent_url=_back(student),
    )


@require_http_methods(["GET", "POST"])
@role_required(*EXAMINERS)
def attempt_remove(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Remove an attempt noted by mistake, after saying what goes."""
    attempt = get_object_or_404(ExamAttempt.objects.visible_to(request.user).select_related("programme__student"), pk=pk)
    student = attempt.programme.student
    _looked(request, student)
    form = RemoveForm(form_data(request), initial={"version": attempt.version})

    def act() -> bool:
        actions.remove_attempt(attempt=attempt, version=form.cleaned_data["version"], by=request.user)
        return True

    def done(_done: bool) -> str:
        messages.success(request, _("%(exam)s is removed.") % {"exam": attempt.exam})
        return _back(student)

    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="exams/attempt_remove.html",
        attempt=attempt,
        title=_("Remove exam"),
        verb=_("Remove this exam"),
        parent=student.full_name,
        parent_url=_back(student),
    )
