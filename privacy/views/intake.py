"""A request that came by letter, by e-mail or at the desk, taken in by a colleague; who acts for whom; paper files."""

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

from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.models import AccessEvent, Role
from kvs.pages import ListPage, form_page, list_page
from privacy import rules
from privacy.actions import requests as actions
from privacy.forms.requests import DestroyForm, EndRepresentationForm, IntakeForm, PaperForm, RepresentationForm
from privacy.models import PaperDossier, PrivacyRequest, Representation
from privacy.models.representation import KEEPERS
from privacy.models.requests import HANDLERS

RECEIVERS = (Role.ADMINISTRATION, Role.COORDINATOR, Role.MANAGEMENT, Role.PRIVACY_OFFICER, Role.TEACHER)


@require_http_methods(["GET", "POST"])
@role_required(*RECEIVERS)
def request_add(request: KvsRequest) -> HttpResponse:
    """Take in a request. Who is no privacy contact cannot read it afterwards."""
    form = IntakeForm(form_data(request), user=request.user)
    handles = request.user.has_role(*HANDLERS)

    def act() -> PrivacyRequest:
        return actions.take_in(by=request.user, **_facts(form))

    def done(made: PrivacyRequest) -> str:
        day = {"reference": made.reference, "day": date_format(made.last_day)}
        messages.success(request, _("Request %(reference)s is recorded. The answer is due on %(day)s.") % day)
        return reverse("privacy:request", args=[made.pk]) if handles else reverse("privacy:request_add")

    parent, url = (_("Requests"), reverse("privacy:requests")) if handles else (_("Start"), reverse("home"))
    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="privacy/request_add.html",
        title=_("New privacy request"),
        verb=_("Record the request"),
        parent=parent,
        parent_url=url,
    )


def _facts(form: IntakeForm) -> dict[str, Any]:
    typed = form.cleaned_data
    plain = {name: typed[name] for name in ("kind", "channel", "received_on", "person_kind", "name", "contact", "matter")}
    one: Representation | None = typed["representation"]
    return {
        **plain,
        "words": typed["words"] or None,
        "representation": one,
        "asked_by": one.name if one else None,
        "identity": rules.SEEN if typed["seen"] else "",
        "subject_audit_id": form.found.audit_id if form.found else None,
    }


# --- representatives


@require_GET
@role_required(*KEEPERS)
def representations(request: KvsRequest) -> HttpResponse:
    """Who acts for whom."""
    found = Representation.objects.visible_to(request.user)
    page = list_page(request, found, among=found, sorts={"from": ("starts_on", "pk")}, default="-from")
    _log(request, page.rows)
    return _list(request, "privacy/representations.html", page, _("Representatives"))


def _list(request: KvsRequest, template: str, page: ListPage, title: str) -> HttpResponse:
    context = {"page": page, "rows": page.rows, "title": title}
    return render(request, template, {**context, "parent": _("Requests"), "parent_url": reverse("privacy:requests")})


def _log(request: KvsRequest, rows: list[Any]) -> None:
    seen = [row.subject_audit_id for row in rows]
    audit.log_access(request.user, office_role(request.user), seen, AccessEvent.Kind.LIST)


@require_http_methods(["GET", "POST"])
@role_required(*KEEPERS)
def representation_add(request: KvsRequest) -> HttpResponse:
    """Record that somebody acts for a student. The document is seen, not copied."""
    form = RepresentationForm(form_data(request), user=request.user)

    def act() -> Representation:
        facts = {name: form.cleaned_data[name] for name in RepresentationForm.Meta.fields}
        facts["contact"] = facts["contact"] or None
        student = form.student
        return actions.add_representation(
            subject_audit_id=student.audit_id, subject_name=student.full_name, by=request.user, **facts
        )

    def done(_made: Representation) -> str:
        messages.success(request, _("The representative is recorded."))
        return reverse("privacy:representations")

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("New representative"),
        verb=_("Save"),
        parent=_("Representatives"),
        parent_url=reverse("privacy:representations"),
    )


@require_http_methods(["GET", "POST"])
@role_required(*KEEPERS)
def representation_end(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Record that somebody no longer acts for a student."""
    row = get_object_or_404(Representation.objects.visible_to(request.user).running(), pk=pk)
    audit.log_access(request.user, office_role(request.user), [row.subject_audit_id], AccessEvent.Kind.DETAIL)
    last = min(timezone.localdate(), row.ends_on or timezone.localdate())
    form = EndRepresentationForm(form_data(request), initial={"version": row.version, "ends_on": max(last, row.starts_on)})

    def act() -> Representation:
        return actions.end_representation(representation=row, by=request.user, **form.cleaned_data)

    def done(saved: Representation) -> str:
        assert saved.ends_on
        text = _("The last day of this representative is %(day)s.") % {"day": date_format(saved.ends_on)}
        messages.success(request, text)
        return reverse("privacy:representations")

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("%(name)s no longer acts for %(student)s") % {"name": row.name, "student": row.subject_name},
        verb=_("Save"),
        parent=_("Representatives"),
        parent_url=reverse("privacy:representations"),
    )


# --- paper


@require_GET
@role_required(*KEEPERS)
def papers(request: KvsRequest) -> HttpResponse:
    """Where paper files lie, and which were destroyed."""
    found = PaperDossier.objects.visible_to(request.user).with_file()
    page = list_page(request, found, among=found, sorts={"place": ("place", "cabinet", "pk"), "since": ("since", "pk")})
    _log(request, page.rows)
    return _list(request, "privacy/papers.html", page, _("Paper files"))


@require_http_methods(["GET", "POST"])
@role_required(*KEEPERS)
def paper_add(request: KvsRequest) -> HttpResponse:
    """Record where a paper file lies."""
    form = PaperForm(form_data(request), user=request.user)

    def act() -> PaperDossier:
        facts = {name: form.cleaned_data[name] for name in PaperForm.Meta.fields}
        return actions.add_paper(subject_audit_id=form.student.audit_id, name=form.student.list_name, by=request.user, **facts)

    def done(_made: PaperDossier) -> str:
        messages.success(request, _("The paper file is recorded."))
        return reverse("privacy:papers")

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("New paper file"),
        verb=_("Save"),
        parent=_("Paper files"),
        parent_url=reverse("privacy:papers"),
    )


@require_http_methods(["GET", "POST"])
@role_required(*KEEPERS)
def paper_destroyed(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Record that a paper file was destroyed."""
    paper = get_object_or_404(PaperDossier.objects.visible_to(request.user), pk=pk)
    audit.log_access(request.user, office_role(request.user), [paper.subject_audit_id], AccessEvent.Kind.DETAIL)
    form = DestroyForm(form_data(request))

    def act() -> PaperDossier:
        return actions.destroy_paper(paper=paper, on=form.cleaned_data["on"], by=request.user)

    def done(_made: PaperDossier) -> str:
        messages.success(request, _("The paper file is destroyed; that stays recorded."))
        return reverse("privacy:papers")

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("Destroyed: %(where)s") % {"where": f"{paper.place}, {paper.cabinet}"},
        verb=_("Confirm"),
        parent=_("Paper files"),
        parent_url=reverse("privacy:papers"),
    )
