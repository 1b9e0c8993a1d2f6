"""The desk of complaints: the list, taking one in, and the page of one with what happened and what comes next."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.models import AccessEvent, User
from kvs.pages import Sorts, counted, form_page, list_page
from privacy import letters, rules
from privacy.actions import complaints as actions
from privacy.forms.complaints import ComplaintFilter, ComplaintIntakeForm
from privacy.models import Complaint, Representation
from privacy.models.complaints import HANDLERS
from privacy.views.intake import RECEIVERS
from privacy.views.requests import Event, Step, pdf_answer

WHY = "privacy_complaint"  # reason of the access lines
SORTS: Sorts = {
    "due": ("last_day", "pk"),
    "received": ("received_on", "pk"),
    "about": ("about", "last_day", "pk"),
    "state": ("state", "last_day", "pk"),
}


def one_complaint(request: KvsRequest, pk: uuid.UUID) -> Complaint:
    """One the user may handle or give to a handler, or 404; that it was opened stands in the file of who complains."""
    found = get_object_or_404(
        Complaint.objects.handled_by_role_of(request.user).select_related("representation", "request"), pk=pk
    )
    if found.subject_audit_id:
        kind = AccessEvent.Kind.DETAIL
        audit.log_access(request.user, office_role(request.user), [found.subject_audit_id], kind, reason=WHY)
    return found


@require_GET
@role_required(*HANDLERS)
def complaint_list(request: KvsRequest) -> HttpResponse:
    """Complaints, the first to be answered on top; never one about who looks."""
    everything, today = Complaint.objects.handled_by_role_of(request.user), timezone.localdate()
    chosen = ComplaintFilter(request.GET)
    show = chosen.cleaned_data["show"] if chosen.is_valid() else ""
    shown = {"late": everything.overdue(today) | everything.unconfirmed(today), "closed": everything.filter(state="closed")}
    found = everything if show == "all" else shown.get(show, everything.open())
    page = list_page(request, found, among=everything, sorts=SORTS)
    seen = [row.subject_audit_id for row in page.rows if row.subject_audit_id]
    audit.log_access(request.user, office_role(request.user), seen, AccessEvent.Kind.LIST, reason=WHY)
    context = {"page": page, "filter": chosen, "count": counted(found)[0], "late": everything.overdue(today).count()}
    return render(request, "privacy/complaint_list.html", context)


@require_GET
@role_required(*HANDLERS)
def complaint_page(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """One complaint: what, by whom, until when, what happened, and the one thing to do next."""
    row, today = one_complaint(request, pk), timezone.localdate()
    handles = row.handler_audit_id == request.user.audit_id
    context = {
        "row": row,
        "events": events_of(row),
        "people": _names(row),
        "handles": handles,
        "step": next_step(row, handles=handles) if row.is_open else None,
        "may_extend": handles
        and row.state == "handling"
        and rules.may_extend(today, row.due_on, extended=row.extended_to is not None),
        "may_assign": row.state in ("handling", "decided") and row.letter_sent_on is None,
        "may_redo": handles and row.state == "decided" and row.letter_sent_on is None,
    }
    return render(request, "privacy/complaint_page.html", context)


def _names(row: Complaint) -> dict[str, str]:
    columns = ("handler_audit_id", "taken_in_by_audit_id", "assigned_by_audit_id")
    wanted = {column: getattr(row, column) for column in columns}
    users = {user.audit_id: user.full_name for user in User.objects.filter(audit_id__in=wanted.values())}
    return {column.removesuffix("_audit_id"): users.get(audit_id, "") for column, audit_id in wanted.items()}


def events_of(row: Complaint) -> list[Event]:
    """What happened so far, in order."""
    found: list[Event | None] = [
        Event(row.received_on, _("Received %(how)s") % {"how": row.get_channel_display()}, "taken_in_by"),
        Event(row.confirmed_on, _("Confirmed to the person")) if row.confirmed_on else None,
        Event(row.assigned_on, _("Given to a handler"), "assigned_by") if row.assigned_on else None,
        Event(row.extension_told_on, _("Term extended: %(why)s") % {"why": row.get_extension_reason_display()})
        if row.extension_told_on
        else None,
        Event(row.decided_on, _("Decision: %(what)s") % {"what": row.get_decision_display()}, "handler")
        if row.decided_on
        else None,
        Event(row.letter_sent_on, _("Letter sent %(how)s") % {"how": row.get_letter_sent_how_display()})
        if row.letter_sent_on
        else None,
        Event(row.closed_on, str(row.get_state_display()).capitalize()) if row.closed_on else None,
    ]
    return sorted((event for event in found if event), key=lambda event: event.on)


def next_step(row: Complaint, *, handles: bool) -> Step:
    """The one thing to do next with an open complaint. `handles`: whether who looks is the handler."""
    if row.state == Complaint.State.NEW:
        return _to("complaint_assign", row, _("Choose who handles it: somebody it is not about."), _("Choose a handler"))
    if row.confirmed_on is None and row.letter_sent_on is None:
        text = _("Tell the person that the complaint came in and when the answer comes. There is a letter for it below.")
        return _to("complaint_confirm", row, text, _("It is confirmed"))
    if row.letter_sent_on:
        return _to("complaint_close", row, _("Everything is done."), _("Close the complaint"), post=True)
    if not handles:
        return Step(_("The colleague who handles it does the rest."), "", "")
    if row.state == Complaint.State.HANDLING:
        return _to("complaint_decide", row, _("Hear both sides. Then decide, with reasons."), _("Decide"))
    return _to("complaint_letter", row, _("The letter is ready. Send it, and say when and how it went."), _("Send the letter"))


def _to(name: str, row: Complaint, text: str, verb: str, *, post: bool = False) -> Step:
    return Step(text, verb, reverse(f"privacy:{name}", args=[row.pk]), post)


@require_POST
@role_required(*HANDLERS)
def complaint_close(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Close; what is still missing is said on the page."""
    row, version = one_complaint(request, pk), request.POST.get("version", "")
    known = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0
    try:
        actions.close_complaint(complaint=row, version=known, by=request.user)
    except ValidationError as problem:
        for sentence in problem.messages:
            messages.error(request, sentence)
    else:
        messages.success(request, _("The complaint is closed."))
    return redirect("privacy:complaint", pk=pk)


