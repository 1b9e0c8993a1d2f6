"""What changes things in reporting: ask for a report, make its files, record that one was handed over, correct a layout."""

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from kvs import catalogue
from kvs.files import store_file
from kvs.jobs import start_job
from kvs.models import Location, Organisation, SealedFilePerson, User
from kvs.pdf import pdf_available
from reporting import given, profile, render, rules
from reporting.models import (
    ColumnProfile,
    DisclosedPerson,
    Disclosure,
    GivenByHand,
    ProfileColumn,
    ReportFile,
    ReportRun,
)
from reporting.report import Content, Progress, Report, stored
from reporting.withheld import lacking_consent
from students.models import Client, Student

LANGUAGE = "nl"  # of every report: its readers are Dutch offices, whatever language the maker works in
CONTENT_TYPES = {
    ReportFile.Format.PDF: "application/pdf",
    ReportFile.Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ReportFile.Format.CSV: "text/csv; charset=utf-8",
    ReportFile.Format.HTML: "text/html; charset=utf-8",
}


@transaction.atomic
def ask_report(*, report: Report, asked: dict[str, Any], by: User) -> ReportRun:
    """Start making a report: the cleaned data of its form go along as ids, dates and codes.

    Raises ValidationError when its file could not be made whatever was asked.
    """
    if report.layout:
        blocks = profile.standing_blocks(report, profile.current(report, timezone.localdate()))
        if blocks:
            raise ValidationError([block.text for block in blocks])
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
        adds = run.definition.adds
        if not form.is_valid() or adds(stored(form.cleaned_data)) != adds(run.parameters):  # an agreement that ended meanwhile
            raise ValueError("What was asked no longer holds.")
        run.locations = _reach(run.definition, run.requested_by)  # roles may have changed since it was asked
        content = run.definition.build(form.cleaned_data, run.requested_by, progress)
        if run.definition.recipient is None and content.people:
            raise ValueError("A report without recipient holds nobody.")
        if lacking_consent(run.definition, run.client, content.people):
            raise ValueError("Somebody in it gave no consent: the report must leave such people out.")
        _store(run, content, progress)


class _Making:
    """How many files are made, told before each file and each table: `step` raises when somebody stopped the report."""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.done, self.total = progress, 0, 0

    def step(self) -> None:
        self.progress(self.done, self.total, gettext_noop("Making the files"))


@transaction.atomic
def _store(run: ReportRun, content: Content, progress: Progress) -> None:
    run.version, run.made_at = _next_version(run), timezone.now()
    making = _Making(progress)
    document = render.Document(
        report=run.definition,
        content=content,
        school=Organisation.objects.values_list("name", flat=True).first() or "",
        period=run.period,
        version=run.version,
        made_at=timezone.localtime(run.made_at),
        reference=run.reference,
        step=making.step,
    )
    formats = list(_formats(document))
    making.total = len(formats)
    for kind, table in formats:
        making.step()
        _keep(run, kind, _rendered(document, kind, table), content.people, table=table)
        making.done += 1
    making.step()
    _deliver(run, content)
    making.step()
    run.save(update_fields=["version", "made_at", "locations", "profile", "blocks"])


def _deliver(run: ReportRun, content: Content) -> None:
    """The recipient's own file, or why there is none."""
    delivery = content.delivery
    run.blocks = [asdict(block) for block in (*content.blocks, *(delivery.blocks if delivery else ()))]
    if delivery is None:
        return
    run.profile = _stored(delivery.profile)
    if not delivery.blocks:
        made = profile.to_file(delivery.profile, profile.layout_of(run.definition), delivery.rows)
        _keep(run, ReportFile.Format.CSV, made, delivery.people, name=delivery.name)


def _keep(
    run: ReportRun, kind: ReportFile.Format, made: bytes, people: Sequence[uuid.UUID], *, table: int = 0, name: str = ""
) -> None:
    assert run.made_at
    file = store_file(
        made,
        kind=f"report.{run.report}",
        content_type=CONTENT_TYPES[kind],
        people=people,
        by=run.requested_by,
        expires_at=run.made_at + dt.timedelta(days=rules.FILES_KEPT_DAYS),
    )
    ReportFile.objects.create(run=run, format=kind, table=table, name=name, file=file)


