"""Reports that were asked for, the layouts of their files, and the record of what was handed over to whom."""

import datetime as dt
import functools
import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from kvs import catalogue
from kvs.fields import SealedField
from kvs.models import Job, JobState, Location, Role, SealedFile, User
from kvs.vocabulary import BLIK_OP_WERK, DUO, MUNICIPALITY, SURVEYOR
from reporting import given, rules
from reporting.report import WITH_REASONS, Report, reports, reports_for
from students.models import Client, Student

RECIPIENTS = {known.code: known for known in (MUNICIPALITY, DUO, BLIK_OP_WERK, SURVEYOR)}
READERS = (Role.ADMINISTRATION, Role.MANAGEMENT, Role.PRIVACY_OFFICER)


def within_locations_of(user: User) -> Q:
    """Condition on a row with `report` and `locations`: a report for a role of `user`, from within the own locations."""
    codes = [report.code for report in reports_for(user)]
    here = list(Location.objects.where_held(user, *READERS).values_list("pk", flat=True))
    return Q(report__in=codes, locations__contained_by=here)


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


class ReportRunQuerySet(models.QuerySet["ReportRun"]):
    """Which runs."""

    def visible_to(self, user: User) -> "ReportRunQuerySet":
        """The own ones, and those from within the own locations of reports that are for a role of `user`."""
        return self.filter(Q(requested_by=user) | within_locations_of(user))


class ReportRun(models.Model):
    """A report somebody asked for. Its files are sealed and go after rules.FILES_KEPT_DAYS; then the run goes too."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.CharField(_("report"), max_length=40)
    parameters = models.JSONField(default=dict)  # ids, dates and codes: reporting.report.stored
    client = models.ForeignKey(Client, on_delete=models.PROTECT, null=True, verbose_name=_("client"))
    locations = ArrayField(models.UUIDField(), default=list)  # what the rows come from; empty: nobody is in it
    profile = models.ForeignKey(ColumnProfile, on_delete=models.PROTECT, null=True, related_name="runs")
    blocks = models.JSONField(default=list)  # why its file for the recipient was not made: reporting.report.Block
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, related_name="report_run")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(_("version"), null=True)
    made_at = models.DateTimeField(null=True)

    objects = ReportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(fields=["report", "parameters", "version"], name="report_run_version_once"),
            models.CheckConstraint(
                condition=Q(version__isnull=True, made_at__isnull=True) | Q(version__gte=1, made_at__isnull=False),
                name="report_run_made_has_version",
            ),
        ]

    def __str__(self) -> str:
        return f"ReportRun({self.pk})"

    @property
    def definition(self) -> Report:
        """The report this is a run of. Raises KeyError for one this version no longer has."""
        return reports()[self.report]

    @property
    def title(self) -> str:
        """What is in it."""
        return self.definition.titled(self.parameters)

    @property
    def period(self) -> str:
        """Which months, as in "oktober 2026"."""
        return self.definition.period(self.parameters)

    @property
    def state(self) -> JobState:
        """Where it is: of the job, until the files are there. A run that lost its job will not be made any more."""
        if self.made_at:
            return JobState.DONE
        return JobState(self.job.state) if self.job else JobState.FAILED

    @property
    def reference(self) -> str:
        """Stands on paper."""
        return rules.reference(self.pk.hex)


class ReportFile(models.Model):
    """One file of a run: the whole report, for csv one of its tables (from 1), or with a `name` the recipient's file."""

    class Format(models.TextChoices):
        """What sort of file."""

        PDF = "pdf", "PDF"
        XLSX = "xlsx", "XLSX"
        CSV = "csv", "CSV"
        HTML = "html", _("page to print")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(ReportRun, on_delete=models.CASCADE, related_name="files")
    format = models.CharField(_("format"), max_length=4, choices=Format)
    table = models.PositiveSmallIntegerField(default=0)  # 0: all of it
    name = models.CharField(max_length=80, blank=True)  # as the recipient wants the file to be called
    file = models.OneToOneField(SealedFile, on_delete=models.CASCADE, related_name="report_file")

    class Meta:
        verbose_name = _("file of a report")
        ordering = ["file__created_at"]  # as they were made: first what people read
        constraints = [
            models.UniqueConstraint(fields=["run", "format", "table"], name="report_file_once"),
            models.CheckConstraint(condition=Q(format__in=["pdf", "xlsx", "csv", "html"]), name="report_file_format"),
        ]

    def __str__(self) -> str:
        return f"ReportFile({self.pk})"

    @property
    def label(self) -> str:
        """What a link says: the recipient's own file name, "PDF", or "CSV" with the title of its table."""
        if self.name:
            return self.name
        if not self.table:
            return str(capfirst(self.get_format_display()))
        return f"{self.get_format_display()}: {self.run.definition.tables[self.table - 1].title}"


