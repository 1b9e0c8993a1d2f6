"""The steps of a complaint that need a form: the handler, the confirmation, more time, the decision, the letter."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kvs.access import KvsRequest, role_required
from kvs.drafts import form_data
from kvs.pages import form_page
from privacy.actions import complaints as actions
from privacy.forms.complaints import AssignForm, ConfirmForm, JudgeForm
from privacy.forms.steps import LetterForm, MoreTimeForm, StepForm
from privacy.models import Complaint
from privacy.models.complaints import HANDLERS
from privacy.views.complaints import one_complaint

Told = Callable[[Complaint], str]


def _step(
    request: KvsRequest, row: Complaint, form: StepForm, act: Callable[..., Complaint], told: Told, **context: Any
) -> HttpResponse:
    """A form page that belongs to a complaint and goes back to it. `act`: the action, which takes what was typed."""
    back = reverse("privacy:complaint", args=[row.pk])

    def do() -> Complaint:
        return act(complaint=row, version=form.known_version, by=request.user, **form.facts())

    def done(made: Complaint) -> str:
        messages.success(request, told(made))
        return back

    known = {"template": "privacy/complaint_step.html", "parent": row.reference, "parent_url": back, "row": row}
    return form_page(request, form, act=do, done=done, **{**known, **context})


@require_http_methods(["GET", "POST"])
@role_required(*HANDLERS)
def complaint_assign(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Choose who handles it: nobody who is a party."""
    row = one_complaint(request, pk)
    form = AssignForm(form_data(request), row=row)
    told = _("The handler is told by e-mail.")
    return _step(
        request,
        row,
        form,
        actions.assign_complaint,
        lambda _row: told,
        title=_("Who handles it?"),
        verb=_("Give it to this colleague"),
    )


@require_http_methods(["GET", "POST"])
@role_required(*HANDLERS)
def complaint_confirm(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Record that the person knows that it came in."""
    row = one_complaint(request, pk)
    form = ConfirmForm(form_data(request), row=row)
    told = _("Recorded that the person knows.")
    return _step(
        request, row, form, actions.confirm_complaint, lambda _row: told, title=_("Confirmed to the person"), verb=_("Record")
    )


@require_http_methods(["GET", "POST"])
@role_required(*HANDLERS)
def complaint_extend(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Take more time, once and in time."""
    row = one_complaint(request, pk)
    form = MoreTimeForm(form_data(request), row=row)

    def told(made: Complaint) -> str:
        return _("The last day is now %(day)s. The letter that says so is on this page.") % {"day": date_format(made.last_day)}

    return _step(request, row, form, actions.extend_complaint, told, title=_("More time"), verb=_("Extend the term"))


@require_http_methods(["GET", "POST"])
@role_required(*HANDLERS)
def complaint_decide(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Decide, with reasons and measures."""
    row = one_complaint(request, pk)
    kept = {"decision": row.decision, "reasons": row.reasons or "", "measures": row.measures or ""}
    form = JudgeForm(form_data(request), row=row, initial=kept)

    def told(made: Complaint) -> str:
        return _("Decided: %(what)s. The letter is ready.") % {"what": made.get_decision_display()}

    return _step(request, row, form, actions.decide_complaint, told, title=_("Decision"), verb=_("Decide"), with_words=True)


@require_http_methods(["GET", "POST"])
@role_required(*HANDLERS)
def complaint_letter(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Record that the letter went out."""
    row = one_complaint(request, pk)
    form = LetterForm(form_data(request), row=row)
    told = _("The answer is given.")
    return _step(
        request,
        row,
        form,
        actions.send_complaint_letter,
        lambda _row: told,
        title=_("Send the letter"),
        verb=_("The letter is sent"),
        with_letter=True,
    )
