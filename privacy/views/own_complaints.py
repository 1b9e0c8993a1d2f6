"""The person's own complaints: make one, see how it stands, read the letter."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kvs.access import KvsRequest
from kvs.drafts import form_data
from kvs.pages import form_page
from privacy.actions.complaints import take_in_complaint
from privacy.forms.complaints import OwnComplaintForm
from privacy.models import Complaint
from privacy.views.intake import RECEIVERS
from privacy.views.own_requests import facts_of_me, frame_of
from privacy.views.requests import pdf_answer


def _mine(request: KvsRequest) -> Any:
    return Complaint.objects.of_person(request.user)


@require_GET
def own_complaints(request: KvsRequest) -> HttpResponse:
    """What one complained about, how it stands, and until when the school has."""
    rows = _mine(request).order_by("-received_on", "pk")
    context = {"rows": rows, "may_take_in": request.user.has_role(*RECEIVERS), **frame_of(request)}
    return render(request, "privacy/own_complaints.html", context)


@require_http_methods(["GET", "POST"])
def own_complain(request: KvsRequest) -> HttpResponse:
    """Complain: about what, about whom, and what went wrong."""
    form = OwnComplaintForm(form_data(request), user=request.user)

    def act() -> Complaint:
        typed = form.cleaned_data
        me = {name: value for name, value in facts_of_me(request).items() if name != "identity"}
        facts = {**me, **form.about_whom(), "words": typed["words"], "request": typed.get("request")}
        return take_in_complaint(channel="portal", received_on=timezone.localdate(), by=request.user, own=True, **facts)

    def done(made: Complaint) -> str:
        text = _("Your complaint is with the school. You get an answer on %(day)s at the latest.")
        messages.success(request, text % {"day": date_format(made.last_day)})
        return reverse("privacy:own_complaint", args=[made.pk])

    return form_page(request, form, act=act, done=done, template="privacy/own_complain.html", **frame_of(request))


@require_GET
def own_complaint(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """One complaint of one's own: how it stands."""
    return render(request, "privacy/own_complaint.html", {"row": get_object_or_404(_mine(request), pk=pk), **frame_of(request)})


@require_GET
def own_complaint_letter(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The letter with the answer, once it was sent."""
    row = get_object_or_404(_mine(request).filter(letter_sent_on__isnull=False), pk=pk)
    return pdf_answer(row.letter, f"{row.reference.replace(' ', '-')}.pdf")