def _next_version(run: ReportRun) -> int:
    """One more than the last of the same question, also when that was handed over and its files are gone."""
    same = {"report": run.report, "parameters": run.parameters}
    # The lock keeps two runs of the same question apart until the first one is stored.
    list(ReportRun.objects.select_for_update().filter(**same).order_by("pk").values_list("pk", flat=True))
    latest = [model.objects.filter(**same).aggregate(last=Max("version"))["last"] or 0 for model in (ReportRun, Disclosure)]
    return max(latest) + 1


def _formats(document: render.Document) -> Iterator[tuple[ReportFile.Format, int]]:
    content = document.content
    on_pages = [filled for page in content.pages for filled in page.tables]
    rows = sum(len(filled.rows) for filled in (*content.tables, *on_pages) if not filled.on_pages)
    if rows <= rules.PDF_ROWS and not pdf_available():
        yield ReportFile.Format.PDF, 0
    yield ReportFile.Format.HTML, 0
    yield ReportFile.Format.XLSX, 0
    if document.report.layout:
        return  # one CSV, the recipient's own: a second one would go to the wrong place some day
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
def hand_over(*, file: ReportFile, channel: str, by: User, despite: str = "") -> Disclosure:
    """Record that a file was handed to the recipient of its report. The people in it see this. `despite`: why it goes while
    its month is not finished (a code of Disclosure.Despite); without one such a report waits, with a ValidationError.

    Raises ValueError for a report that stays inside, was not made or is held up, and for the school's own papers beside a file by
    column profile: those name students who are not in it. Raises ValidationError when somebody in it gave no consent where
    only that allows it: also one taken back, or a client that became a private one, since the report was made.
    """
    run = file.run
    recipient = run.definition.recipient
    if recipient is None or run.version is None or run.held_up or (run.definition.layout and not file.name):
        raise ValueError("This report is not handed over.")
    people = list(SealedFilePerson.objects.filter(file=file.file_id).values_list("audit_id", flat=True))
    if without := lacking_consent(run.definition, run.client, people):
        raise ValidationError(_without_consent(without))
    if run.waits and not despite:
        raise ValidationError({"despite": _("Choose why it goes all the same.")})
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
        despite=despite if run.waits else "",
        by=by,
    )
    DisclosedPerson.objects.bulk_create([DisclosedPerson(disclosure=disclosure, audit_id=person) for person in people])
    return disclosure


def _without_consent(number: int) -> str:
    text = ngettext(
        "%(number)d student in this report did not allow it, or took it back. It may not go. Make the report again: then this "
        "student is left out.",
        "%(number)d students in this report did not allow it, or took it back. It may not go. Make the report again: then these "
        "students are left out.",
        number,
    )
    return text % {"number": number}


# --- given outside a report


def giving_of(student: Student, *, categories: Sequence[str], recipient: str, purpose: str, **said: bool) -> rules.Giving:
    """What somebody wants to give about `student`, with what the catalogue and the student say about it."""
    known = {code: catalogue.category(code) for code in categories}
    return rules.Giving(
        categories=tuple(categories),
        recipient=recipient,
        purpose=purpose,
        purposes={code: frozenset(one.code for one in found.purposes) for code, found in known.items()},
        recipients={code: frozenset(one.code for one in found.recipients) for code, found in known.items()},
        restricted=frozenset(student.restricted),
        objections=rules.refused_purposes(student.objections, no_survey=student.no_survey),
        **said,
    )


def clients_of(student: Student) -> Any:
    """The clients that pay or paid for a course of this student."""
    return Client.objects.filter(contract__programme__student=student).distinct()


