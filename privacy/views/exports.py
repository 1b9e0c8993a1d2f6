"""Pages of copies of everything: made by the person behind a second step, or by the privacy officer for the desk."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from kvs import audit, factors
from kvs.access import KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.files import open_file
from kvs.models import AccessEvent, Role, SealedFile, User
from kvs.pages import form_page
from privacy.actions.exports import ask_export, hand_over_export
from privacy.forms.exports import CopyForm, HandOverCopyForm, OtherCopyForm
from privacy.models import PersonExport
from privacy.models.exports import KEPT_DAYS, MAKERS
from privacy.subject import find_person, names_of
from students.models import Student

LATEST = 50
KINDS = set(PersonExport.Kind.values)


# --- the privacy officer


@require_GET
@role_required(*MAKERS)
def export_list(request: KvsRequest) -> HttpResponse:
    """The copies that were made lately, and whether they were handed over."""
    rows = list(_visible(request)[:LATEST])
    names = names_of(row.subject_audit_id for row in rows)
    for row in rows:
        row.whose = names.get(row.subject_audit_id, "")
    audit.log_access(request.user, office_role(request.user), names, AccessEvent.Kind.LIST)
    context = {"exports": rows, "kept_days": KEPT_DAYS, "whole_school": _is_whole_school(request.user)}
    return render(request, "privacy/export_list.html", context)


def waiting_for(user: User) -> int:
    """How many copies are ready and wait to be handed over."""
    return PersonExport.objects.visible_to(user.only_as(*MAKERS)).missing().count()


def _visible(request: KvsRequest) -> Any:
    return PersonExport.objects.visible_to(request.user).select_related("job", "file", "handed_over_by")


def _is_whole_school(user: User) -> bool:
    return any(membership.location_id is None for membership in user.only_as(*MAKERS).active_memberships())


@require_http_methods(["GET", "POST"])
@role_required(*MAKERS)
def export_student(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Make a copy of everything about a student."""
    student = get_object_or_404(Student.objects.visible_to(request.user), pk=pk)
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)
    form = CopyForm(form_data(request))
    return _ask(request, form, lambda: student, student.full_name, reverse("privacy:student", args=[pk]))


@require_http_methods(["GET", "POST"])
@role_required(*MAKERS)
def export_other(request: KvsRequest) -> HttpResponse:
    """The same for a colleague or a case manager, by a privacy officer of the whole school."""
    if not _is_whole_school(request.user):
        raise Http404
    form = OtherCopyForm(form_data(request))

    def person() -> Any:
        return find_person(uuid.UUID(form.cleaned_data["person"]))

    return _ask(request, form, person, _("Copies of everything"), reverse("privacy:exports"))


def _ask(request: KvsRequest, form: CopyForm, person: Any, parent: str, parent_url: str) -> HttpResponse:
    def act() -> PersonExport:
        return ask_export(person=person(), kind=form.cleaned_data["kind"], by=request.user)

    return form_page(
        request,
        form,
        act=act,
        done=lambda made: reverse("privacy:export", args=[made.pk]),
        title=_("Make a copy of everything"),
        verb=_("Make the copy"),
        parent=parent,
        parent_url=parent_url,
    )


