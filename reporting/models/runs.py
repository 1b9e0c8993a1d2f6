"""Reports that were asked for, and their sealed files; who may see them."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from kvs.models import Job, JobState, Location, Role, SealedFile, User
from reporting import rules
from reporting.models.layouts import ColumnProfile
from reporting.report import Report, reports, reports_for
from students.models import Client

READERS = (Role.ADMINISTRATION, Role.MANAGEMENT, Role.PRIVACY_OFFICER)


def within_locations_of(user: User) -> Q:
    """Condition on a row with `report` and `locations`: a report for a role of `user`, from within the own locations."""
    codes = [report.code for report in reports_for(user)]
    here = list(Location.objects.where_held(user, *READERS).values_list("pk", flat=True))
    return Q(report__in=codes, locations__contained_by=here)


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
    def held_up(self) -> bool:
        """Whether something stands in the way that no reason takes away."""
        return any(not block.get("waits") for block in self.blocks)

    @property
    def waits(self) -> bool:
        """Whether the recipient waits: handing it over all the same asks a reason."""
        return any(block.get("waits") for block in self.blocks)

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
