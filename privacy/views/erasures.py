"""Pages of erasing: the plan of one person, a second person's approval, how far it is, and the letter at the end."""

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.files import open_file
from kvs.models import AccessEvent, Job, JobState, Role, SealedFile, User
from kvs.pages import form_page
from privacy import words
from privacy.actions import certificate
from privacy.actions import erasure as actions
from privacy.forms.erasures import ApproveForm, HoldForm, PrepareForm, ReleaseForm
from privacy.models import Erasure, Hold
from privacy.models.erasure import OFFICERS
from privacy.plan import plan_for
from privacy.subject import find_person, subject_of
from privacy.traces import as_json, find_traces
from students.models import CaseManager, Student

LATEST = 50
BUSY = (Erasure.State.APPROVED, Erasure.State.RUNNING)
PROBLEMS = {
    "changed": gettext_lazy("Data of this person changed after the approval. Nothing was erased. Have it planned anew."),
    "held": gettext_lazy("A hold or a restriction stood in the way. Nothing was erased."),
    "traces": gettext_lazy(
        "The name turned up in another place after the approval. Nothing was erased. Look there, then plan anew."
    ),
    "ledger": gettext_lazy("The ledger of erasures could not be written. Nothing was erased. Tell the system administrator."),
    "error": gettext_lazy("Something went wrong. Nothing was erased. Tell the system administrator, then plan anew."),
}


@require_GET
@role_required(*OFFICERS)
def erasure_list(request: KvsRequest) -> HttpResponse:
    """What waits, what is held, and what was erased lately."""
    mine = Erasure.objects.visible_to(request.user)
    waiting = list(mine.open().order_by("prepared_at")[:LATEST])
    holds = list(Hold.objects.visible_to(request.user).standing())
    people = _name([*waiting, *holds])
    audit.log_access(request.user, office_role(request.user), people, AccessEvent.Kind.LIST)
    context = {
        "waiting": waiting,
        "holds": holds,
        "done": mine.filter(state=Erasure.State.DONE)[:LATEST],
        "today": timezone.localdate(),
        "may_release": request.user.has_role(Role.PRIVACY_OFFICER),
    }
    return render(request, "privacy/erasure_list.html", context)


def _name(rows: list[Any]) -> list[uuid.UUID]:
    """Give each row the `name` of whom it is about, while that person is here: a query per table of people; who they are."""
    wanted = {row.subject_audit_id for row in rows}
    names: dict[uuid.UUID, str] = {}
    for model in (Student, User, CaseManager):
        for person in model._default_manager.filter(audit_id__in=wanted):
            names[person.audit_id] = person.full_name
    for row in rows:
        row.name = names.get(row.subject_audit_id, "")
    return list(names)


# --- preparing


@require_http_methods(["GET", "POST"])
@role_required(Role.PRIVACY_OFFICER)
def erasure_student(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """What an erasure of this student would do, and the form that has a second person look at it."""
    student = get_object_or_404(Student.objects.visible_to(request.user), pk=pk)
    return _prepare(request, student, reverse("privacy:student", args=[pk]))


@require_http_methods(["GET", "POST"])
@role_required(Role.PRIVACY_OFFICER)
def erasure_account(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The same for a colleague, for a privacy officer of the whole school."""
    _whole_school(request)
    return _prepare(request, get_object_or_404(User, pk=pk), reverse("privacy:erasures"))


@require_http_methods(["GET", "POST"])
@role_required(Role.PRIVACY_OFFICER)
def erasure_contact(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The same for a case manager of a client."""
    _whole_school(request)
    return _prepare(request, get_object_or_404(CaseManager, pk=pk), reverse("privacy:erasures"))


def _whole_school(request: KvsRequest) -> None:
    if not any(membership.location_id is None for membership in request.user.active_memberships()):
        raise Http404


def _prepare(request: KvsRequest, person: Any, back: str) -> HttpResponse:
    _opened(request, person)
    form = PrepareForm(form_data(request))
    subject = subject_of(person)
    plan = plan_for(subject, today=timezone.localdate(), holds=actions.held_containers(subject))

    def act() -> Erasure:
        return actions.prepare_erasure(person=person, reason=form.cleaned_data["reason"], by=request.user)

    def done(made: Erasure) -> str:
        messages.success(request, _("The erasure is prepared. A second person looks at it now."))
        return reverse("privacy:erasure", args=[made.pk])

    open_one = Erasure.objects.open().filter(subject_audit_id=person.audit_id).first()
    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="privacy/erasure_prepare.html",
        person=person,
        student_key=person.pk if isinstance(person, Student) else None,
        open_one=open_one,
        holds=Hold.objects.standing().filter(subject_audit_id__in=subject.audit_ids),
        goes=words.goes(plan.as_json()),
        stays=words.stays(plan.as_json()),
        traces=_traces(as_json(find_traces(subject, plan.goes))),
        title=_("Erase the data of %(name)s") % {"name": person.full_name},
        verb=_("Have a second person look at this"),
        parent=person.full_name,
        parent_url=back,
    )


def _opened(request: KvsRequest, person: Any) -> None:
    audit.log_access(request.user, office_role(request.user), [person.audit_id], AccessEvent.Kind.DETAIL)


def _traces(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**trace, "what": words.name_of(trace["model"]), "field": words.column_name(trace)} for trace in found]


