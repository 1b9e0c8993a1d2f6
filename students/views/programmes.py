"""The tab "programme and contract": on what ground somebody learns here, for whom, and in which groups."""

import uuid

from django.contrib import messages
from django.db.models import Exists, OuterRef, Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.models import AccessEvent, PolicyVersion, Role
from kvs.pages import form_page
from students import actions
from students.forms import ContractForm, EndEnrolmentForm, EnrolmentForm, ExemptionForm, ProgrammeForm
from students.models import Contract, Enrolment, Exemption, HandOut, Programme, Student
from students.views.people import EDITORS, PROGRAMME_READERS, student_tabs, with_groups

EXEMPTION_READERS = (Role.ADMINISTRATION, Role.PRIVACY_OFFICER)
ANNEX_MAKERS = (Role.ADMINISTRATION, Role.COORDINATOR, Role.PRIVACY_OFFICER)  # of the annex of the contract about data
PLACERS = (Role.ADMINISTRATION, Role.COORDINATOR)


@require_GET
@role_required(*PROGRAMME_READERS)
def programmes(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """All programmes of a student with their contracts and places."""
    student = get_object_or_404(with_groups(Student.objects.visible_to(request.user)), pk=pk)
    _opened(request, student)
    given = HandOut.objects.filter(programme=OuterRef("pk"), kind=HandOut.Kind.POLICY)
    rows = (
        student.programmes.annotate(policy_given=Exists(given))
        .select_related("exemption")
        .prefetch_related(
            Prefetch("contracts", Contract.objects.select_related("client", "case_manager")),
            Prefetch("enrolments", Enrolment.objects.select_related("group__location")),
            Prefetch("hand_outs", HandOut.objects.select_related("policy").defer("policy__text")),
        )
    )
    context = {
        "student": student,
        "programmes": rows,
        "tabs": student_tabs(request.user, student, "students:programmes"),
        "may_edit": request.user.has_role(*EDITORS),
        "may_print_annex": request.user.has_role(*ANNEX_MAKERS),
        "may_place": request.user.has_role(*PLACERS),
        "may_read_exemption": request.user.has_role(*EXEMPTION_READERS),
    }
    return render(request, "students/programmes.html", context)


def _opened(request: KvsRequest, student: Student) -> None:
    """A line in the file: also a form shows what the school holds."""
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)


def _page(student: Student, title: str) -> dict[str, str]:
    """Where a form of this tab belongs."""
    return {
        "title": title,
        "verb": _("Save"),
        "parent": student.full_name,
        "parent_url": reverse("students:programmes", args=[student.pk]),
    }


def _back(student: Student) -> str:
    return reverse("students:programmes", args=[student.pk])


