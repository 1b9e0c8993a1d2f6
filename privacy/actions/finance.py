"""Recording what was invoiced elsewhere, and finding it again when the student is long gone."""

import datetime as dt
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from kvs.fields import blind_index
from kvs.models import User
from privacy.models import FinancialRecord, StudentInvoice
from privacy.rules import books_until
from students import rules
from students.actions.restrictions import check_unrestricted
from students.models import Programme, Student

MISTAKE_WITHIN = dt.timedelta(days=30)  # later a wrong line is mended as in any books: by a credit note
COPIED = ["given_names", "surname", "birth_year", "street", "house_number", "postcode", "city"]
CREDIT, INVOICE = FinancialRecord.Kind.CREDIT, FinancialRecord.Kind.INVOICE


def clean_number(number: str) -> str:
    """An invoice number as it is stored and found: capitals, without spaces."""
    return "".join(number.split()).upper()


def payer_index(first: str, surname: str, year: int | None, month: int | None, day: int | None) -> str:
    """The keyed index under which records of a person of this name and date of birth are found."""
    return blind_index("payer", rules.identity_text(first, surname, year, month, day))


@transaction.atomic
def record_invoice(
    *,
    student: Student,
    programme: Programme,
    number: str,
    issued_on: dt.date,
    amount_cents: int,
    by: User,
    minutes: int = 0,
    credits: FinancialRecord | None = None,
) -> FinancialRecord:
    """Copy into the books what an invoice says, or with `credits` a credit note on that invoice.

    Raises ValidationError: for a day to come, a number that is there already, a credit of more than was invoiced or before the
    invoice, and while the data to be copied are restricted.
    """
    check_unrestricted(student, Student, COPIED)
    check_unrestricted(student, Programme, ["law", "bsn"])
    if issued_on > timezone.localdate():
        raise ValidationError({"issued_on": _("This date lies in the future.")})
    found, key = clean_number(number), uuid.uuid4()
    record = FinancialRecord(
        id=key,
        series=key,
        location_id=student.intake_location_id,
        number=found,
        number_index=blind_index("number", found),
        issued_on=issued_on,
        amount_cents=amount_cents,
        minutes=minutes,
        kept_until=books_until(issued_on),
        **_copied(student, programme),
    )
    if credits is not None:
        _check_credit(record, credits)
    record.validate_constraints()
    record.save(force_insert=True)
    StudentInvoice.objects.create(student=student, record=record, recorded_by=by)
    _join_periods(record.series)
    record.refresh_from_db(fields=["kept_until"])
    return record


def _copied(student: Student, programme: Programme) -> dict[str, Any]:
    """Who the invoice is for, frozen: what changes in the file later does not change this."""
    born = (student.birth_year, student.birth_month, student.birth_day)
    firsts = list(dict.fromkeys(first for first in (student.given_names, student.call_name) if first)) or [""]
    texts = [rules.identity_text(first, student.surname, *born) for first in firsts]
    called = texts[1] if len(texts) > 1 else None
    street = f"{student.street} {student.house_number}".strip()
    town = f"{student.postcode} {student.city}".strip()
    return {
        "name": " ".join(part for part in (firsts[0], student.infix, student.surname) if part),
        "address": ", ".join(part for part in (street, town) if part),
        "born_on": "-".join(f"{part:02}" for part in born if part),
        "payer": texts[0],
        "payer_index": blind_index("payer", texts[0]),
        "payer_called": called,
        "payer_called_index": blind_index("payer", called) if called else None,
        "law": programme.law,
        "route": programme.route,
        "on_loan": programme.has_duo_loan,
        "bsn": programme.bsn if programme.has_duo_loan else None,
    }


def _check_credit(record: FinancialRecord, invoice: FinancialRecord) -> None:
    """Make `record` a credit note on `invoice`, locked so that two at once do not credit more than there is."""
    row = FinancialRecord.objects.select_for_update().get(pk=invoice.pk)
    record.kind, record.series = CREDIT, row.series
    if row.kind != INVOICE:
        raise ValidationError({"credits": _("A credit note is about an invoice.")})
    if record.issued_on < row.issued_on:
        raise ValidationError({"issued_on": _("A credit note cannot be older than its invoice.")})
    before = FinancialRecord.objects.filter(series=row.series, kind=CREDIT).aggregate(all=Sum("amount_cents"))["all"] or 0
    if before + record.amount_cents > row.amount_cents:
        raise ValidationError({"amount": _("Together this credits more than the invoice.")})


def _join_periods(series: uuid.UUID) -> None:
    """An invoice and its credit notes are kept as long as the youngest of them (privacy_engineering.md 5.6)."""
    rows = FinancialRecord.objects.filter(series=series)
    if last := rows.aggregate(last=Max("issued_on"))["last"]:
        rows.update(kept_until=books_until(last))


@transaction.atomic
def remove_mistake(*, record: FinancialRecord, by: User) -> None:
    """Take out what was recorded by mistake. Raises ValidationError after 30 days, and for an invoice with credit notes."""
    row = FinancialRecord.objects.select_for_update().get(pk=record.pk)
    if timezone.localdate() > row.recorded_on + MISTAKE_WITHIN:
        raise ValidationError(_("This was recorded more than 30 days ago and stays. Record a credit note instead."))
    if row.kind == INVOICE and FinancialRecord.objects.filter(series=row.series).exclude(pk=row.pk).exists():
        raise ValidationError(_("There is a credit note on this invoice. Take that out first."))
    row.delete()
    _join_periods(row.series)