@require_GET
@role_required(*MAKERS)
def export_page(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """How far a copy is; once made, the file and to whom it went."""
    export = get_object_or_404(_visible(request), pk=pk)
    audit.log_access(request.user, office_role(request.user), [export.subject_audit_id], AccessEvent.Kind.DETAIL)
    context = {
        **_progress(export, "privacy:export_progress", reverse("privacy:export", args=[export.pk])),
        "whose": getattr(export.person, "full_name", ""),
        "kept_days": KEPT_DAYS,
    }
    return render(request, "privacy/export_page.html", context)


@require_GET
@role_required(*MAKERS)
def export_progress(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The part of the page that htmx asks for every second."""
    export = get_object_or_404(_visible(request), pk=pk)
    return _fragment(request, export, "privacy:export_progress", reverse("privacy:export", args=[export.pk]))


def _fragment(request: KvsRequest, export: PersonExport, url_name: str, look_url: str) -> HttpResponse:
    if not export.waiting:
        return HttpResponseClientRefresh()
    return render(request, "privacy/_export_progress.html", _progress(export, url_name, look_url))


def _progress(export: PersonExport, url_name: str, look_url: str) -> dict[str, Any]:
    doing = export.job.doing if export.job else ""
    return {
        "export": export,
        "what": _(doing) if doing else _("The copy waits for its turn"),
        "progress_url": reverse(url_name, args=[export.pk]),
        "look_url": look_url,
    }


@require_GET
@role_required(*MAKERS)
def export_file(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The file, for the desk. The person can see that it was opened."""
    export = get_object_or_404(_visible(request), pk=pk)
    answer = _file(export)
    role = office_role(request.user)
    audit.log_access(request.user, role, [export.subject_audit_id], AccessEvent.Kind.EXPORT, reason="access_request")
    return answer


def _file(export: PersonExport) -> HttpResponse:
    """The zip as a download; 404 when it was not made, or is gone."""
    if export.file is None:
        raise Http404
    try:
        content = open_file(export.file)
    except SealedFile.DoesNotExist as expired:
        raise Http404 from expired
    name = f"mijn-gegevens-{export.made_at:%Y-%m-%d}.zip"
    return HttpResponse(
        content, content_type="application/zip", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@require_http_methods(["GET", "POST"])
@role_required(*MAKERS)
def export_hand_over(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Record that the person has the copy."""
    export = get_object_or_404(_visible(request).filter(made_at__isnull=False, handed_over_at__isnull=True), pk=pk)
    back = reverse("privacy:export", args=[export.pk])
    form = HandOverCopyForm(form_data(request))

    def act() -> PersonExport:
        return hand_over_export(pk=export.pk, seen=form.cleaned_data["seen"], by=request.user)

    def done(_made: PersonExport) -> str:
        messages.success(request, _("Recorded: the person has the copy."))
        return back

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("Hand over the copy"),
        verb=_("Record hand-over"),
        parent=_("Copy of everything"),
        parent_url=back,
    )


# --- the person


@require_http_methods(["GET", "POST"])
@role_required(*Role)
def own_exports(request: KvsRequest) -> HttpResponse:
    """My copies, and making one: only for who showed a second step or a passkey in this browser."""
    proven = factors.shown(request, request.account)
    if request.method == "POST":
        if proven:
            _start(request)
        return redirect("privacy:own_exports")
    exports = list(PersonExport.objects.of_person(request.account).select_related("job", "file")[:LATEST])
    waiting = next((export for export in exports if export.waiting), None)
    context = {
        "student": request.account.is_only(Role.STUDENT),
        "proven": proven,
        "exports": exports,
        "kinds": PersonExport.Kind.choices,
        "kept_days": KEPT_DAYS,
        **(_progress(waiting, "privacy:own_export_progress", reverse("privacy:own_exports")) if waiting else {}),
    }
    return render(request, "privacy/own_exports.html", context)


def _start(request: KvsRequest) -> None:
    """Start a copy of the own file: a student's own, a colleague's own account."""
    kind = request.POST.get("kind", "")
    if kind not in KINDS:
        messages.warning(request, _("Choose what goes in."))
        return
    person: Any = request.account
    if request.account.is_only(Role.STUDENT):
        person = Student.objects.filter(user=request.account).first() or request.account
    ask_export(person=person, kind=kind, by=request.account)
    messages.success(request, _("Your copy is being made."))


def _own(request: KvsRequest, pk: uuid.UUID) -> PersonExport:
    return get_object_or_404(PersonExport.objects.of_person(request.account).select_related("job", "file"), pk=pk)


@require_GET
@role_required(*Role)
def own_export_progress(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """How far my copy is."""
    return _fragment(request, _own(request, pk), "privacy:own_export_progress", reverse("privacy:own_exports"))


@require_POST
@role_required(*Role)
def own_export_file(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """My copy. Without a second step in this browser: back to the page that says what to do."""
    export = _own(request, pk)
    if not factors.shown(request, request.account):
        return redirect("privacy:own_exports")
    answer = _file(export)
    hand_over_export(pk=export.pk, seen=PersonExport.Seen.SECOND_FACTOR, by=request.account)
    role = office_role(request.account)
    audit.log_access(request.account, role, [export.subject_audit_id], AccessEvent.Kind.EXPORT, reason="own_copy")
    return answer
