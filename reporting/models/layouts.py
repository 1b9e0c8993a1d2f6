"""Layouts of files: the columns a recipient wants, in versions, and the codes it knows."""

import datetime as dt
import functools
import uuid

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

a_code = RegexValidator(
    r"\A[A-Za-z0-9][A-Za-z0-9 ._/-]*\Z", _("A code begins with a letter or a digit; then also . _ / - and spaces.")
)
HEAD = r"^[A-Za-z0-9][A-Za-z0-9À-ÿ ()._/-]*$"
A_HEAD = _("A head begins with a letter or a digit; then also spaces and ( ) . _ / -.")


def check_codes(codes: dict[str, str]) -> None:
    """Raise ValidationError for a code that a spreadsheet program or a separator could make something else of."""
    for code in codes.values():
        if code:
            a_code(code)


class ColumnProfileQuerySet(models.QuerySet["ColumnProfile"]):
    """Which profiles. They say nothing about people."""

    def valid_on(self, report: str, day: dt.date) -> "ColumnProfile | None":
        """The version by which the file of `report` is written on `day`: the latest of those that hold by then."""
        return self.filter(report=report, valid_from__lte=day).order_by("-version").first()


class ColumnProfile(models.Model):
    """How the file of a report is written: its columns in order and what values look like (domain/duo.md 7.1).

    Rows never change: a correction is a new version, which replaces the earlier ones from its first day. Most of the
    defaults are a choice, not a fact: no layout of DUO or Blik op Werk is public.
    """

    class Separator(models.TextChoices):
        """Between two values."""

        SEMICOLON = ";", _("semicolon (;)")
        COMMA = ",", _("comma (,)")
        TAB = "tab", _("tab")

    class Quoting(models.TextChoices):
        """Quotes around values."""

        NEEDED = "needed", _("only where needed")
        ALL = "all", _("around every value")
        NONE = "none", _("never")

    class Encoding(models.TextChoices):
        """How letters become bytes; the values are codecs of Python."""

        UTF8 = "utf-8", "UTF-8"
        UTF8_MARK = "utf-8-sig", _("UTF-8 with a mark in front (as Excel writes)")
        WINDOWS = "cp1252", _("Windows-1252 (Western European)")

    class LineEnd(models.TextChoices):
        """How a line ends."""

        WINDOWS = "crlf", "CR LF"
        UNIX = "lf", "LF"

    class DateForm(models.TextChoices):
        """How a date is written: j, m and d stand for the digits of year, month and day."""

        TOGETHER = "jjjjmmdd", "20261231"
        DUTCH = "dd-mm-jjjj", "31-12-2026"
        SLASHES = "dd/mm/jjjj", "31/12/2026"
        ISO = "jjjj-mm-dd", "2026-12-31"
        DUTCH_TOGETHER = "ddmmjjjj", "31122026"

    class DecimalSign(models.TextChoices):
        """Before the decimals of hours."""

        COMMA = ",", _("comma (7,5)")
        POINT = ".", _("point (7.5)")

    class Rounding(models.TextChoices):
        """What becomes of the minutes that do not fill the last decimal."""

        DOWN = "down", _("down")
        HALF_UP = "half_up", _("to the nearest")

    class HoursOver(models.TextChoices):
        """Which lessons are added up."""

        YEAR = "year", _("the calendar year, up to and including the month")
        MONTH = "month", _("the month alone")
        CONTRACT = "contract", _("the whole contract, up to and including the month")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.CharField(max_length=40)
    version = models.PositiveIntegerField(_("version"), default=1)
    valid_from = models.DateField(_("holds from"))
    separator = models.CharField(_("between two values"), max_length=3, choices=Separator, default=Separator.SEMICOLON)
    quoting = models.CharField(_("quotes"), max_length=6, choices=Quoting, default=Quoting.NEEDED)
    encoding = models.CharField(_("encoding"), max_length=9, choices=Encoding, default=Encoding.UTF8)
    line_end = models.CharField(_("end of a line"), max_length=4, choices=LineEnd, default=LineEnd.WINDOWS)
    with_head = models.BooleanField(_("first a line with the heads"), default=True)
    date_form = models.CharField(_("dates"), max_length=10, choices=DateForm, default=DateForm.TOGETHER)
    decimal_sign = models.CharField(_("decimal sign"), max_length=1, choices=DecimalSign, default=DecimalSign.COMMA)
    decimals = models.PositiveSmallIntegerField(_("decimals of hours"), default=0)
    rounding = models.CharField(_("hours are rounded"), max_length=7, choices=Rounding, default=Rounding.DOWN)
    hour_minutes = models.PositiveSmallIntegerField(_("minutes in an hour"), default=60)
    hours_over = models.CharField(_("hours are of"), max_length=8, choices=HoursOver, default=HoursOver.YEAR)
    confirmed = models.BooleanField(_("how the file is written is confirmed"), default=False)
    basis = models.CharField(_("who says so"), max_length=300)

    objects = ColumnProfileQuerySet.as_manager()

    class Meta:
        verbose_name = _("layout of a file")
        ordering = ["report", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "version"],
                name="column_profile_version_once",
                violation_error_message=_("A colleague made a new version just now. Open the page again and compare."),
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="column_profile_version"),
            models.CheckConstraint(condition=Q(separator__in=[";", ",", "tab"]), name="column_profile_separator"),
            models.CheckConstraint(condition=Q(quoting__in=["needed", "all", "none"]), name="column_profile_quoting"),
            models.CheckConstraint(condition=Q(encoding__in=["utf-8", "utf-8-sig", "cp1252"]), name="column_profile_encoding"),
            models.CheckConstraint(condition=Q(line_end__in=["crlf", "lf"]), name="column_profile_line_end"),
            models.CheckConstraint(
                condition=Q(date_form__in=["jjjjmmdd", "dd-mm-jjjj", "dd/mm/jjjj", "jjjj-mm-dd", "ddmmjjjj"]),
                name="column_profile_date_form",
            ),
            models.CheckConstraint(condition=Q(decimal_sign__in=[",", "."]), name="column_profile_decimal_sign"),
            models.CheckConstraint(condition=Q(rounding__in=["down", "half_up"]), name="column_profile_rounding"),
            models.CheckConstraint(condition=Q(hours_over__in=["year", "month", "contract"]), name="column_profile_hours_over"),
            models.CheckConstraint(
                condition=Q(decimals__lte=2),
                name="column_profile_decimals",
                violation_error_message=_("Hours have 0, 1 or 2 decimals."),
            ),
            models.CheckConstraint(
                condition=Q(hour_minutes__range=(30, 60)),
                name="column_profile_hour_minutes",
                violation_error_message=_("An hour has 30 to 60 minutes."),
            ),
            models.CheckConstraint(condition=~Q(basis=""), name="column_profile_has_basis"),
        ]

    def __str__(self) -> str:
        return f"ColumnProfile({self.report}, {self.version})"

    @functools.cached_property
    def parts(self) -> "list[ProfileColumn]":
        """Its columns in order. A profile that is not stored yet has them set."""
        return list(self.columns.all())


