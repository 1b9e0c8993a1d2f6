"""Runs: files that are sealed, listed and expire; versions; progress of a real worker; disclosures."""

import datetime as dt
import subprocess
import sys
import uuid
from collections.abc import Iterator

import pytest
from django.db import IntegrityError
from django.utils import timezone

from kvs.files import expire_files, open_file
from kvs.jobs import JobStopped, Run, request_cancel, start_job
from kvs.models import AuditEntry, Job, JobState, Location, Role, SealedFile, SealedFilePerson, User
from kvs.pdf import pdf_available
from reporting.actions import _formats, ask_report, delete_old_runs, hand_over, make_report
from reporting.models import DisclosedPerson, Disclosure, ReportFile, ReportRun
from reporting.render import Document
from reporting.report import Content, Filled, reports
from reporting.rules import FILES_KEPT_DAYS, PDF_ROWS
from students.actions import open_account
from tests.factories import staff
from tests.kvs.test_jobs import on_test_database, own_queue, wait_for  # noqa: F401  (a fixture for all tests here)
from tests.reporting import reports_for_tests
from tests.reporting.conftest import OCTOBER, FixedSchool

FORMATS = [*([] if pdf_available() else ["pdf"]), "html", "xlsx", "csv", "csv"]


def asked(school: FixedSchool, by: User, client: str = "utrecht") -> ReportRun:
    question = {"client": getattr(school, client), "month": OCTOBER}
    return ask_report(report=reports()["municipality"], asked=question, by=by)


def job_of(run: ReportRun) -> Job:
    """Its job as it now stands."""
    return Job.objects.get(report_run=run)


def finished(school: FixedSchool, by: User, client: str = "utrecht") -> ReportRun:
    """A run with its files."""
    run = asked(school, by, client)
    make_report(run, lambda done, total, doing: None)
    return run


def test_asking_starts_a_job_with_ids_only(fixed: FixedSchool, ineke: User, north: Location) -> None:
    run = asked(fixed, ineke)
    assert run.parameters == {"client": str(fixed.utrecht.pk), "month": "2025-10-01"}
    assert (run.client, run.requested_by, run.locations) == (fixed.utrecht, ineke, [north.pk])
    assert run.job is not None
    assert (run.job.kind, run.job.arguments, run.job.requested_by) == ("reporting.make", {"run": str(run.pk)}, ineke)
    assert (run.state, run.version) == (JobState.QUEUED, None)


def test_the_files_are_sealed_and_know_who_is_in_them(fixed: FixedSchool, ineke: User) -> None:
    run = finished(fixed, ineke)
    files = list(run.files.select_related("file").order_by("file__created_at"))
    assert [file.format for file in files] == FORMATS
    people = {fixed.people["moved"].audit_id, fixed.people["odd"].audit_id}
    for file in files:
        assert set(SealedFilePerson.objects.filter(file=file.file).values_list("audit_id", flat=True)) == people
        assert run.made_at is not None
        assert file.file.expires_at == run.made_at + dt.timedelta(days=FILES_KEPT_DAYS)
        assert b"Wisselaar" not in bytes(file.file.sealed.content)
    page = next(file for file in files if file.format == "html")
    assert b"Wisselaar, Siti van den" in open_file(page.file)
    assert (run.version, run.state) == (1, JobState.DONE)


@pytest.mark.parametrize(("rows", "formats"), [(PDF_ROWS, FORMATS[:-1]), (PDF_ROWS + 1, ["html", "xlsx", "csv"])])
def test_a_very_long_report_has_no_pdf(rows: int, formats: list[str]) -> None:
    content = Content("numbers", (Filled(reports_for_tests.TABLE, [reports_for_tests.Row("1")] * rows),))
    document = Document(reports()["slow"], content, school="", period="", version=1, made_at=timezone.now(), reference="")
    assert [kind for kind, _table in _formats(document)] == formats


def test_making_it_twice_makes_it_once(fixed: FixedSchool, ineke: User) -> None:
    run = finished(fixed, ineke)
    make_report(run, lambda done, total, doing: None)
    assert (ReportFile.objects.count(), SealedFile.objects.count()) == (len(FORMATS), len(FORMATS))


