"""The tab "progress" of the student page, and the student's own page of it."""

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from exams.models import EXAM_READERS, LEARNING_READERS, Skill
from exams.views.levels import ASSESSORS
from exams.views.results import EXAMINERS
from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.categories import EXAMS, LEARNING
from kvs.models import AccessEvent
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