class ProfileColumn(models.Model):
    """One column of a file: its head, what fills it, and how sure that is. As immutable as its profile."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    profile = models.ForeignKey(ColumnProfile, on_delete=models.CASCADE, related_name="columns")
    position = models.PositiveSmallIntegerField(_("place in the file"))
    head = models.CharField(_("head"), max_length=80, validators=[RegexValidator(HEAD, A_HEAD)])
    source = models.CharField(_("filled with"), max_length=40, blank=True)  # a column of the layout; empty: stays empty
    # Value -> code of the recipient, for a source with a list of values; "" until somebody knows it.
    codes = models.JSONField(_("codes"), default=dict, blank=True, validators=[check_codes])
    required = models.BooleanField(_("may not be empty"), default=True)
    max_length = models.PositiveSmallIntegerField(_("longest value"), null=True, blank=True)
    confirmed = models.BooleanField(_("confirmed"), default=False)
    basis = models.CharField(_("who says so"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("column of a file")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["profile", "position"],
                name="profile_column_place_once",
                violation_error_message=_("Two columns have the same place."),
            ),
            models.CheckConstraint(
                condition=Q(position__range=(1, 99)),
                name="profile_column_place",
                violation_error_message=_("A place is a number from 1 to 99."),
            ),
            models.CheckConstraint(condition=Q(head__regex=HEAD), name="profile_column_head", violation_error_message=A_HEAD),
            models.CheckConstraint(
                condition=Q(max_length__isnull=True) | Q(max_length__range=(1, 999)),
                name="profile_column_max_length",
                violation_error_message=_("A value has 1 to 999 characters."),
            ),
        ]

    def __str__(self) -> str:
        return f"ProfileColumn({self.pk})"
