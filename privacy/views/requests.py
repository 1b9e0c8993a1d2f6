"""The privacy officer's desk: all requests, and the page of one with what happened and what comes next."""

import datetime as dt
import uuid
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.models import AccessEvent, User
from kvs.pages import Sorts, counted, list_page
from kvs.pdf import PdfUnavailable
from privacy import letters, rules
from privacy.actions import requests as actions
from privacy.execution import execution_of
from privacy.forms.requests import RequestFilter, age_of
from privacy.models import PrivacyRequest, Representation, RequestTask
from privacy.models.requests import HANDLERS, PrivacyRequestQuerySet
from privacy.subject import find_person
from students.models import Student

WHY = "privacy_request"  # reason of the access lines
SORTS: Sorts = {
    "due": ("last_day", "pk"),
    "received": ("received_on", "pk"),
    "kind": ("kind", "last_day", "pk"),
    "state": ("state", "last_day", "pk"),
}


def requests_of(request: KvsRequest) -> PrivacyRequestQuerySet:
    """Those the user may handle."""
    return PrivacyRequest.objects.handled_by_role_of(request.user)


def one_request(request: KvsRequest, pk: uuid.UUID) -> PrivacyRequest:
    """One the user may handle, or 404; that it was opened stands in the file of the person."""
    found = get_object_or_404(requests_of(request).select_related("representation"), pk=pk)
    if found.subject_audit_id:
        kind = AccessEvent.Kind.DETAIL
        audit.log_access(request.user, office_role(request.user), [found.subject_audit_id], kind, reason=WHY)
    return found


@require_GET
@role_required(*HANDLERS)
def request_list(request: KvsRequest) -> HttpResponse:
    """Requests, the first to be answered on top: those that are too late come first."""
    chosen = RequestFilter(request.GET)
    everything = requests_of(request)
    found = _chosen(everything, chosen)
    page = list_page(request, found, among=everything, sorts=SORTS)
    seen = [row.subject_audit_id for row in page.rows if row.subject_audit_id]
    audit.log_access(request.user, office_role(request.user), seen, AccessEvent.Kind.LIST, reason=WHY)
    context = {
        "page": page,
        "filter": chosen,
        "count": counted(found)[0],
        "late": everything.overdue(timezone.localdate()).count(),
        "not_done": everything.granted_not_done(timezone.localdate()).count(),
    }
    return render(request, "privacy/request_list.html", context)


def _chosen(found: Any, chosen: RequestFilter) -> Any:
    options = chosen.cleaned_data if chosen.is_valid() else {}
    if options.get("kind"):
        found = found.filter(kind=options["kind"])
    show = options.get("show", "")
    if show == "late":
        return found.overdue(timezone.localdate()) | found.granted_not_done(timezone.localdate())
    if show == "closed":
        return found.exclude(pk__in=found.open())
    return found if show == "all" else found.open()


class Step(NamedTuple):
    """What comes next: why, what the button says and where it leads. `post`: the button acts at once."""

    text: str
    verb: str
    url: str
    post: bool = False


