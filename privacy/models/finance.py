"""What the school must be able to show of its invoices for seven years: frozen copies that refer to no student.

KVS makes no invoices. Finance records here what was invoiced elsewhere; name, address and (on a DUO loan) BSN are copied at that
moment and follow no later change (AWR art. 52; privacy_engineering.md 5.6; decisions.md 25, 41).
"""

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.fields import SealedField
from kvs.models import Location, Role, User
from students.models import Programme, Student


class FinancialRecordQuerySet(models.QuerySet["FinancialRecord"]):
    """Which records."""

    def visible_to(self, user: User) -> "FinancialRecordQuerySet":
        """Those of the locations where `user` does the finances; nobody else's, also after an erasure."""
        return self.filter(location__in=Location.objects.where_held(user, Role.FINANCE))

    def of_payer(self, index: str) -> "FinancialRecordQuerySet":
        """Those of somebody of this name and date of birth: privacy.actions.finance.payer_index."""
        return self.filter(Q(payer_index=index) | Q(payer_called_index=index))

    def over(self, day: dt.date) -> "FinancialRecordQuerySet":
        """Those whose period has passed."""
        return self.filter(kept_until__lt=day)


class FinancialRecord(models.Model):
    """An invoice or credit note that was issued elsewhere, as it was on the day it was recorded."""

    class Kind(models.TextChoices):
        """What it is."""

        INVOICE = "invoice", _("invoice")
        CREDIT = "credit", _("credit note")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    series = models.UUIDField(db_index=True, editable=False)  # the id of the invoice; its credit notes have the same
    location = models.ForeignKey(Location, on_delete=models.PROTECT, verbose_name=_("location"))
    kind = models.CharField(_("kind"), max_length=7, choices=Kind, default=Kind.INVOICE)
    number = SealedField(_("invoice number"), context="privacy.financial_record.number")
    number_index = models.CharField(max_length=64, editable=False)
    issued_on = models.DateField(_("date of the invoice"))
    amount_cents = models.BigIntegerField(_("amount in euro cents"))
    minutes = models.PositiveIntegerField(_("minutes invoiced"), default=0)
    law = models.CharField(_("law"), max_length=8, choices=Programme.Law)
    route = models.CharField(_("route"), max_length=10, choices=Programme.Route, blank=True)
    on_loan = models.BooleanField(_("paid from a DUO loan"), default=False)
    name = SealedField(_("name on the invoice"), context="privacy.financial_record.name")
    address = SealedField(_("address on the invoice"), context="privacy.financial_record.address", blank=True, default="")
    born_on = SealedField(_("date of birth"), context="privacy.financial_record.born_on", blank=True, default="")
    bsn = SealedField("BSN", context="privacy.financial_record.bsn", null=True, blank=True)
    payer = SealedField(_("name to find it by"), context="privacy.financial_record.payer")
    payer_index = models.CharField(max_length=64, db_index=True, editable=False)
    payer_called = SealedField(_("call name to find it by"), context="privacy.financial_record.payer_called", null=True)
    payer_called_index = models.CharField(max_length=64, null=True, db_index=True, editable=False)  # noqa: DJ001  # as the column beside it
    recorded_on = models.DateField(_("recorded on"), default=timezone.localdate)
    kept_until = models.DateField(_("kept until"), db_index=True)

    objects = FinancialRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice in the books")
        ordering = ["-issued_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["number_index"],
                name="financial_record_number_once",
                violation_error_message=_("This invoice number is recorded already."),
            ),
            models.CheckConstraint(
                condition=Q(kind="invoice", series=F("id")) | (Q(kind="credit") & ~Q(series=F("id"))),
                name="financial_record_series",
            ),
            models.CheckConstraint(
                condition=Q(amount_cents__range=(1, 10_000_000)),
                name="financial_record_amount",
                violation_error_message=_("An amount is between € 0,01 and € 100.000,00."),
            ),
            models.CheckConstraint(
                condition=Q(minutes__lte=300_000),
                name="financial_record_minutes",
                violation_error_message=_("An invoice has at most 5000 hours."),
            ),
            models.CheckConstraint(condition=Q(law__in=["none", "wi2007", "wi2013", "wi2021"]), name="financial_record_law"),
            models.CheckConstraint(condition=Q(route__in=["", "b1", "education", "z"]), name="financial_record_route"),
            # Regeling inburgering art. 4.2 names the BSN for invoices on a loan, and for no others (UAVG art. 46).
            models.CheckConstraint(condition=Q(bsn__isnull=True) | Q(on_loan=True), name="financial_record_bsn_on_loan"),
            models.CheckConstraint(
                condition=Q(payer_called__isnull=True, payer_called_index__isnull=True)
                | Q(payer_called__isnull=False, payer_called_index__isnull=False),
                name="financial_record_called_whole",
            ),
            # AWR art. 52(4): never shorter than seven years after the calendar year.
            models.CheckConstraint(
                condition=Q(kept_until__month=12, kept_until__day=31, kept_until__year__gte=F("issued_on__year") + 7),
                name="financial_record_seven_years",
            ),
        ]

    def __str__(self) -> str:
        return f"FinancialRecord({self.pk})"

    @property
    def signed_cents(self) -> int:
        """What it adds to the total, in euro cents: a credit note takes off."""
        return -self.amount_cents if self.kind == self.Kind.CREDIT else self.amount_cents


class StudentInvoiceQuerySet(models.QuerySet["StudentInvoice"]):
    """Which links."""

    def visible_to(self, user: User) -> "StudentInvoiceQuerySet":
        """Of visible students, for who does the finances."""
        return self.filter(student__in=Student.objects.visible_to(user), record__in=FinancialRecord.objects.visible_to(user))


class StudentInvoice(models.Model):
    """That a record in the books is about this student. It goes with the file; the record stays (decisions.md 41)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="invoices")
    record = models.OneToOneField(FinancialRecord, on_delete=models.CASCADE, related_name="link")
    recorded_on = models.DateField(_("recorded on"), default=timezone.localdate)
    recorded_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = StudentInvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice of a student")

    def __str__(self) -> str:
        return f"StudentInvoice({self.pk})"
