"""The steps of a request that need a form: who asks, more time, the decision, the letter, what was done; and the terms."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kvs.access import KvsRequest, role_required
from kvs.drafts import form_data
from kvs.pages import form_page
from privacy.actions import requests as actions
from privacy.forms.requests import DecideForm, ExecutedForm, IdentityForm, RecogniseForm, TaskForm, TermsForm
from privacy.forms.steps import LetterForm, MoreTimeForm, StepForm
from privacy.models import PrivacyRequest, RequestSetting, RequestTask
from privacy.models.requests import HANDLERS
from privacy.models.terms import settings_of_school
from privacy.views.requests import one_request


def _step(
    request: KvsRequest,
    row: PrivacyRequest,
    form: StepForm,
    action: Callable[..., PrivacyRequest],
    told: str | Callable[[PrivacyRequest], str],
    **context: Any,
) -> HttpResponse:
    """A form page that belongs to a request and goes back to it: `action` with what the form holds, then `told`."""
    back = reverse("privacy:request", args=[row.pk])

    def act() -> PrivacyRequest:
        return action(request=row, version=form.known_version, by=request.user, **form.facts())

    def done(made: PrivacyRequest) -> str:
        messages.success(request, told if isinstance(told, str) else told(made))
        return back

    return form_page(request, form, act=act, done=done, parent=row.reference, parent_url=back, row=row, **context)


@require_http_methods(["GET", "POST"])
@role_required(*HANDLERS)
def request_identity(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Record how it is known who asks."""
    row = one_request(request, pk)
    form = IdentityForm(form_data(request), row=row)
    told = _("Recorded. No copy of a document is kept.")
    return _step(request, row, form, actions.establish_identity, told, title=_("Who asks?"), verb=_("Record"))


@require_http_methods(["GET", "POST"])
@role_required(*HANDLERS)
def request_person(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Say whose data it is about."""
    row = one_request(request, pk)
    form = RecogniseForm(form_data(request), row=row, user=request.user)
    told = _("The request now belongs to this person.")
    words = {"title": _("Whose data is it about?"), "verb": _("This person")}
    return _step(request, row, form, actions.recognise_person, told, **words)


@require_http_methods(["GET", "POST"])
@role_required(*HANDLERS)
def request_extend(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Take more time, once and in time."""
    row = one_request(request, pk)
    form = MoreTimeForm(form_data(request), row=row)

    def told(made: PrivacyRequest) -> str:
        return _("The last day is now %(day)s. The letter that says so is on this page.") % {"day": date_format(made.last_day)}

    return _step(request, row, form, actions.extend_term, told, title=_("More time"), verb=_("Extend the term"))


@require_http_methods(["GET", "POST"])
@role_required(*HANDLERS)
def request_decide(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Decide, with grounds of the law for what is refused."""
    row = one_request(request, pk)
    kept = {"decision": row.decision, "grounds": row.grounds, "law": row.law, "explanation": row.explanation or ""}
    form = DecideForm(form_data(request), row=row, initial=kept)

    def told(made: PrivacyRequest) -> str:
        return _("Decided: %(what)s. The letter is ready.") % {"what": made.get_decision_display()}

    words = {"template": "privacy/request_decide.html", "title": _("Decision"), "verb": _("Decide")}
    return _step(request, row, form, actions.decide_request, told, **words)


@require_http_methods(["GET", "POST"])
@role_required(*HANDLERS)
def request_letter(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Record that the letter went out."""
    row = one_request(request, pk)
    form = LetterForm(form_data(request), row=row)
    words = {"template": "privacy/request_letter.html", "title": _("Send the letter"), "verb": _("The letter is sent")}
    return _step(request, row, form, actions.send_letter, _("The answer is given."), **words)


@require_http_methods(["GET", "POST"])
@role_required(*HANDLERS)
def request_executed(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Confirm that what was granted is done."""
    row = one_request(request, pk)
    form = ExecutedForm(form_data(request), row=row)
    told = _("What was granted is done.")
    return _step(request, row, form, actions.confirm_executed, told, title=_("It is done"), verb=_("Confirm"))


@require_http_methods(["GET", "POST"])
@role_required(*HANDLERS)
def request_task(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Confirm how a task outside this system ended."""
    task = get_object_or_404(RequestTask.objects.visible_to(request.user).select_related("request"), pk=pk)
    form = TaskForm(form_data(request), task=task)
    back = reverse("privacy:request", args=[task.request_id])

    def act() -> RequestTask:
        return actions.confirm_task(task=task, by=request.user, **form.cleaned_data)

    def done(made: RequestTask) -> str:
        messages.success(request, _("Confirmed: %(what)s.") % {"what": made.what})
        return back

    title = f"{task.get_kind_display()}: {task.what}".capitalize()
    return form_page(
        request, form, act=act, done=done, title=title, verb=_("Confirm"), parent=task.request.reference, parent_url=back
    )


@require_http_methods(["GET", "POST"])
@role_required(*HANDLERS)
def terms(request: KvsRequest) -> HttpResponse:
    """The school's own terms."""
    form = TermsForm(form_data(request), instance=settings_of_school())

    def act() -> RequestSetting:
        changes = {name: form.cleaned_data[name] for name in (*TermsForm.Meta.fields, "systems")}
        return actions.change_terms(version=form.cleaned_data["version"] or 0, by=request.user, changes=changes)

    def done(_made: RequestSetting) -> str:
        messages.success(request, _("The terms are saved. They hold for requests that come in from now on."))
        return reverse("privacy:requests")

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("Terms of requests and complaints"),
        verb=_("Save"),
        parent=_("Requests"),
        parent_url=reverse("privacy:requests"),
    )