@require_http_methods(["GET", "POST"])
@role_required(*EDITORS)
def programme_add(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Start a programme for a student."""
    student = get_object_or_404(Student.objects.visible_to(request.user), pk=pk)
    _opened(request, student)
    form = ProgrammeForm(form_data(request))

    def act() -> Programme:
        fields = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        return actions.start_programme(student=student, by=request.user, **fields)

    def done(made: Programme) -> str:
        messages.success(request, _("The programme of %(name)s is saved.") % {"name": student.full_name})
        if PolicyVersion.objects.in_force() is None:
            return _back(student)
        return reverse("students:hand_out_add", args=[made.pk])  # the next step of the intake

    return form_page(request, form, act=act, done=done, **_page(student, _("New programme")))


@require_http_methods(["GET", "POST"])
@role_required(*EDITORS)
def programme_edit(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Change a programme. An empty BSN field keeps the stored number; taking the ground away removes it."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user).select_related("student"), pk=pk)
    _opened(request, programme.student)
    form = ProgrammeForm(form_data(request), instance=programme)

    def act() -> Programme:
        changes = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        if not changes["bsn"]:
            del changes["bsn"]
        version = form.cleaned_data["version"] or 0
        return actions.change_programme(programme=programme, version=version, by=request.user, changes=changes)

    def done(_saved: Programme) -> str:
        messages.success(request, _("The programme of %(name)s is saved.") % {"name": programme.student.full_name})
        return _back(programme.student)

    return form_page(request, form, act=act, done=done, **_page(programme.student, _("Change programme")))


@require_http_methods(["GET", "POST"])
@role_required(*EDITORS)
def exemption(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Record that somebody was exempted from civic integration, or correct it."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user).select_related("student"), pk=pk)
    _opened(request, programme.student)
    known = Exemption.objects.filter(programme=programme).first()
    initial = {name: getattr(known, name) for name in ("kind", "body", "decided_on", "version")} if known else {"version": 0}
    form = ExemptionForm(form_data(request), initial=initial)

    def act() -> Exemption:
        return actions.record_exemption(programme=programme, by=request.user, **form.cleaned_data)

    def done(_saved: Exemption) -> str:
        messages.success(request, _("The exemption of %(name)s is saved.") % {"name": programme.student.full_name})
        return _back(programme.student)

    return form_page(request, form, act=act, done=done, **_page(programme.student, _("Exemption")))


@require_http_methods(["GET", "POST"])
@role_required(*EDITORS)
def contract_add(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Add a contract to a programme."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user).select_related("student"), pk=pk)
    _opened(request, programme.student)
    form = ContractForm(form_data(request), user=request.user, initial={"starts_on": programme.starts_on})

    def act() -> Contract:
        fields = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        return actions.add_contract(programme=programme, by=request.user, **fields)

    def done(made: Contract) -> str:
        messages.success(request, _("The contract of %(name)s is saved.") % {"name": programme.student.full_name})
        _remind_of_consent(request, made)
        return _back(programme.student)

    return form_page(request, form, act=act, done=done, **_page(programme.student, _("New contract")))


@require_http_methods(["GET", "POST"])
@role_required(*EDITORS)
def contract_edit(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Change a contract."""
    contract = get_object_or_404(Contract.objects.visible_to(request.user).select_related("programme__student"), pk=pk)
    student = contract.programme.student
    _opened(request, student)
    form = ContractForm(form_data(request), user=request.user, instance=contract)

    def act() -> Contract:
        changes = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        version = form.cleaned_data["version"] or 0
        return actions.change_contract(contract=contract, version=version, by=request.user, changes=changes)

    def done(saved: Contract) -> str:
        messages.success(request, _("The contract of %(name)s is saved.") % {"name": student.full_name})
        _remind_of_consent(request, saved)
        return _back(student)

    return form_page(request, form, act=act, done=done, **_page(student, _("Change contract")))


def _remind_of_consent(request: KvsRequest, contract: Contract) -> None:
    """A private client hears nothing before the student allowed it (policy B 4.1.4): a contract is no consent."""
    client = contract.client
    if client is None or not client.is_private:
        return
    text = _(
        "Ask the student for consent before %(client)s hears anything. Until then no report about this student may go there."
    )
    messages.warning(request, text % {"client": client.name})


@require_http_methods(["GET", "POST"])
@role_required(*PLACERS)
def enrolment_add(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Place a student in a group."""
    student = get_object_or_404(Student.objects.visible_to(request.user), pk=pk)
    _opened(request, student)
    form = EnrolmentForm(form_data(request), student=student, user=request.user)

    def act() -> Enrolment:
        return actions.enrol_student(by=request.user, **form.cleaned_data)

    def done(made: Enrolment) -> str:
        messages.success(request, _("%(name)s is placed in %(group)s.") % {"name": student.full_name, "group": made.group.name})
        return _back(student)

    return form_page(request, form, act=act, done=done, **_page(student, _("Place in a group")))


@require_http_methods(["GET", "POST"])
@role_required(*PLACERS)
def enrolment_end(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Let a student leave a group."""
    visible = Enrolment.objects.visible_to(request.user).select_related("programme__student", "group")
    enrolment = get_object_or_404(visible, pk=pk)
    student = enrolment.programme.student
    _opened(request, student)
    form = EndEnrolmentForm(form_data(request), initial={"version": enrolment.version, "ends_on": enrolment.ends_on})

    def act() -> Enrolment:
        return actions.end_enrolment(enrolment=enrolment, by=request.user, **form.cleaned_data)

    def done(saved: Enrolment) -> str:
        messages.success(request, _("%(name)s leaves %(group)s.") % {"name": student.full_name, "group": enrolment.group.name})
        return _back(student)

    title = _("End place in %(group)s") % {"group": enrolment.group.name}
    return form_page(request, form, act=act, done=done, **_page(student, title))
