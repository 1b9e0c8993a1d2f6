"""What changes hours that no register holds. Each action is one transaction and returns the row."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from attendance.models import ContractHours, OpeningBalance, OutsideHours
from kvs.editing import changed
from kvs.models import User
from students.actions.restrictions import check_unrestricted
from students.models import Contract, Programme

SAID = ("kind", "day", "minutes", "provider", "evidence", "reference")  # columns of an entry that people fill in


@transaction.atomic
def add_outside_hours(*, programme: Programme, by: User, **fields: Any) -> OutsideHours:
    """Note hours of one day outside lessons. Raises ValidationError."""
    return _note(OutsideHours(programme=programme, by_audit_id=by.audit_id, **fields))


@transaction.atomic
def correct_outside_hours(*, entry: OutsideHours, by: User, **fields: Any) -> OutsideHours:
    """Say it anew; 0 minutes: it was nothing. The first word stays. Raises ValidationError when somebody was first."""
    known = OutsideHours.objects.select_for_update(of=("self",)).select_related("programme__student").get(pk=entry.pk)
    if OutsideHours.objects.filter(corrects=known).exists():
        raise ValidationError(_("Somebody corrected this entry meanwhile. Go back and look at what stands there now."))
    same = all(getattr(known, name) == fields[name] for name in SAID)
    if same:
        raise ValidationError(_("Nothing is different: there is nothing to correct."))
    return _note(OutsideHours(programme=known.programme, corrects=known, by_audit_id=by.audit_id, **fields))


def _note(entry: OutsideHours) -> OutsideHours:
    check_unrestricted(entry.programme.student, OutsideHours, SAID)
    if entry.day > timezone.localdate():
        raise ValidationError({"day": _("This day is still to come.")})
    if entry.minutes == 0 and entry.corrects is None:
        raise ValidationError({"minutes": _("Fill in how many hours it was.")})
    entry.full_clean()
    entry.save(force_insert=True)
    return entry


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