def test_a_failure_leaves_no_file(fixed: FixedSchool, ineke: User) -> None:
    run = asked(fixed, ineke)

    def fails(done: int, total: int | None, doing: str) -> None:
        if total == done:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        make_report(run, fails)
    assert (ReportFile.objects.count(), SealedFile.objects.count()) == (0, 0)
    assert ReportRun.objects.get().made_at is None


def test_it_can_be_stopped_before_each_file_and_between_the_tables_of_one(fixed: FixedSchool, ineke: User) -> None:
    run, told = asked(fixed, ineke), []

    def progress(done: int, total: int | None, doing: str) -> None:
        if doing == "Making the files":
            told.append((done, total))
            if (done, len(told)) == (stop_at, told_at):
                raise JobStopped

    stop_at = told_at = -1
    make_report(run, progress)
    files = len(run.files.all())
    # Before the file, and before each table, of a workbook the explanation too.
    per_file = [sum(done == number for done, _total in told) for number in range(files)]
    assert per_file[:3] == [3, 3, 4] if not pdf_available() else [3, 4]
    assert told[-1] == (files, files)

    again = asked(fixed, ineke)
    told, stop_at, told_at = [], 0, 2  # in the first file, before its first table
    with pytest.raises(JobStopped):
        make_report(again, progress)
    assert not again.files.exists()


def test_versions_count_per_question_also_after_the_files_are_gone(fixed: FixedSchool, ineke: User) -> None:
    first, other, second = finished(fixed, ineke), finished(fixed, ineke, "zeist"), finished(fixed, ineke)
    assert [run.version for run in (first, other, second)] == [1, 1, 2]
    file = second.files.get(format="xlsx")
    hand_over(file=file, channel="portal", by=ineke, despite="later")
    ReportRun.objects.all().delete()
    assert finished(fixed, ineke).version == 3


def test_one_version_cannot_be_there_twice(fixed: FixedSchool, ineke: User) -> None:
    first, second = finished(fixed, ineke), finished(fixed, ineke)
    with pytest.raises(IntegrityError, match="report_run_version_once"):
        ReportRun.objects.filter(pk=second.pk).update(version=first.version)


def test_who_asked_is_gone_or_what_was_asked(fixed: FixedSchool, ineke: User) -> None:
    run = asked(fixed, ineke)
    run.parameters = {"client": str(uuid.uuid4()), "month": "2025-10-01"}
    with pytest.raises(ValueError, match="no longer holds"):
        make_report(run, lambda done, total, doing: None)
    run.requested_by = None
    with pytest.raises(ValueError, match="Nobody"):
        make_report(run, lambda done, total, doing: None)


def test_files_expire_and_their_run_goes_after_them(fixed: FixedSchool, ineke: User) -> None:
    old, young = finished(fixed, ineke), finished(fixed, ineke)
    hand_over(file=old.files.get(format="xlsx"), channel="paper", by=ineke, despite="later")
    past = timezone.now() - dt.timedelta(days=FILES_KEPT_DAYS, seconds=1)
    SealedFile.objects.filter(report_file__run=old).update(created_at=past, expires_at=past + dt.timedelta(seconds=1))
    ReportRun.objects.filter(pk=old.pk).update(requested_at=past)
    assert delete_old_runs() == 0  # its files are still there
    assert expire_files() == len(FORMATS)
    assert delete_old_runs() == 1
    assert list(ReportRun.objects.all()) == [young]
    assert Disclosure.objects.count() == 1


def test_a_report_without_recipient_holds_nobody(fixed: FixedSchool, dana: User) -> None:
    run = ask_report(report=reports()["processing_register"], asked={"day": dt.date(2026, 11, 22)}, by=dana)
    make_report(run, lambda done, total, doing: None)
    assert (run.locations, SealedFilePerson.objects.count()) == ([], 0)
    with pytest.raises(ValueError, match="not handed over"):
        hand_over(file=run.files.get(format="xlsx"), channel="paper", by=dana, despite="later")


# --- disclosures


def test_a_disclosure_keeps_the_facts_and_the_people(fixed: FixedSchool, ineke: User, north: Location) -> None:
    run = finished(fixed, ineke)
    file = run.files.get(format="xlsx")
    disclosure = hand_over(file=file, channel="secure_mail", by=ineke, despite="later")
    assert (disclosure.recipient, disclosure.client, disclosure.by) == ("municipality", fixed.utrecht, ineke)
    assert (disclosure.sha256, disclosure.format, disclosure.channel) == (file.file.sha256, "xlsx", "secure_mail")
    assert (disclosure.version, disclosure.reference, disclosure.locations) == (1, run.reference, [north.pk])
    people = {fixed.people["moved"].audit_id, fixed.people["odd"].audit_id}
    assert set(DisclosedPerson.objects.values_list("audit_id", flat=True)) == people
    assert AuditEntry.objects.get(model="reporting.disclosure").action == "create"