# --- one erasure


def _erasure(request: KvsRequest, pk: uuid.UUID) -> Erasure:
    return get_object_or_404(Erasure.objects.visible_to(request.user), pk=pk)


def _page(request: KvsRequest, erasure: Erasure) -> dict[str, Any]:
    person = find_person(erasure.subject_audit_id)
    plan = erasure.plan
    actors = [erasure.prepared_by_audit_id, erasure.approved_by_audit_id]
    known = {user.audit_id: user.full_name for user in User.objects.filter(audit_id__in=[it for it in actors if it])}
    return {
        "erasure": erasure,
        "person": person,
        "goes": words.goes(plan),
        "stays": words.stays(plan),
        "traces": _traces(erasure.traces),
        "told": [(words.recipient_name(line), dt.date.fromisoformat(line["on"])) for line in erasure.told],
        "prepared_by": known.get(erasure.prepared_by_audit_id) if erasure.prepared_by_audit_id else "",
        "approved_by": known.get(erasure.approved_by_audit_id) if erasure.approved_by_audit_id else "",
        "may_approve": request.user.audit_id not in (erasure.prepared_by_audit_id, erasure.handled_by_audit_id),
        "may_prepare": request.user.has_role(Role.PRIVACY_OFFICER),
        "busy": erasure.state in BUSY,
        "problem": PROBLEMS.get(erasure.problem, ""),
        "has_file": bool(erasure.certificate),
    }


