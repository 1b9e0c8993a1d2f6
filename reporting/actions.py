"""What changes things in reporting: ask for a report, make its files, record that one was handed over."""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone, translation
from django.utils.translation import gettext_noop

from kvs.files import store_file
from kvs.jobs import start_job
from kvs.models import Location, Organisation, SealedFilePerson, User
from kvs.pdf import pdf_available
from reporting import render, rules
from reporting.models import DisclosedPerson, Disclosure, ReportFile, ReportRun
from reporting.report import Content, Progress, Report, stored
from students.models import Client

LANGUAGE = "nl"  # of every report: its readers are Dutch offices, whatever language the maker works in
CONTENT_TYPES = {
    ReportFile.Format.PDF: "application/pdf",
    ReportFile.Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ReportFile.Format.CSV: "text/csv; charset=utf-8",
    ReportFile.Format.HTML: "text/html; charset=utf-8",
}


@transaction.atomic
def ask_report(*, report: Report, asked: dict[str, Any], by: User) -> ReportRun:
    """Start making a report: the cleaned data of its form go along as ids, dates and codes."""
    client = asked.get("client")
    run = ReportRun.objects.create(
        report=report.code,
        parameters=stored(asked),
        client=client if isinstance(client, Client) else None,
        locations=_reach(report, by),
        requested_by=by,
    )
    run.job = start_job("reporting.make", {"run": run.pk}, by=by)
    run.save(update_fields=["job"])
    return run


def _reach(report: Report, by: User) -> list[uuid.UUID]:
    """The locations a report holds people of when `by` makes it now: who holds all of them may open it."""
    return [location.pk for location in Location.objects.where_held(by, *report.roles)] if report.recipient else []


def make_report(run: ReportRun, progress: Progress) -> None:
    """Build and store the files of a run, all or none; a run that has them is left alone.

    Raises ValueError when the asker is gone or what was asked no longer holds (a client that was removed).
    """
    if run.made_at or run.requested_by is None:
        if run.made_at:
            return
        raise ValueError("Nobody to make it for.")
    with translation.override(LANGUAGE):
        form = run.definition.form(run.parameters)
        if not form.is_valid():
            raise ValueError("What was asked no longer holds.")
        run.locations = _reach(run.definition, run.requested_by)  # roles may have changed since it was asked
        content = run.definition.build(form.cleaned_data, run.requested_by, progress)
        if run.definition.recipient is None and content.people:
            raise ValueError("A report without recipient holds nobody.")
        _store(run, content, progress)


@transaction.atomic
def _store(run: ReportRun, content: Content, progress: Progress) -> None:
    run.version, run.made_at = _next_version(run), timezone.now()
    document = render.Document(
        report=run.definition,
        content=content,
        school=Organisation.objects.values_list("name", flat=True).first() or "",
        period=run.period,
        version=run.version,
        made_at=timezone.localtime(run.made_at),
        reference=run.reference,
    )
    formats = list(_formats(document))
    for number, (kind, table) in enumerate(formats):
        progress(number, len(formats), gettext_noop("Making the files"))
        file = store_file(
            _rendered(document, kind, table),
            kind=f"report.{run.report}",
            content_type=CONTENT_TYPES[kind],
            people=content.people,
            by=run.requested_by,
            expires_at=run.made_at + dt.timedelta(days=rules.FILES_KEPT_DAYS),
        )
        ReportFile.objects.create(run=run, format=kind, table=table, file=file)
    progress(len(formats), len(formats), gettext_noop("Making the files"))
    run.save(update_fields=["version", "made_at", "locations"])


def _next_version(run: ReportRun) -> int:
    """One more than the last of the same question, also when that was handed over and its files are gone."""
    same = {"report": run.report, "parameters": run.parameters}
    # The lock keeps two runs of the same question apart until the first one is stored.
    list(ReportRun.objects.select_for_update().filter(**same).order_by("pk").values_list("pk", flat=True))
    latest = [model.objects.filter(**same).aggregate(last=Max("version"))["last"] or 0 for model in (ReportRun, Disclosure)]
    return max(latest) + 1


def _formats(document: render.Document) -> Iterator[tuple[ReportFile.Format, int]]:
    if not pdf_available():
        yield ReportFile.Format.PDF, 0
    yield ReportFile.Format.HTML, 0
    yield ReportFile.Format.XLSX, 0
    for table in range(len(document.content.tables)):
        yield ReportFile.Format.CSV, table + 1


def _rendered(document: render.Document, kind: ReportFile.Format, table: int) -> bytes:
    if kind is ReportFile.Format.PDF:
        return render.to_pdf(document)
    if kind is ReportFile.Format.XLSX:
        return render.to_xlsx(document)
    if kind is ReportFile.Format.CSV:
        return render.to_csv(document, table - 1)
    return render.to_html(document).encode()


@transaction.atomic
def hand_over(*, file: ReportFile, channel: str, by: User) -> Disclosure:
    """Record that a file was handed to the recipient of its report. The people in it see this.

    Raises ValueError for a report that stays inside or was not made.
    """
    run = file.run
    recipient = run.definition.recipient
    if recipient is None or run.version is None:
        raise ValueError("This report is not handed over.")
    disclosure = Disclosure.objects.create(
        report=run.report,
        parameters=run.parameters,
        version=run.version,
        reference=run.reference,
        recipient=recipient.code,
        client=run.client,
        locations=run.locations,
        format=file.format,
        sha256=file.file.sha256,
        channel=channel,
        by=by,
    )
    people = SealedFilePerson.objects.filter(file=file.file_id).values_list("audit_id", flat=True)
    DisclosedPerson.objects.bulk_create([DisclosedPerson(disclosure=disclosure, audit_id=person) for person in people])
    return disclosure


def delete_old_runs() -> int:
    """Delete runs whose files have gone, and those that never came to anything; how many."""
    before = timezone.now() - dt.timedelta(days=rules.FILES_KEPT_DAYS)
    _all, per_model = ReportRun.objects.filter(requested_at__lt=before, files__isnull=True).delete()
    return per_model.get(ReportRun._meta.label, 0)
