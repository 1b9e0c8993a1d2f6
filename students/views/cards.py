"""Cards and one-time codes: for one student at the desk, and cards for a whole group on paper."""

import secrets
import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kvs import audit, cards
from kvs.access import KvsRequest, office_role, role_required
from kvs.models import AccessEvent, Card, Role, User, WebSession
from students.actions import forget_email, invite_by_email, open_account
from students.models import Enrolment, Group, Student

ISSUERS = (Role.ADMINISTRATION, Role.COORDINATOR)
MAKES = {"both": (True, True), "card": (True, False), "code": (False, True)}  # which button: a card, a code


@require_http_methods(["GET", "POST"])
@role_required(*ISSUERS)
def student_card(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """How one student signs in; make a card and a one-time code, or end everything."""
    student = get_object_or_404(Student.objects.visible_to(request.user).select_related("user"), pk=pk)
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)
    wanted = request.POST.get("make", "")
    if request.method == "GET":
        return render(request, "students/cards_student.html", _state(request, student))
    if wanted == "nothing" and student.user:
        cards.revoke_cards(user=student.user, by=request.user)
        messages.success(
            request, _("The card of %(name)s has ended and every device is signed out.") % {"name": student.full_name}
        )
    elif wanted in ("email", "no_email"):
        _change_email(request, student, wanted == "email")
    elif wanted in MAKES and _first_time(request):
        return _issued(request, student, *MAKES[wanted])
    return redirect("students:card", pk=student.pk)


def _state(request: KvsRequest, student: Student) -> dict[str, object]:
    user = student.user
    return {
        "student": student,
        "card": Card.objects.live().filter(user=user).first() if user else None,
        "devices": WebSession.objects.live().filter(user=user).count() if user else 0,
        "once": _once(request),
        "by_email": bool(user and user.email and user.has_usable_password()),
    }


def _change_email(request: KvsRequest, student: Student, invited: bool) -> None:
    """Invite the student to sign in by e-mail, or end that."""
    if not invited:
        forget_email(student=student, by=request.user)
        messages.success(request, _("%(name)s cannot sign in by e-mail any more.") % {"name": student.full_name})
        return
    try:
        invite_by_email(student=student, by=request.user)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, _("%(name)s gets an e-mail with a link to choose a password.") % {"name": student.full_name})


def _issued(request: KvsRequest, student: Student, card: bool, code: bool) -> HttpResponse:
    """The page with what was just made: shown this once, for only hashes are kept."""
    try:
        with transaction.atomic():
            user = open_account(student=student, by=request.user)
            token = cards.issue_card(user=user, by=request.user) if card else ""
            one_time = cards.issue_desk_code(user=user, by=request.user) if code else ""
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect("students:card", pk=student.pk)
    context = {
        "student": student,
        "code": one_time,
        "minutes": int(cards.CODE_LIFETIME.total_seconds() / 60),
        "cards": [_printed(request, user, token)] if token else [],
        "door": _address(request, "student_login"),
    }
    return render(request, "students/cards_issued.html", context)


@require_http_methods(["GET", "POST"])
@role_required(*ISSUERS)
def group_cards(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Cards for the students of a group, ten on a sheet of paper; those without a card are ticked beforehand."""
    group = get_object_or_404(Group.objects.visible_to(request.user), pk=pk)
    places = Enrolment.objects.visible_to(request.user).active_on(timezone.localdate()).filter(group=group)
    students = Student.objects.visible_to(request.user).filter(programmes__enrolments__in=places).distinct()
    students = students.select_related("user")
    if request.method == "POST" and _first_time(request):
        return _sheet(request, group, [student for student in students if str(student.pk) in request.POST.getlist("student")])
    audit.log_access(request.user, office_role(request.user), [row.audit_id for row in students], AccessEvent.Kind.LIST)
    live = {card.user_id: card.issued_at for card in Card.objects.live().filter(user__student__in=students)}
    rows = [(student, live.get(student.user_id) if student.user_id else None) for student in students]
    return render(request, "students/cards_group.html", {"group": group, "rows": rows, "once": _once(request)})


def _sheet(request: KvsRequest, group: Group, students: list[Student]) -> HttpResponse:
    audit.log_access(request.user, office_role(request.user), [row.audit_id for row in students], AccessEvent.Kind.EXPORT)
    made, refused = [], []
    for student in students:
        try:
            user = open_account(student=student, by=request.user)
            made.append(_printed(request, user, cards.issue_card(user=user, by=request.user)))
        except ValidationError as problem:
            refused.append((student, " ".join(problem.messages)))
    context = {"group": group, "cards": made, "refused": refused, "door": _address(request, "student_login")}
    return render(request, "students/cards_sheet.html", context)


def _printed(request: KvsRequest, user: User, token: str) -> dict[str, str | None]:
    """What stands on a card: name and number to read, the address of the school with the card's secret to scan."""
    address = f"{request.build_absolute_uri(reverse('student_card'))}#{token}"
    return {"name": user.full_name, "number": user.student_number, "address": address}


def _address(request: KvsRequest, name: str) -> str:
    """An address as people type it, without the scheme."""
    return f"{request.get_host()}{reverse(name)}"


def _once(request: KvsRequest) -> str:
    """A word for one sending of a form: reloading the page of printed cards must not end those very cards."""
    request.session["cards_once"] = secrets.token_urlsafe(8)
    return str(request.session["cards_once"])


def _first_time(request: KvsRequest) -> bool:
    expected = request.session.pop("cards_once", None)
    if expected is not None and request.POST.get("once") == expected:
        return True
    messages.warning(request, _("Nothing was made: this page had been sent before. Choose again."))
    return False