@require_GET
@role_required(*HANDLERS)
def complaint_file(request: KvsRequest, pk: uuid.UUID, which: str) -> HttpResponse:
    """The letter of the decision, the confirmation that it came in, or the notice that more time is needed, as a PDF."""
    row = one_complaint(request, pk)
    page = row.letter if which == "besluit" else ""
    if which == "ontvangst" or (which == "uitstel" and row.extended_to):
        page = letters.complaint_notice(row, request.user, which)
    if not page:
        raise Http404
    return pdf_answer(page, f"{row.reference.replace(' ', '-')}-{which}.pdf")


# --- taking in


@require_http_methods(["GET", "POST"])
@role_required(*RECEIVERS)
def complaint_add(request: KvsRequest) -> HttpResponse:
    """Take in a complaint. Who is no handler of complaints cannot read it afterwards."""
    form = ComplaintIntakeForm(form_data(request), user=request.user)
    handles = request.user.has_role(*HANDLERS)

    def act() -> Complaint:
        return actions.take_in_complaint(by=request.user, **_facts(form))

    def done(made: Complaint) -> str:
        day = {"reference": made.reference, "day": date_format(made.last_day)}
        messages.success(request, _("Complaint %(reference)s is recorded. The answer is due on %(day)s.") % day)
        return reverse("privacy:complaints") if handles else reverse("privacy:complaint_add")

    parent, url = (_("Complaints"), reverse("privacy:complaints")) if handles else (_("Start"), reverse("home"))
    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="privacy/complaint_add.html",
        title=_("New complaint"),
        verb=_("Record the complaint"),
        parent=parent,
        parent_url=url,
    )


def _facts(form: ComplaintIntakeForm) -> dict[str, Any]:
    typed = form.cleaned_data
    one: Representation | None = typed["representation"]
    return {
        **{name: typed[name] for name in ("channel", "received_on", "person_kind", "name", "contact", "words")},
        **form.about_whom(),
        "representation": one,
        "asked_by": one.name if one else None,
        "request": form.asked,
        "subject_audit_id": form.found.audit_id if form.found else None,
    }