def test_a_student_sees_only_disclosures_with_the_student_in_it(fixed: FixedSchool, ineke: User) -> None:
    to_utrecht = hand_over(file=finished(fixed, ineke).files.get(format="xlsx"), channel="portal", by=ineke, despite="later")
    to_zeist = hand_over(
        file=finished(fixed, ineke, "zeist").files.get(format="xlsx"), channel="portal", by=ineke, despite="later"
    )
    accounts = {name: open_account(student=student, by=ineke) for name, student in fixed.people.items()}
    seen = {name: set(Disclosure.objects.visible_to(account)) for name, account in accounts.items()}
    assert seen == {"moved": {to_utrecht, to_zeist}, "odd": {to_utrecht}, "alone": set()}


def test_who_sees_a_run(fixed: FixedSchool, north: Location, south: Location, ineke: User, anna: User, dana: User) -> None:
    run = finished(fixed, ineke)
    viewers = {
        "asker": ineke,
        "teacher": anna,
        "privacy officer": dana,
        "colleague": staff(Role.ADMINISTRATION, north),
        "management": staff(Role.MANAGEMENT),
        "elsewhere": staff(Role.ADMINISTRATION, south),
        "finance": staff(Role.FINANCE),
    }
    seen = {name: list(ReportRun.objects.visible_to(user)) == [run] for name, user in viewers.items()}
    assert seen == {
        "asker": True,
        "teacher": False,
        "privacy officer": True,
        "colleague": True,
        "management": True,
        "elsewhere": False,
        "finance": False,
    }
    whole = finished(fixed, viewers["management"])
    assert list(ReportRun.objects.visible_to(viewers["colleague"])) == [run]
    assert set(ReportRun.objects.visible_to(dana)) == {run, whole}


# --- with a real worker


@pytest.fixture
def reporting_worker(transactional_db: None) -> Iterator[None]:
    """A worker process on the test database that knows the slow report."""
    celery = [sys.executable, "-m", "celery", "-A", "tests.kvs.worker_for_tests"]
    command = [*celery, "worker", "--concurrency=1", "--without-mingle", "--include=tests.reporting.reports_for_tests"]
    process = subprocess.Popen(command, env=on_test_database(), start_new_session=True, stdout=subprocess.DEVNULL)
    yield
    process.terminate()
    process.wait(timeout=20)


def test_others_see_the_progress_of_a_real_worker_and_the_files_at_the_end(reporting_worker: None) -> None:
    boss = staff(Role.MANAGEMENT)
    run = ask_report(report=reports()["slow"], asked={}, by=boss)
    seen = set()
    while (job := job_of(run)).state in ("queued", "running"):
        seen.add((job.done, job.total))
        assert timezone.now() - job.requested_at < dt.timedelta(seconds=60)
    rows = {done for done, total in seen if total == reports_for_tests.ROWS}
    assert len(rows) >= 3
    assert (job.state, job.error) == (JobState.DONE, "")
    assert ReportRun.objects.get().state == JobState.DONE
    assert [file.format for file in ReportFile.objects.order_by("file__created_at")] == FORMATS[:-1]


def test_a_stopped_report_leaves_nothing(reporting_worker: None) -> None:
    boss = staff(Role.MANAGEMENT)
    run = ask_report(report=reports()["slow"], asked={}, by=boss)
    wait_for(lambda: job_of(run).done > 0, seconds=40)
    request_cancel(job_of(run))
    wait_for(lambda: job_of(run).state == JobState.CANCELLED)
    assert (ReportRun.objects.get().state, SealedFile.objects.count()) == (JobState.CANCELLED, 0)


def test_the_work_function_finds_its_run(fixed: FixedSchool, ineke: User) -> None:
    from reporting.tasks import make_report as work  # noqa: PLC0415

    run = asked(fixed, ineke)
    job = start_job("reporting.make", {"run": run.pk}, by=ineke)
    work(Run(job))
    run.refresh_from_db()
    assert run.version == 1
