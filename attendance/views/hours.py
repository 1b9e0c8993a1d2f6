"""The page "Uren" of a programme, and the forms of hours that no register holds."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from attendance.actions import hours as actions
from attendance.forms.hours import ContractHoursForm, OpeningBalanceForm, OutsideHoursForm
from attendance.hours_overview import overview
from attendance.models import ContractHours, OpeningBalance, OutsideHours
from attendance.models.hours import HOUR_READERS
from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.models import AccessEvent, Role
from kvs.pages import form_page
from students.models import Contract, Programme, Student
from students.views.people import student_tabs, with_groups

WRITERS = (Role.ADMINISTRATION, Role.COORDINATOR)
AGREERS = (Role.ADMINISTRATION,)  # who changes contracts


def _opened(request: KvsRequest, student: Student) -> None:
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)


def _page(programme: Programme, title: str) -> dict[str, str]:
    """Where a form of this page belongs."""
    back = reverse("attendance:programme_hours", args=[programme.pk])
    return {"title": title, "verb": _("Save"), "parent": programme.student.full_name, "parent_url": back}


def _saved(request: KvsRequest, programme: Programme) -> str:
    messages.success(request, _("The hours of %(name)s are saved.") % {"name": programme.student.full_name})
    return reverse("attendance:programme_hours", args=[programme.pk])


@require_GET
@role_required(*HOUR_READERS)
def programme_hours(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """What was offered, attended and proven per contract, and what counts for each rule."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user), pk=pk)
    student = get_object_or_404(with_groups(Student.objects.visible_to(request.user)), pk=programme.student_id)
    _opened(request, student)
    context = {
        "student": student,
        "programme": programme,
        "hours": overview(programme, request.user, timezone.localdate()),
        "tabs": student_tabs(request.user, student, "students:programmes"),
        "may_note": request.user.has_role(*WRITERS),
        "may_agree": request.user.has_role(*AGREERS),
        "locked": "attendance" in student.restricted,
    }
    return render(request, "attendance/programme_hours.html", context)


@require_http_methods(["GET", "POST"])
@role_required(*WRITERS)
def outside_add(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Note hours outside lessons."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user).select_related("student"), pk=pk)
    _opened(request, programme.student)
    form = OutsideHoursForm(form_data(request))

    def act() -> OutsideHours:
        return actions.add_outside_hours(programme=programme, by=request.user, **form.cleaned_data)

    def done(_made: OutsideHours) -> str:
        return _saved(request, programme)

    return form_page(request, form, act=act, done=done, **_page(programme, _("Hours outside lessons")))


@require_http_methods(["GET", "POST"])
@role_required(*WRITERS)
def outside_correct(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Correct an entry: the first word stays beside the new one. 0 hours: it was nothing."""
    visible = OutsideHours.objects.visible_to(request.user).current().select_related("programme__student")
    entry = get_object_or_404(visible, pk=pk)
    _opened(request, entry.programme.student)
    form = OutsideHoursForm(form_data(request), initial={name: getattr(entry, name) for name in actions.SAID})

    def act() -> OutsideHours:
        return actions.correct_outside_hours(entry=entry, by=request.user, **form.cleaned_data)

    def done(_made: OutsideHours) -> str:
        return _saved(request, entry.programme)

    return form_page(request, form, act=act, done=done, **_page(entry.programme, _("Correct hours outside lessons")))


@require_http_methods(["GET", "POST"])
@role_required(*AGREERS)
def balance_add(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Note what was attended before KVS kept the registers."""
    contract = get_object_or_404(Contract.objects.visible_to(request.user).select_related("programme__student"), pk=pk)
    _opened(request, contract.programme.student)
    form = OpeningBalanceForm(form_data(request), initial={"year": contract.starts_on.year})

    def act() -> OpeningBalance:
        fields = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        return actions.set_opening_balance(contract=contract, by=request.user, **fields)

    def done(_made: OpeningBalance) -> str:
        return _saved(request, contract.programme)

    return form_page(request, form, act=act, done=done, **_page(contract.programme, _("Opening balance")))


@require_http_methods(["GET", "POST"])
@role_required(*AGREERS)
def balance_edit(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Correct an opening balance."""
    visible = OpeningBalance.objects.visible_to(request.user).select_related("contract__programme__student")
    balance = get_object_or_404(visible, pk=pk)
    programme = balance.contract.programme
    _opened(request, programme.student)
    form = OpeningBalanceForm(form_data(request), instance=balance)

    def act() -> OpeningBalance:
        changes = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        version = form.cleaned_data["version"] or 0
        return actions.change_opening_balance(balance=balance, version=version, by=request.user, changes=changes)

    def done(_saved_row: OpeningBalance) -> str:
        return _saved(request, programme)

    return form_page(request, form, act=act, done=done, **_page(programme, _("Change opening balance")))


@require_http_methods(["GET", "POST"])
@role_required(*AGREERS)
def contract_hours(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """How long a lesson hour is under a contract, and whether breaks count."""
    contract = get_object_or_404(Contract.objects.visible_to(request.user).select_related("programme__student"), pk=pk)
    _opened(request, contract.programme.student)
    known = ContractHours.objects.filter(contract=contract).first()
    form = ContractHoursForm(form_data(request), instance=known, known=known is not None)

    def act() -> ContractHours:
        values = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        version = form.cleaned_data["version"] or 0
        return actions.set_contract_hours(contract=contract, version=version, by=request.user, **values)

    def done(_made: ContractHours) -> str:
        return _saved(request, contract.programme)

    return form_page(request, form, act=act, done=done, **_page(contract.programme, _("What an hour is")))