@require_GET
@role_required(*HANDLERS)
def request_page(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """One request: what is asked, by whom, until when, what happened, and the one thing to do next."""
    row = one_request(request, pk)
    tasks = list(row.tasks.all())
    person = find_person(row.subject_audit_id) if row.subject_audit_id else None
    context = {
        "row": row,
        "tasks": tasks,
        "events": events_of(row),
        "step": next_step(row, tasks) if row.is_open else None,
        "warnings": _warnings(row, person),
        "may_extend": rules.may_extend(timezone.localdate(), row.due_on, extended=row.extended_to is not None)
        and row.state in ("new", "handling"),
        "may_redo": row.state == "decided" and not (row.letter_sent_on or row.execution or row.executed_on),
        "people": _names(row),
        "grounds": letters.grounds_of(row),
        "file_url": reverse("students:detail", args=[person.pk]) if isinstance(person, Student) else "",
    }
    return render(request, "privacy/request_page.html", context)


def _warnings(row: PrivacyRequest, person: Any) -> list[str]:
    """What the law says about who asks."""
    if not row.is_open or row.subject_audit_id is None:
        return []
    found = Representation.objects.filter(subject_audit_id=row.subject_audit_id)
    age = age_of(person, row.received_on)
    measures = [one.standing for one in found]
    if row.representation is None and not rules.person_may_act(age, row.received_on, row.matter, measures):
        return [_("For this person the representative has to ask this (under 12, curatele, bewind or mentorschap).")]
    return []


def _names(row: PrivacyRequest) -> dict[str, str]:
    """Who did what, by column."""
    columns = ("handler_audit_id", "taken_in_by_audit_id", "identity_by_audit_id", "decided_by_audit_id")
    wanted = {column: getattr(row, column) for column in columns}
    users = {user.audit_id: user.full_name for user in User.objects.filter(audit_id__in=wanted.values())}
    return {column.removesuffix("_audit_id"): users.get(audit_id, "") for column, audit_id in wanted.items()}


class Event(NamedTuple):
    """Something that happened on a day."""

    on: dt.date
    text: str
    who: str = ""  # key of the names


def events_of(row: PrivacyRequest) -> list[Event]:
    """What happened so far, in order."""
    found: list[Event | None] = [
        Event(row.received_on, _("Received %(how)s") % {"how": row.get_channel_display()}, "taken_in_by"),
        Event(row.identity_on, capfirst(row.get_identity_display()), "identity_by") if row.identity_on else None,
        Event(row.extension_told_on, _("Term extended: %(why)s") % {"why": row.get_extension_reason_display()})
        if row.extension_told_on
        else None,
        Event(row.decided_on, _("Decision: %(what)s") % {"what": row.get_decision_display()}, "decided_by")
        if row.decided_on
        else None,
        Event(row.letter_sent_on, _("Letter sent %(how)s") % {"how": row.get_letter_sent_how_display()})
        if row.letter_sent_on
        else None,
        Event(row.executed_on, _("Carried out")) if row.executed_on else None,
        Event(row.closed_on, str(row.get_state_display()).capitalize()) if row.closed_on else None,
    ]
    return sorted((event for event in found if event), key=lambda event: event.on)


def next_step(row: PrivacyRequest, tasks: list[RequestTask]) -> Step:
    """The one thing to do next with an open request."""
    if row.state == PrivacyRequest.State.NEW:
        return _to("request_identity", row, _("You must know who asks before you do anything else."), _("Establish who asks"))
    if row.subject_audit_id is None and row.identity != rules.NOT_ESTABLISHED and row.state == PrivacyRequest.State.HANDLING:
        text = _("Look whether this person is in the system. Nobody? Then you can decide all the same.")
        return _to("request_person", row, text, _("Find the person"))
    if row.state == PrivacyRequest.State.HANDLING:
        return _to("request_decide", row, _("Decide, with a reason. The letter is made from it."), _("Decide"))
    if row.letter_sent_on is None:
        return _to("request_letter", row, _("The letter is ready. Send it, and say when and how it went."), _("Send the letter"))
    if row.is_granted and row.executed_on is None:
        return _execution_step(row)
    waiting = next((task for task in tasks if not task.outcome), None)
    if waiting:
        url = reverse("privacy:request_task", args=[waiting.pk])
        return Step(_("Outside this system: %(what)s.") % {"what": waiting.what}, _("Confirm a task"), url)
    return _to("request_close", row, _("Everything is done."), _("Close the request"), post=True)


def _to(name: str, row: PrivacyRequest, text: str, verb: str, *, post: bool = False) -> Step:
    return Step(text, verb, reverse(f"privacy:{name}", args=[row.pk]), post)


def _execution_step(row: PrivacyRequest) -> Step:
    """Where the system does it: begin, or look how far it is; else confirm that it was done by hand."""
    way = execution_of(row)
    if way is None or way.done_on(row):
        return _to("request_executed", row, _("Do what was granted, then confirm it here."), _("Confirm that it is done"))
    if way.begin and not row.execution:
        return _to("request_start", row, _("This was granted. It is done here in the system."), str(way.verb), post=True)
    url = way.url(row)
    if not url:
        return _to("request_executed", row, _("The person is not in the system any more."), _("Confirm that it is done"))
    return Step(_("This was granted and is not done yet."), str(way.verb), url)


# --- acts without a form


def _act(request: KvsRequest, pk: uuid.UUID, act: Any, told: str) -> HttpResponse:
    row = one_request(request, pk)
    version = request.POST.get("version", "")
    try:
        act(
            request=row,
            version=int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0,
            by=request.user,
        )
    except ValidationError as problem:
        for sentence in problem.messages:
            messages.error(request, sentence)
    else:
        messages.success(request, told)
    return redirect("privacy:request", pk=pk)


@require_POST
@role_required(*HANDLERS)
def request_close(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Close; what is still missing is said on the page."""
    return _act(request, pk, actions.close_request, _("The request is closed."))


@require_POST
@role_required(*HANDLERS)
def request_start(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Begin to carry out what was granted."""
    return _act(request, pk, actions.start_execution, _("It has begun. The next step leads to it."))


@require_POST
@role_required(*HANDLERS)
def request_withdraw(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The person took it back."""
    actions.withdraw_request(request=one_request(request, pk), by=request.user)
    messages.success(request, _("The request is taken back. Nothing else happens."))
    return redirect("privacy:request", pk=pk)


# --- letters


@require_GET
@role_required(*HANDLERS)
def letter_file(request: KvsRequest, pk: uuid.UUID, which: str) -> HttpResponse:
    """The letter of the decision, or the notice that more time is needed, as a PDF."""
    row = one_request(request, pk)
    page = row.letter if which == "besluit" else _extension(row, request.user)
    if not page:
        raise Http404
    return pdf_answer(page, f"{row.reference.replace(' ', '-')}-{which}.pdf")


def _extension(row: PrivacyRequest, user: User) -> str:
    return letters.extension_letter(row, user) if row.extended_to else ""


def pdf_answer(page: str, name: str) -> HttpResponse:
    """A letter as a PDF; as a page to print where no PDF can be made."""
    try:
        made = letters.as_pdf(page)
    except PdfUnavailable:
        return HttpResponse(page)
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
