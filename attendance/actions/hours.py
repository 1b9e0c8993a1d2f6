"""What changes hours that no register holds. Each action is one transaction and returns the row."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from attendance.models import ContractHours, OpeningBalance, OutsideHours
from attendance.models.outside_rules import MOST_A_DAY
from kvs.editing import changed
from kvs.models import User
from kvs.templatetags.kvs import hours
from students.actions.health import check_no_health
from students.actions.restrictions import check_unrestricted
from students.models import Contract, Programme, Student

SAID = ("kind", "day", "minutes", "provider", "evidence", "reference")  # columns of an entry that people fill in
NAMES = ("provider", "reference")
PROOF = ("kind", "provider", "evidence", "reference")  # with the day: one piece of evidence


@transaction.atomic
def add_outside_hours(*, programme: Programme, by: User, **fields: Any) -> OutsideHours:
    """Note hours of one day outside lessons. Raises ValidationError."""
    return _note(OutsideHours(programme=programme, by_audit_id=by.audit_id, **fields))


@transaction.atomic
def correct_outside_hours(*, entry: OutsideHours, by: User, **fields: Any) -> OutsideHours:
    """Say it anew; 0 minutes: it was nothing. The first word stays. Raises ValidationError when somebody was first."""
    known = OutsideHours.objects.select_for_update(of=("self",)).select_related("programme").get(pk=entry.pk)
    if OutsideHours.objects.filter(corrects=known).exists():
        raise ValidationError(_("Somebody corrected this entry meanwhile. Go back and look at what stands there now."))
    same = all(getattr(known, name) == fields[name] for name in SAID)
    if same:
        raise ValidationError(_("Nothing is different: there is nothing to correct."))
    return _note(OutsideHours(programme=known.programme, corrects=known, by_audit_id=by.audit_id, **fields))


def _note(entry: OutsideHours) -> OutsideHours:
    student = Student.objects.select_for_update(no_key=True).get(pk=entry.programme.student_id)  # of two at once the second waits
    check_unrestricted(student, OutsideHours, SAID)
    if entry.minutes == 0 and entry.corrects is None:
        raise ValidationError({"minutes": _("Fill in how many hours it was.")})
    before = entry.corrects
    check_no_health({name: getattr(entry, name) for name in NAMES if not before or getattr(before, name) != getattr(entry, name)})
    if entry.minutes:  # a correction to nothing takes away, so it never waits for a mistake of before
        _check_day(entry)
        _check_room(entry, student)
    entry.full_clean()
    entry.save(force_insert=True)
    return entry


def _check_day(entry: OutsideHours) -> None:
    programme, day = entry.programme, entry.day
    if day > timezone.localdate():
        raise ValidationError({"day": _("This day is still to come.")})
    if day < programme.starts_on:
        text = _("This programme begins on %(day)s, and this day is before it.")
        raise ValidationError({"day": text % {"day": date_format(programme.starts_on)}})
    if programme.ends_on and day > programme.ends_on:
        text = _("This programme ended on %(day)s, and this day is after it.")
        raise ValidationError({"day": text % {"day": date_format(programme.ends_on)}})


def _check_room(entry: OutsideHours, student: Student) -> None:
    """Not the same twice, and no day of more than 16 hours; the row that is corrected stands no more."""
    others = [row for row in OutsideHours.objects.standing_on(student, entry.day) if row != entry.corrects]
    if any(_same(row, entry) for row in others):
        text = _("These hours are noted already: %(day)s, %(provider)s, %(reference)s. Were there more? Correct that entry.")
        known = {"day": date_format(entry.day), "provider": entry.provider, "reference": entry.reference}
        raise ValidationError({"reference": text % known})
    noted = sum(row.minutes for row in others)
    if noted + entry.minutes > MOST_A_DAY:
        text = _("A day has at most 16 hours, and for %(day)s %(hours)s hours are noted already.")
        raise ValidationError({"minutes": text % {"day": date_format(entry.day), "hours": hours(noted)}})


def _same(row: OutsideHours, entry: OutsideHours) -> bool:
    """The same piece of evidence for the same kind of hours."""
    return all(str(getattr(row, name)).lower() == str(getattr(entry, name)).lower() for name in PROOF)


@transaction.atomic
def set_opening_balance(*, contract: Contract, by: User, **fields: Any) -> OpeningBalance:
    """Note what was attended before KVS kept the registers. Raises ValidationError when that kind and year has one."""
    balance = OpeningBalance(contract=contract, **fields)
    _check_balance(balance)
    balance.save(force_insert=True)
    return balance


@transaction.atomic
def change_opening_balance(*, balance: OpeningBalance, version: int, by: User, changes: Mapping[str, Any]) -> OpeningBalance:
    """Correct a balance; 0 minutes: there was nothing. Raises ValidationError."""
    rows = OpeningBalance.objects.select_related("contract__programme__student")
    row = changed(rows, balance.pk, version, changes)
    _check_balance(row)
    row.save()
    return row


def _check_balance(balance: OpeningBalance) -> None:
    check_unrestricted(balance.contract.programme.student, OpeningBalance, ["hour_class", "year", "minutes", "source"])
    if balance.year > timezone.localdate().year:
        raise ValidationError({"year": _("This year is still to come.")})
    balance.full_clean()


@transaction.atomic
def set_contract_hours(*, contract: Contract, version: int, by: User, lesson_hour: int, breaks_count: bool) -> ContractHours:
    """Agree what an hour is. `version` is 0 when nothing was agreed yet. Raises ValidationError."""
    Contract.objects.select_for_update().get(pk=contract.pk)  # two people agreeing first meet here
    values = {"lesson_hour": lesson_hour, "breaks_count": breaks_count}
    check_unrestricted(contract.programme.student, ContractHours, values)
    known = ContractHours.objects.filter(contract=contract).first()
    if known is None:
        return ContractHours.objects.create(contract=contract, **values)
    row = changed(ContractHours.objects.all(), known.pk, version, values)
    row.full_clean()
    row.save()
    return row
