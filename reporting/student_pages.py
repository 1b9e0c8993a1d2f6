"""Tabs of the student page: progress, and to whom data were given; and the student's own page of progress."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from exams.models import EXAM_READERS, LEARNING_READERS, Skill
from exams.views.levels import ASSESSORS
from exams.views.results import EXAMINERS
from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.categories import EXAMS, LEARNING
from kvs.drafts import form_data
from kvs.models import AccessEvent
from kvs.pages import form_page
from reporting import actions
from reporting.forms import GivenForm, WithdrawForm
from reporting.models import READERS, Disclosure
from reporting.student_progress import progress_of
from students.models import Student
from students.views.people import EDITORS, student_tabs, with_groups
from students.views.portal import own_file


@require_GET
@role_required(*EXAM_READERS)
def student_progress(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Levels against attended hours, and exams, as far as the role may read them."""
    student = get_object_or_404(with_groups(Student.objects.visible_to(request.user)), pk=pk)
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)
    context = {
        "student": student,
        "programmes": progress_of(student, request.user),
        "skills": Skill.labels,
        "tabs": student_tabs(request.account, student, "reporting:student_progress"),
        "may_edit": request.account.has_role(*EDITORS),
        "may_read_levels": request.user.has_role(*LEARNING_READERS),
        "may_measure": request.user.has_role(*ASSESSORS) and LEARNING.code not in student.restricted,
        "may_examine": request.user.has_role(*EXAMINERS) and EXAMS.code not in student.restricted,
        "locked": [code for code in (LEARNING.code, EXAMS.code) if code in student.restricted],
    }
    return render(request, "reporting/student_progress.html", context)


@require_GET
@own_file
def own_progress(request: KvsRequest, student: Student) -> HttpResponse:
    """What I can do by now, and how my exams stand."""
    context = {"programmes": progress_of(student, request.user), "skills": Skill.labels}
    return render(request, "portal/progress.html", context)


@require_GET
@role_required(*READERS)
def student_disclosures(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """To whom data of a student went: reports, and what was given by hand; also what was recorded by mistake."""
    student = get_object_or_404(with_groups(Student.objects.visible_to(request.user)), pk=pk)
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)
    found = Disclosure.objects.filter(people__audit_id=student.audit_id).select_related("client", "by", "by_hand")
    context = {
        "student": student,
        "disclosures": found,
        "tabs": student_tabs(request.account, student, "reporting:student_disclosures"),
        "may_edit": request.account.has_role(*EDITORS),
    }
    return render(request, "reporting/student_disclosures.html", context)


@require_http_methods(["GET", "POST"])
@role_required(*READERS)
def record_given(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Record what was given by mouth, telephone, letter or screen."""
    student = get_object_or_404(Student.objects.visible_to(request.user), pk=pk)
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)
    form = GivenForm(form_data(request), student=student)
    back = reverse("reporting:student_disclosures", args=[pk])

    def act() -> Disclosure:
        return actions.record_given(student=student, by=request.user, **form.facts())

    def done(_made: Disclosure) -> str:
        messages.success(request, _("Recorded. The student sees it in the own pages."))
        return back

    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="reporting/record_given.html",
        title=_("Record what was given"),
        student=student,
        verb=_("Record"),
        parent=student.full_name,
        parent_url=back,
    )


@require_http_methods(["GET", "POST"])
@role_required(*READERS)
def withdraw_given(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a wrong record back: it stays in the list, with the reason."""
    mine = Disclosure.objects.visible_to(request.user).filter(report="", by_hand__isnull=False)
    row = get_object_or_404(mine.select_related("client", "by_hand__student"), pk=pk)
    student = row.by_hand.student
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)
    form = WithdrawForm(form_data(request))
    back = reverse("reporting:student_disclosures", args=[student.pk])

    def act() -> Disclosure:
        return actions.withdraw_given(disclosure=row, reason=form.cleaned_data["reason"], by=request.user)

    def done(_made: Disclosure) -> str:
        messages.success(request, _("Taken back. It stays in the list with the reason."))
        return back

    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="reporting/withdraw_given.html",
        title=_("Take back"),
        disclosure=row,
        verb=_("Take back"),
        parent=student.full_name,
        parent_url=back,
    )