@transaction.atomic
def record_given(
    *,
    student: Student,
    recipient: str,
    categories: Sequence[str],
    purpose: str,
    channel: str,
    at: dt.datetime,
    identity: str,
    by: User,
    asked_by: str = "",
    note: str = "",
    **facts: Any,
) -> Disclosure:
    """Record what was given by mouth, telephone, letter or screen; the student sees it, as with a report.

    `facts`: client, organisation, name, law, consent_on. Raises ValidationError when there is no ground for it: no purpose
    or recipient of the school's own list, a restriction, an objection, a law or a consent that is not named.
    """
    locked = Student.objects.select_for_update().get(pk=student.pk)  # a restriction of this very moment counts
    client = facts.get("client")
    said = {
        "client_of_student": client is None or clients_of(locked).filter(pk=client.pk).exists(),
        "names_law": bool(facts.get("law")),
        "consented": facts.get("consent_on") is not None,
    }
    wrong = rules.why_not_give(giving_of(locked, categories=categories, recipient=recipient, purpose=purpose, **said))
    if wrong:
        raise ValidationError([given.sentence(reason, code) for reason, code in wrong])
    if at > timezone.now():
        raise ValidationError({"at": _("This moment is still to come.")})
    row = Disclosure(recipient=recipient, categories=sorted(categories), purpose=purpose, channel=channel, at=at, by=by, **facts)
    row.reference, row.locations = rules.reference(row.pk.hex), [locked.intake_location_id]
    row.full_clean(exclude=["by", "client"])
    row.save(force_insert=True)
    details = GivenByHand(disclosure=row, student=locked, asked_by=asked_by or None, identity=identity, note=note or None)
    details.full_clean(exclude=["disclosure", "student"])
    details.save(force_insert=True)
    DisclosedPerson.objects.create(disclosure=row, audit_id=locked.audit_id)
    return row


@transaction.atomic
def withdraw_given(*, disclosure: Disclosure, reason: str, by: User) -> Disclosure:
    """Take back a record that turned out to be wrong; it stays, with the reason. Raises ValidationError when that was done."""
    row = Disclosure.objects.select_for_update().standing().filter(pk=disclosure.pk, report="").first()
    if row is None:
        raise ValidationError(_("A colleague took this back already."))
    row.withdrawn_at, row.withdrawn_by, row.withdrawn_reason = timezone.now(), by, reason
    row.full_clean(exclude=["by", "client", "withdrawn_by"])
    row.save()
    return row


def delete_old_runs() -> int:
    """Delete runs whose files have gone, and those that never came to anything; how many."""
    before = timezone.now() - dt.timedelta(days=rules.FILES_KEPT_DAYS)
    _all, per_model = ReportRun.objects.filter(requested_at__lt=before, files__isnull=True).delete()
    return per_model.get(ReportRun._meta.label, 0)


# --- layouts


@transaction.atomic
def change_layout(
    *, report: Report, version: int, by: User, facts: Mapping[str, Any], columns: Sequence[Mapping[str, Any]]
) -> ColumnProfile:
    """A new version of the layout of `report`: no version ever changes.

    `version` is the one the facts were changed from. Raises ValidationError: "stale" when there is a newer one, and for a
    column that the report does not declare, so that nothing can leave that may not go there.
    """
    layout, newest = profile.layout_of(report), _newest(report)
    if newest.version != version:
        raise ValidationError(
            _("A colleague made version %(version)d meanwhile. Your changes are below and not saved: compare, then save again."),
            code="stale",
            params={"version": newest.version},
        )
    allowed = {"", *(column.name for column in layout.columns)}
    if not columns or not {column["source"] for column in columns} <= allowed:
        raise ValidationError(_("Choose for every column what fills it, from the list."))
    made = ColumnProfile(report=report.code, version=version + 1, **facts)
    made.full_clean()
    made.save(force_insert=True)
    parts = [ProfileColumn(profile=made, **column) for column in columns]
    for part in parts:
        part.full_clean(exclude=["profile"])
    ProfileColumn.objects.bulk_create(parts)
    return made


def _newest(report: Report) -> ColumnProfile:
    """The latest version, whenever it begins to hold; the known facts are stored as the first."""
    return ColumnProfile.objects.filter(report=report.code).order_by("-version").first() or _stored(profile.known(report))


def _stored(found: ColumnProfile) -> ColumnProfile:
    """`found`, stored: the known facts become a row when they are first used."""
    if found._state.adding:
        first, made = ColumnProfile.objects.get_or_create(report=found.report, version=found.version, defaults=_facts(found))
        if made:
            for part in found.parts:
                part.profile = first
            ProfileColumn.objects.bulk_create(found.parts)
        return first
    return found


def _facts(found: ColumnProfile) -> dict[str, Any]:
    return {name: getattr(found, name) for name in profile.FACTS}