class DisclosureQuerySet(models.QuerySet["Disclosure"]):
    """Which disclosures."""

    def visible_to(self, user: User) -> "DisclosureQuerySet":
        """Those from within the own locations, and for a student every one the student is in."""
        mine = DisclosedPerson.objects.filter(audit_id__in=Student.objects.filter(user=user).values("audit_id"))
        seen = Student.objects.visible_to(user.only_as(*READERS)) if user.has_role(*READERS) else Student.objects.none()
        by_hand = GivenByHand.objects.filter(student__in=seen)
        return self.filter(
            within_locations_of(user) | Q(pk__in=mine.values("disclosure")) | Q(pk__in=by_hand.values("disclosure"))
        )

    def standing(self) -> "DisclosureQuerySet":
        """Those that were not taken back as a mistake."""
        return self.filter(withdrawn_at__isnull=True)


class Disclosure(models.Model):
    """Data went to somebody outside the school (verstrekking): a report, or by mouth, telephone, letter or screen.

    The facts, never the content, and nothing about one person: it outlives files and people. What names somebody is in
    `GivenByHand`, which goes with the file of the student.
    """

    class Channel(models.TextChoices):
        """How it went."""

        PORTAL = "portal", _("through the portal of the recipient")
        SECURE_MAIL = "secure_mail", _("by secured e-mail")
        PAPER = "paper", _("on paper")
        MOUTH = "mouth", _("told in a conversation")
        PHONE = "phone", _("by telephone")
        LETTER = "letter", _("by letter")
        SCREEN = "screen", _("shown on a screen")

    class Organisation(models.TextChoices):
        """What sort of recipient, when it is none of the list."""

        EDUCATION = "education", _("another school")
        SUPPORT = "support", _("support of newcomers, such as VluchtelingenWerk or COA")
        EMPLOYER = "employer", _("employer or temporary employment agency")
        GOVERNMENT = "government", _("another part of the government")
        POLICE = "police", _("police or justice")
        LAWYER = "lawyer", _("lawyer or representative")
        FAMILY = "family", _("family or acquaintance")
        ELSE = "else", _("somebody else")

    class Withdrawn(models.TextChoices):
        """Why a record turned out to be wrong."""

        OTHER_PERSON = "other_person", _("it was about somebody else")
        NOT_GIVEN = "not_given", _("nothing was given")
        TWICE = "twice", _("it was recorded twice")
        WRONG = "wrong", _("something in it is wrong; it is recorded anew")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.CharField(_("report"), max_length=40, blank=True)  # empty: given by hand
    parameters = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(_("version"), null=True, blank=True)
    reference = models.CharField(_("reference"), max_length=9)
    recipient = models.CharField(_("recipient"), max_length=40)  # code of kvs.vocabulary
    client = models.ForeignKey(Client, on_delete=models.PROTECT, null=True, verbose_name=_("client"))
    locations = ArrayField(models.UUIDField(), default=list)
    organisation = models.CharField(_("sort of organisation"), max_length=10, choices=Organisation, blank=True)
    name = models.CharField(_("name of the organisation"), max_length=100, blank=True)  # of one that is on no list
    categories = ArrayField(models.CharField(max_length=30), verbose_name=_("which data"), default=list, blank=True)
    purpose = models.CharField(_("why"), max_length=20, blank=True)  # code of kvs.vocabulary, or of rules
    law = models.CharField(_("which law"), max_length=120, blank=True)
    consent_on = models.DateField(_("the student agreed on"), null=True, blank=True)
    format = models.CharField(_("format"), max_length=4, choices=ReportFile.Format, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)  # of the file that was handed over
    channel = models.CharField(_("how"), max_length=12, choices=Channel)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    withdrawn_reason = models.CharField(_("why it was wrong"), max_length=12, choices=Withdrawn, blank=True)

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        verbose_name = _("disclosure")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__in=["portal", "secure_mail", "paper", "mouth", "phone", "letter", "screen"]),
                name="disclosure_channel",
            ),
            models.CheckConstraint(
                condition=Q(
                    ~Q(report=""),
                    version__isnull=False,
                    sha256__regex=r"^[0-9a-f]{64}$",
                    format__in=["pdf", "xlsx", "csv", "html"],
                    categories=[],
                    purpose="",
                    withdrawn_at__isnull=True,
                )
                | Q(
                    ~Q(purpose=""),
                    report="",
                    version__isnull=True,
                    sha256="",
                    format="",
                    categories__len__gte=1,
                    categories__contained_by=list(rules.GIVEABLE),
                ),
                name="disclosure_of_a_report_or_by_hand",
            ),
            # Nothing goes without a ground: a law that is named, or a day on which the student agreed.
            models.CheckConstraint(
                condition=Q(purpose=rules.LEGAL_DEMAND) & ~Q(law="") | ~Q(purpose=rules.LEGAL_DEMAND) & Q(law=""),
                name="disclosure_names_the_law",
                violation_error_message=_("Name the law and the article."),
            ),
            models.CheckConstraint(
                condition=Q(purpose=rules.CONSENT, consent_on__isnull=False) & ~Q(categories__contains=[rules.BSN])
                | ~Q(purpose=rules.CONSENT) & Q(consent_on__isnull=True),
                name="disclosure_names_the_consent",
                violation_error_message=_("Fill in on which day the student agreed."),
            ),
            models.CheckConstraint(
                condition=Q(recipient=rules.OTHER, client__isnull=True)
                & Q(organisation__in=[*["education", "support", "employer", "government", "police", "lawyer", "family", "else"]])
                & ~Q(name="")
                | ~Q(recipient=rules.OTHER) & Q(organisation="", name=""),
                name="disclosure_names_the_recipient",
                violation_error_message=_("Say to which organisation it went."),
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_reason="")
                | Q(withdrawn_at__isnull=False, withdrawn_reason__in=["other_person", "not_given", "twice", "wrong"], report=""),
                name="disclosure_withdrawn_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"Disclosure({self.pk})"

    @property
    def receiver(self) -> Any:
        """Who got it: the client, or the recipient by name; its code when this version no longer has the report."""
        definition = reports().get(self.report)
        known = definition.recipient if definition else RECIPIENTS.get(self.recipient)
        if self.client or self.name:
            return self.client.name if self.client else self.name
        return known.name if known else self.recipient

    @property
    def title(self) -> Any:
        """Of the report; its code when this version no longer has it. By hand: which data."""
        if not self.report:
            parts = [str(catalogue.category(code).title) for code in self.categories]
            return ", ".join([*parts, *([str(WITH_REASONS)] if self.parameters.get("reasons") else [])])
        definition = reports().get(self.report)
        return definition.titled(self.parameters) if definition else self.report

    @property
    def purpose_title(self) -> Any:
        """Why it was given by hand."""
        return given.purpose_title(self.purpose)

    @property
    def period(self) -> str:
        """Which months; empty when this version no longer has the report."""
        definition = reports().get(self.report)
        return definition.period(self.parameters) if definition else ""


