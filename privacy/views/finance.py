"""Invoices that were issued elsewhere, for who does the finances: of a student, and of people whose file is gone."""

import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kvs import audit
from kvs.access import KvsRequest, role_required
from kvs.drafts import form_data
from kvs.fields import blind_index
from kvs.models import AccessEvent, Role
from kvs.pages import form_page
from privacy.actions.finance import CREDIT, clean_number, payer_index, record_invoice, remove_mistake
from privacy.forms.finance import FindInvoiceForm, InvoiceForm
from privacy.models import FinancialRecord
from students.models import Student
from students.views.people import student_tabs, with_groups


@require_GET
@role_required(Role.FINANCE)
def student_invoices(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """What was invoiced for one student."""
    student = get_object_or_404(with_groups(Student.objects.visible_to(request.user)), pk=pk)
    _looked(request, [student.audit_id])
    records = list(FinancialRecord.objects.visible_to(request.user).filter(link__student=student))
    context = {
        "student": student,
        "tabs": student_tabs(request.account, student, "privacy:student_invoices"),
        "records": records,
        "cents": sum(row.signed_cents for row in records),
        "minutes": sum(-row.minutes if row.kind == CREDIT else row.minutes for row in records),
    }
    return render(request, "privacy/student_invoices.html", context)


def _looked(request: KvsRequest, people: Sequence[uuid.UUID]) -> None:
    audit.log_access(request.user, Role.FINANCE, people, AccessEvent.Kind.DETAIL)


@require_http_methods(["GET", "POST"])
@role_required(Role.FINANCE)
def invoice_add(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Record an invoice or credit note that was issued elsewhere."""
    student = get_object_or_404(Student.objects.visible_to(request.user), pk=pk)
    _looked(request, [student.audit_id])
    form = InvoiceForm(form_data(request), student=student)
    back = reverse("privacy:student_invoices", args=[student.pk])

    def act() -> FinancialRecord:
        typed = {**form.cleaned_data}
        return record_invoice(student=student, amount_cents=typed.pop("amount"), by=request.user, **typed)

    def done(_made: FinancialRecord) -> str:
        messages.success(request, _("It stands in the books, with name and address as they are today."))
        return back

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("Record an invoice"),
        verb=_("Record"),
        parent=student.full_name,
        parent_url=back,
    )


@require_POST
@role_required(Role.FINANCE)
def invoice_remove(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Take out what was recorded by mistake."""
    found = FinancialRecord.objects.visible_to(request.user).filter(link__student__in=Student.objects.visible_to(request.user))
    record = get_object_or_404(found.select_related("link"), pk=pk)
    try:
        remove_mistake(record=record, by=request.user)
    except ValidationError as problem:
        messages.error(request, problem.messages[0])
    else:
        messages.success(request, _("It is taken out of the books."))
    return redirect("privacy:student_invoices", pk=record.link.student_id)


@require_http_methods(["GET", "POST"])
@role_required(Role.FINANCE)
def invoices(request: KvsRequest) -> HttpResponse:
    """Find an invoice of years ago, also of somebody whose file was erased. What is typed stands in no address."""
    form = FindInvoiceForm(form_data(request))
    asked = request.method == "POST" and form.is_valid()
    records = _find(request, form) if asked else []
    context = {
        "form": form,
        "verb": _("Find"),
        "asked": asked,
        "records": records,
    }
    return render(request, "privacy/invoices.html", context, status=422 if form.errors else 200)


def _find(request: KvsRequest, form: FindInvoiceForm) -> list[FinancialRecord]:
    """What fits, and a line for each: under the person while there is a file, else under the record itself."""
    typed, rows = form.cleaned_data, FinancialRecord.objects.visible_to(request.user)
    if typed["number"]:
        rows = rows.filter(number_index=blind_index("number", clean_number(typed["number"]) or "-"))
    else:
        born = typed["born_on"]
        rows = rows.of_payer(payer_index(typed["first"], typed["surname"], born.year, born.month, born.day))
    found = list(rows.select_related("link__student"))
    _looked(request, [row.link.student.audit_id if hasattr(row, "link") else row.pk for row in found])
    return found
