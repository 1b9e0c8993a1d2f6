"""The class tablet: one browser, one lesson, card or number and PIN; nothing else of the school can be read on it."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from attendance import rules
from attendance.actions import closed_to_students, confirm_presence
from attendance.models import Lesson, Mark
from kvs.access import KvsRequest, role_required, tablet_allowed
from kvs.models import Card, Role, User, WebSession
from kvs.student_door import DoorForm, by_card, by_number, card_here, lay_card, take_card_away
from students.models import Student

LONGEST_TYPED = 200  # a reader types a whole address


@require_http_methods(["GET", "POST"])
@role_required(Role.TEACHER)
def tablet_open(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """What a class tablet is, and the button that makes this browser one: the teacher is signed out here. The same page ends
    the tablets of this lesson, from any device.
    """
    lessons = Lesson.objects.taught_by(request.user).select_related("group", "register__signed_by")
    lesson = get_object_or_404(lessons, pk=pk)
    tablets = WebSession.objects.tablets_of(lesson.pk)
    why_not = _why_not(lesson)
    if request.method == "POST" and request.POST.get("action") == "end":
        tablets.delete()
        messages.success(request, _("No class tablet is open for this lesson any more."))
        return redirect("attendance:tablet_open", pk=lesson.pk)
    if request.method == "POST" and not why_not:
        until, teacher = lesson.ends_at + rules.CONFIRM_AFTER, request.account
        logout(request)
        request.session.become_tablet(teacher, lesson.pk, until)  # type: ignore[attr-defined]
        return redirect("attendance:tablet")
    context = {
        "lesson": lesson,
        "tablets": tablets.count(),
        "why_not": why_not,
        "until": lesson.ends_at + rules.CONFIRM_AFTER,
    }
    return render(request, "attendance/tablet_open.html", context, status=422 if request.method == "POST" else 200)


def _why_not(lesson: Lesson) -> str:
    """A sentence when nothing can be confirmed for this lesson (any more), else ""."""
    problem = closed_to_students(lesson, getattr(lesson, "register", None), timezone.now())
    if problem:
        return str(problem.messages[0])
    if rules.confirm_problem(timezone.now(), lesson.starts_at, lesson.ends_at) == "late":
        return _("Students can no longer confirm: the lesson ended more than an hour ago.")
    return ""


class TabletForm(DoorForm):
    """Number and PIN; the PIN alone after a card. A reader types the address on a card where the number goes."""

    def __init__(self, *args: Any, known: User | None, **kwargs: Any) -> None:
        super().__init__(*args, known=known, **kwargs)
        del self.fields["phone"]
        if "number" in self.fields:
            self.fields["number"].help_text = _("The number is on your card. Or scan your card.")
            self.fields["number"].widget.attrs["maxlength"] = LONGEST_TYPED


@tablet_allowed
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def tablet(request: HttpRequest) -> HttpResponse:
    """Card or number, and PIN; at once the start again for the next student. The page names nobody but whose card was read,
    or who just confirmed.
    """
    lesson = _lesson_here(request)
    if lesson is None:
        return redirect("student_login")
    typed = request.POST.get("number", "")
    if "#" in typed:  # what is behind it is the secret of a card: never shown in the field again
        return lay_card(request, typed.rpartition("#")[2].strip())
    if request.POST.get("action") == "again":
        take_card_away(request)
        return redirect("attendance:tablet")
    card = card_here(request)
    other_language = _other_language(request)
    sent = request.POST if request.method == "POST" and not other_language else None
    form = TabletForm(sent, known=card.user if card else None, initial={"number": typed[:LONGEST_TYPED]})
    if form.is_valid():
        name = _confirm(request, form, lesson, card)
        if name:
            take_card_away(request)
            at = date_format(timezone.localtime(), "TIME_FORMAT")
            messages.success(request, _("%(name)s, you are present. Noted at %(at)s.") % {"name": name, "at": at})
            return redirect("attendance:tablet")
    context = {
        "form": form,
        "lesson": lesson,
        "known": card.user if card else None,
        "confirmed": Mark.objects.filter(lesson=lesson, student_at__isnull=False).count(),
        "size": lesson.roster().count(),
    }
    return render(request, "attendance/tablet.html", context, status=422 if form.errors else 200)


def _other_language(request: HttpRequest) -> bool:
    """Whether a language was chosen: the page comes in it at once, so that a number that was typed stays."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        return False
    request.session["language"] = chosen
    translation.activate(chosen)
    return True


def _lesson_here(request: HttpRequest) -> Lesson | None:
    """The lesson this browser is a tablet of; None when it is none, or when who opened it no longer teaches the lesson."""
    row: WebSession | None = request.session.row  # type: ignore[attr-defined]
    if row is None or row.level != WebSession.Level.KIOSK or row.user is None or row.bound_to is None:
        return None
    return Lesson.objects.taught_by(row.user).select_related("group").filter(pk=row.bound_to).first()


def _confirm(request: HttpRequest, form: forms.Form, lesson: Lesson, card: Card | None) -> str:
    """Confirm for whose card or number and PIN these are; the name to call them by, or "" and the form says why not."""
    user = by_card(request, form, card) if card else by_number(request, form)
    if user is None:
        return ""
    student = _student_in(lesson, user)
    if student is None:
        form.add_error(None, _("You are not on the register of this lesson. Ask your teacher."))
        return ""
    try:
        confirm_presence(lesson=lesson, student=student, by=user, tablet=True)
    except ValidationError as problem:
        form.add_error(None, problem)
        return ""
    return student.call_name or student.given_names or student.surname


def _student_in(lesson: Lesson, user: User) -> Student | None:
    student = Student.objects.visible_to(user).filter(user=user).first()
    if student is None or not Lesson.objects.visible_to(user).of_student(student).filter(pk=lesson.pk).exists():
        return None
    return student


@tablet_allowed
@login_not_required
@require_POST
def tablet_close(request: HttpRequest) -> HttpResponse:
    """The end of a class tablet: needs no more than its button, since afterwards the browser can do less."""
    row: WebSession | None = request.session.row  # type: ignore[attr-defined]
    if row is not None and row.level == WebSession.Level.KIOSK:
        request.session.flush()
    return redirect("account_login")