class DisclosedPerson(models.Model):
    """That a person was in what was handed over."""

    id = models.BigAutoField(primary_key=True)
    disclosure = models.ForeignKey(Disclosure, on_delete=models.CASCADE, related_name="people")
    audit_id = models.UUIDField(db_index=True)

    class Meta:
        verbose_name = _("person in a disclosure")
        constraints = [models.UniqueConstraint(fields=["disclosure", "audit_id"], name="disclosed_person_once")]

    def __str__(self) -> str:
        return f"DisclosedPerson({self.pk})"


class FrozenCount(models.Model):
    """Numbers of programmes whose files went, added up: no row and no column says of whom (privacy_engineering.md 5.6)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    year = models.PositiveSmallIntegerField(_("year"))
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", verbose_name=_("location"))
    law = models.CharField(_("law"), max_length=8)
    route = models.CharField(_("route"), max_length=10, blank=True)
    programmes = models.PositiveIntegerField(_("programmes"), default=0)
    started = models.PositiveIntegerField(_("begun"), default=0)
    ended = models.PositiveIntegerField(_("ended"), default=0)
    passed = models.PositiveIntegerField(_("exam parts passed"), default=0)
    minutes = models.PositiveBigIntegerField(_("minutes attended"), default=0)

    class Meta:
        verbose_name = _("numbers of a year")
        constraints = [
            models.UniqueConstraint(fields=["year", "location", "law", "route"], name="frozen_count_once"),
            models.CheckConstraint(condition=Q(year__range=(1990, 2200)), name="frozen_count_year"),
        ]

    def __str__(self) -> str:
        return f"FrozenCount({self.pk})"


class GivenByHand(models.Model):
    """What names people in a disclosure by hand: about whom, who asked, and how the school knew who that was.

    Goes with the file of the student; the disclosure stays, and names nobody any more.
    """

    class Identity(models.TextChoices):
        """How the school knew who asked. "Not at all" is no choice."""

        KNOWN = "known", _("known to us, seen in person")
        DOCUMENT = "document", _("document or staff pass seen")
        CALLED_BACK = "called_back", _("called back on the number of the organisation")
        MAIL = "mail", _("wrote from the address of the organisation")
        LETTER = "letter", _("letter of the organisation")
        UNASKED = "unasked", _("nobody asked: the school gave it itself")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    disclosure = models.OneToOneField(Disclosure, on_delete=models.CASCADE, related_name="by_hand")
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="given_by_hand")
    asked_by = SealedField(_("who asked"), context="reporting.given_by_hand.asked_by", null=True, blank=True)
    identity = models.CharField(_("how we knew who asked"), max_length=11, choices=Identity)
    note = SealedField(_("note"), context="reporting.given_by_hand.note", null=True, blank=True)

    class Meta:
        verbose_name = _("details of what was given by hand")
        constraints = [
            models.CheckConstraint(
                condition=Q(identity__in=["known", "document", "called_back", "mail", "letter"], asked_by__isnull=False)
                | Q(identity="unasked", asked_by__isnull=True),
                name="given_by_hand_who_asked",
                violation_error_message=_("Say who asked, and how you knew who that was."),
            ),
        ]

    def __str__(self) -> str:
        return f"GivenByHand({self.pk})"
