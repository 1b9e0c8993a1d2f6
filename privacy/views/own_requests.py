"""The person's own requests: ask in three taps, see what runs and until when, read the answer, take it back."""

import uuid
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kvs.access import KvsRequest
from kvs.drafts import form_data
from kvs.factors import PROOF
from kvs.models import Role
from kvs.pages import form_page
from privacy import rules
from privacy.actions import requests as actions
from privacy.forms.requests import OwnRequestForm
from privacy.models import PrivacyRequest
from privacy.views.requests import pdf_answer
from students.models import Student


class Choice(NamedTuple):
    """Something one can ask, in plain words with a picture. `elsewhere`: the page where a student does it at once."""

    kind: str
    icon: str
    title: str | Promise
    text: str | Promise
    elsewhere: str = ""


CHOICES = (
    Choice(rules.ACCESS, "eye", gettext_lazy("I want to see my data"), gettext_lazy("You get everything we know about you.")),
    Choice(
        rules.RECTIFICATION,
        "pencil",
        gettext_lazy("Something is not right"),
        gettext_lazy("We look at it and correct it."),
    ),
    Choice(rules.ERASURE, "trash-2", gettext_lazy("Delete my data"), gettext_lazy("We delete what we may delete.")),
    Choice(
        rules.PORTABILITY,
        "file-output",
        gettext_lazy("I want to take my data with me"),
        gettext_lazy("You get a file for another school."),
    ),
    Choice(
        rules.RESTRICTION,
        "pause",
        gettext_lazy("Do not use my data for now"),
        gettext_lazy("We keep your data, but do not use them."),
    ),
    Choice(
        rules.OBJECTION,
        "hand",
        gettext_lazy("Say no"),
        gettext_lazy("What the school may not do with your data"),
        "privacy:own_objections",
    ),
    Choice(
        rules.CONSENT,
        "undo-2",
        gettext_lazy("I take my permission back"),
        gettext_lazy("You said yes before. Now you say no."),
        "privacy:own_consents",
    ),
)


def frame_of(request: KvsRequest) -> dict[str, Any]:
    """Students see the pages of the portal, colleagues those of the office."""
    portal = request.user.is_only(Role.STUDENT)
    return {"portal": portal, "frame": "portal/frame.html" if portal else "base.html"}


def _mine(request: KvsRequest) -> Any:
    return PrivacyRequest.objects.of_person(request.user)


@require_GET
def own_requests(request: KvsRequest) -> HttpResponse:
    """What one asked, how it stands, and until when the school has."""
    rows = _mine(request).order_by("-received_on", "pk")
    pictures = {choice.kind: choice for choice in CHOICES}
    return render(
        request, "privacy/own_requests.html", {"lines": [(row, pictures[row.kind]) for row in rows], **frame_of(request)}
    )


@require_GET
def own_ask(request: KvsRequest) -> HttpResponse:
    """What do you want to ask? One tap."""
    frame = frame_of(request)
    running = set(_mine(request).unanswered().values_list("kind", flat=True))
    lines = []
    for choice in CHOICES:
        there = frame["portal"] and choice.elsewhere  # a page where one also takes it back: it stays open
        lines.append((choice, _address(choice, frame["portal"]), choice.kind in running and not there))
    return render(request, "privacy/own_ask.html", {"lines": lines, **frame})


def _address(choice: Choice, portal: bool) -> str:
    return reverse(choice.elsewhere) if choice.elsewhere and portal else reverse("privacy:own_ask_kind", args=[choice.kind])


@require_http_methods(["GET", "POST"])
def own_ask_kind(request: KvsRequest, kind: str) -> HttpResponse:
    """Ask it: one button, and room for words that nobody has to fill."""
    choice = next((one for one in CHOICES if one.kind == kind), None)
    if choice is None:
        raise Http404
    form = OwnRequestForm(form_data(request))

    def act() -> PrivacyRequest:
        words = form.cleaned_data["words"] or None
        return actions.take_in(
            kind=kind,
            channel="portal",
            received_on=timezone.localdate(),
            words=words,
            by=request.user,
            own=True,
            **facts_of_me(request),
        )

    def done(made: PrivacyRequest) -> str:
        text = _("Your question is with the school. You get an answer on %(day)s at the latest.")
        messages.success(request, text % {"day": date_format(made.last_day)})
        return reverse("privacy:own_request", args=[made.pk])

    seen_first = not rules.identity_suffices(kind, way_in(request))
    context = {"choice": choice, "seen_first": seen_first, **frame_of(request)}
    return form_page(request, form, act=act, done=done, template="privacy/own_ask_kind.html", **context)


def way_in(request: KvsRequest) -> str:
    """How this browser showed whose it is."""
    return rules.SECOND_FACTOR if request.session.get(PROOF) == str(request.user.pk) else rules.SIGNED_IN


def facts_of_me(request: KvsRequest) -> dict[str, Any]:
    """The facts of who asks: the student's file, or the account of a colleague."""
    student = Student.objects.filter(user=request.user).first() if request.user.has_role(Role.STUDENT) else None
    known = {"identity": way_in(request), "contact": request.user.email or None}
    if student is not None:
        return {**known, "person_kind": "student", "subject_audit_id": student.audit_id, "name": student.full_name}
    name = request.user.full_name or request.user.student_number or request.user.email
    return {**known, "person_kind": "staff", "subject_audit_id": request.user.audit_id, "name": name}


@require_GET
def own_request(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """One question of one's own: how it stands."""
    row = get_object_or_404(_mine(request), pk=pk)
    choice = next(choice for choice in CHOICES if choice.kind == row.kind)
    return render(request, "privacy/own_request.html", {"row": row, "choice": choice, **frame_of(request)})


@require_POST
def own_withdraw(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a question back."""
    actions.withdraw_request(request=get_object_or_404(_mine(request), pk=pk), by=request.user)
    messages.success(request, _("You took your question back."))
    return redirect("privacy:own_requests")


@require_GET
def own_letter(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The letter with the answer, once it was sent."""
    row = get_object_or_404(_mine(request).filter(letter_sent_on__isnull=False), pk=pk)
    return pdf_answer(row.letter, f"{row.reference.replace(' ', '-')}.pdf")
