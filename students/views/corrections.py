"""Correcting the own data: at once, or as a proposal; and the school's answers to the proposals."""

import uuid
from typing import Any, NamedTuple

from django.contrib import messages
from django.forms import ModelForm
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kvs import audit, catalogue
from kvs.access import KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.editing import attempt
from kvs.models import AccessEvent
from kvs.pages import form_page, list_page
from kvs.terms import Rectify
from students.actions import corrections as actions
from students.forms import DecisionForm, OwnProgrammeForm, OwnStudentForm
from students.models import CorrectionProposal, FieldSource, Programme, Student
from students.models.corrections import columns_of, proposable
from students.views.people import EDITORS
from students.views.portal import as_text, label_of, own_file

RECENT = 20


@require_http_methods(["GET", "POST"])
@own_file
def correct(request: KvsRequest, student: Student, category: str) -> HttpResponse:
    """Change at once what the student is the source of, a category at a time."""
    direct = [field for field in catalogue.fields_of(Student) if field.category.rectify is Rectify.DIRECT]
    names = [field.name for field in direct if field.category.code == category]
    if not names:
        raise Http404
    form = OwnStudentForm(form_data(request), instance=student, names=names)

    def act() -> Student:
        changes = {name: form.cleaned_data[name] for name in names}
        version = form.cleaned_data["version"] or 0
        return actions.correct_own_data(student=student, version=version, by=request.user, changes=changes)

    def done(_saved: Student) -> str:
        messages.success(request, _("Your data are changed."))
        return reverse("students:own_data")

    title = next(str(field.category.title) for field in direct if field.category.code == category)
    return form_page(request, form, act=act, done=done, template="portal/form.html", title=title, verb=_("Save"))


@require_http_methods(["GET", "POST"])
@own_file
def propose(request: KvsRequest, student: Student, field: str) -> HttpResponse:
    """Say what should stand in the own file; the school decides."""
    if field not in proposable(Student):
        raise Http404
    form = OwnStudentForm(form_data(request), instance=student, names=columns_of(field))
    return _propose(request, student, form, field)


@require_http_methods(["GET", "POST"])
@own_file
def propose_programme(request: KvsRequest, student: Student, pk: uuid.UUID, field: str) -> HttpResponse:
    """Say what should stand in an own programme."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user).filter(student=student), pk=pk)
    if field not in proposable(Programme):
        raise Http404
    form = OwnProgrammeForm(form_data(request), instance=programme, names=columns_of(field))
    return _propose(request, student, form, field, programme)


def _propose(
    request: KvsRequest, student: Student, form: "ModelForm[Any]", field: str, programme: Programme | None = None
) -> HttpResponse:
    def act() -> CorrectionProposal:
        values = {name: form.cleaned_data[name] for name in columns_of(field)}
        return actions.propose_correction(student=student, programme=programme, field=field, values=values, by=request.user)

    def done(_made: CorrectionProposal) -> str:
        messages.success(request, _("The school looks at it. You see the answer at My data."))
        return reverse("students:own_data")

    what = label_of(programme or student, field)
    title = _("Not right: %(what)s") % {"what": what}
    if programme:  # "from" alone does not say from when what is
        title = _("Not right in your programme (%(law)s): %(what)s") % {"law": programme.get_law_display(), "what": what}
    context = {"title": title, "verb": _("Send to the school"), "proposal": True}
    return form_page(request, form, act=act, done=done, template="portal/form.html", **context)


# --- the school's side


class Change(NamedTuple):
    """What a proposal would change: the name of a column, what stands there and what should."""

    label: str
    old: object
    new: object


@require_GET
@role_required(*EDITORS)
def corrections(request: KvsRequest) -> HttpResponse:
    """Open proposals, the oldest first, and what students lately corrected themselves."""
    proposals = CorrectionProposal.objects.visible_to(request.user)
    waiting = proposals.open().select_related("student", "programme")
    page = list_page(request, waiting, among=proposals, sorts={"asked": ("made_at", "pk")})
    own = FieldSource.objects.visible_to(request.user).filter(rectified=True, source=FieldSource.Source.STUDENT)
    recent = list(own.select_related("student").order_by("-on", "-pk")[:RECENT])
    seen = [row.student.audit_id for row in [*page.rows, *recent]]
    audit.log_access(request.user, office_role(request.user), seen, AccessEvent.Kind.LIST)
    context = {
        "lines": [(row, _changes(row), DecisionForm(initial={"version": row.target.version})) for row in page.rows],
        "recent": recent,
        "page": page,
    }
    return render(request, "students/corrections.html", context)


def _changes(proposal: CorrectionProposal) -> list[Change]:
    row = proposal.target
    return [
        Change(str(row._meta.get_field(name).verbose_name), _shown(row, name, getattr(row, name)), _shown(row, name, new))  # type: ignore[union-attr]
        for name, new in proposal.proposed().items()
    ]


def _shown(row: Student | Programme, name: str, value: object) -> object:
    choices = dict(getattr(row._meta.get_field(name), "choices", None) or ())
    return choices.get(value, as_text(value))


@require_POST
@role_required(*EDITORS)
def correction_decide(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Answer one proposal. What could not be done is said on the list."""
    proposal = get_object_or_404(CorrectionProposal.objects.visible_to(request.user), pk=pk)
    form = DecisionForm(request.POST)

    def act() -> CorrectionProposal:
        return actions.decide_correction(
            proposal=proposal,
            version=form.cleaned_data["version"],
            accept=form.cleaned_data["decision"] == CorrectionProposal.Outcome.ACCEPTED,
            reason=form.cleaned_data["reason"],
            by=request.user,
        )

    made = attempt(form, act) if form.is_valid() else None
    if made:
        messages.success(request, _("Answered: %(outcome)s.") % {"outcome": made.get_outcome_display()})
    for errors in form.errors.values():
        for error in errors:
            messages.error(request, str(error))
    return redirect("students:corrections")