@require_GET
@role_required(*OFFICERS)
def erasure_page(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """One erasure: its plan in words, who did what, how it ended."""
    erasure = _erasure(request, pk)
    context = _page(request, erasure)
    if context["person"]:
        _opened(request, context["person"])
    progress = _progress(erasure)
    return render(request, "privacy/erasure_page.html", {**context, **progress, "busy": context["busy"] or progress["working"]})


def _progress(erasure: Erasure) -> dict[str, Any]:
    job = Job.objects.filter(pk=erasure.job).first() if erasure.job else None
    stuck = job is not None and job.state in (JobState.FAILED, JobState.CANCELLED) and erasure.state in BUSY
    working = job is not None and job.state in (JobState.QUEUED, JobState.RUNNING)  # also while the letter is being made
    return {
        "working": working,
        "job": job,
        "what": _(job.doing) if job and job.doing else _("Waiting for a worker"),
        "stuck": stuck,
    }


@require_GET
@role_required(*OFFICERS)
def erasure_progress(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The part of the page that htmx asks for every second; when it is over the whole page is loaded again."""
    erasure = _erasure(request, pk)
    progress = _progress(erasure)
    if not progress["working"]:
        return HttpResponseClientRefresh()
    return render(request, "privacy/_erasure_progress.html", {"erasure": erasure, **progress})


@require_http_methods(["GET", "POST"])
@role_required(*OFFICERS)
def erasure_approve(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The second person reads what will happen and has it done."""
    erasure = _erasure(request, pk)
    person: Any = find_person(erasure.subject_audit_id)
    if person is None or erasure.state != Erasure.State.PREPARED:
        return redirect("privacy:erasure", pk=pk)
    _opened(request, person)
    form = ApproveForm(form_data(request), with_traces=bool(erasure.traces))

    def act() -> Erasure:
        return actions.approve_erasure(erasure=erasure, by=request.user, looked=form.cleaned_data.get("looked", False))

    return form_page(
        request,
        form,
        act=act,
        done=lambda approved: reverse("privacy:erasure", args=[approved.pk]),
        template="privacy/erasure_approve.html",
        **_page(request, erasure),
        title=_("Approve the erasure of %(name)s") % {"name": person.full_name},
        verb=_("Erase for good"),
        parent=_("Erasure %(reference)s") % {"reference": erasure.reference},
        parent_url=reverse("privacy:erasure", args=[pk]),
    )


@require_POST
@role_required(Role.PRIVACY_OFFICER)
def erasure_renew(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Plan anew after data changed."""
    return _act(request, pk, actions.renew_plan, _("The plan is made anew. Somebody else looks at it now."))


@require_POST
@role_required(*OFFICERS)
def erasure_cancel(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Stop an erasure that nobody approved."""
    return _act(request, pk, actions.cancel_erasure, _("The erasure is stopped. Nothing was erased."))


def _act(request: KvsRequest, pk: uuid.UUID, action: Any, done: str) -> HttpResponse:
    try:
        action(erasure=_erasure(request, pk), by=request.user)
        messages.success(request, done)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect("privacy:erasure", pk=pk)


@require_GET
@role_required(*OFFICERS)
def erasure_certificate(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The letter: the kept PDF, or the page to print where no PDF can be made."""
    erasure = _erasure(request, pk)
    if erasure.state != Erasure.State.DONE:
        raise Http404
    file = SealedFile.objects.filter(pk=erasure.certificate, kind=certificate.KIND).first() if erasure.certificate else None
    if file is None:
        return HttpResponse(certificate.certificate_page(erasure))
    response = HttpResponse(open_file(file), content_type=file.content_type)
    response["Content-Disposition"] = f'attachment; filename="{erasure.reference}.pdf"'
    return response


# --- holds


@require_http_methods(["GET", "POST"])
@role_required(Role.PRIVACY_OFFICER)
def hold_student(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Keep a student's file from being erased for now."""
    student = get_object_or_404(Student.objects.visible_to(request.user), pk=pk)
    _opened(request, student)
    form = HoldForm(form_data(request))

    def act() -> Hold:
        return actions.set_hold(person=student, by=request.user, **form.cleaned_data)

    def done(_made: Hold) -> str:
        messages.success(request, _("The file of %(name)s is kept until somebody lifts this.") % {"name": student.full_name})
        return reverse("privacy:erasures")

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("Keep the file from being erased"),
        verb=_("Keep it"),
        parent=student.full_name,
        parent_url=reverse("privacy:erasure_student", args=[pk]),
    )


@require_http_methods(["GET", "POST"])
@role_required(Role.PRIVACY_OFFICER)
def hold_release(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Lift a hold."""
    hold = get_object_or_404(Hold.objects.visible_to(request.user).standing(), pk=pk)
    person: Model | None = find_person(hold.subject_audit_id)
    if person is not None:
        _opened(request, person)
    form = ReleaseForm(form_data(request), initial={"version": hold.version})

    def act() -> Hold:
        return actions.release_hold(hold=hold, version=form.cleaned_data["version"], by=request.user)

    def done(_released: Hold) -> str:
        messages.success(request, _("The hold is lifted. An erasure that waited for it waits for a second person now."))
        return reverse("privacy:erasures")

    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="privacy/hold_release.html",
        hold=hold,
        person=person,
        title=_("Lift a hold"),
        verb=_("Lift the hold"),
        parent=_("Erasures"),
        parent_url=reverse("privacy:erasures"),
    )


def waiting_for(user: User) -> int:
    """How many erasures and holds wait for somebody: the number beside the entry in the overview."""
    open_ones = Erasure.objects.visible_to(user).filter(state__in=[Erasure.State.PREPARED, Erasure.State.FAILED])
    return open_ones.count() + Hold.objects.visible_to(user).due(timezone.localdate()).count()
