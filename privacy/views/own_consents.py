"""The student's own page of consents: what the school asks, yes or no in one tap, and back in one tap."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kvs.access import KvsRequest
from privacy.actions.consents import say_in_own_pages
from privacy.consents import Question, questions, speakers
from privacy.views.own_requests import way_in
from students.models import Student
from students.views.portal import own_file


@require_http_methods(["GET", "POST"])
@own_file
def own_consents(request: KvsRequest, student: Student) -> HttpResponse:
    """What I allow. Each thing apart, nothing chosen beforehand, and a no is as large as a yes."""
    asked = questions(student)
    if request.method == "POST":
        for question in asked:
            if question.key == request.POST.get("about", ""):
                _say(request, student, question, yes=request.POST.get("answer") == "yes")
        return redirect("privacy:own_consents")
    who = speakers(student, timezone.localdate())
    return render(request, "privacy/own_consents.html", {"student": student, "questions": asked, "who": who})


def _say(request: KvsRequest, student: Student, question: Question, *, yes: bool) -> None:
    seen = (_number(request, "text"), _number(request, "version"))
    try:
        say_in_own_pages(
            student=student,
            purpose=question.purpose,
            client=question.client,
            yes=yes,
            seen=seen,
            by=request.user,
            identity=way_in(request),
        )
    except ValidationError as problem:
        messages.warning(request, _stale(problem) or problem.messages[0])
    else:
        said = _("You said yes. You can always change your mind.") if yes else _("You said no. It does not happen.")
        messages.success(request, said)


def _stale(problem: ValidationError) -> str:
    """What a student reads when the desk recorded something meanwhile."""
    if getattr(problem, "code", None) != "stale":
        return ""
    return _("The school wrote something down about this just now. Look below, then choose.")


def _number(request: KvsRequest, name: str) -> int:
    value = request.POST.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 9 else 0
