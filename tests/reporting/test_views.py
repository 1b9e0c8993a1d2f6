"""Pages of reports: who may, what is refused, what is recorded, and that nothing leaks."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kvs.files import open_file
from kvs.jobs import claim
from kvs.models import AccessEvent, Job, JobState, Location, Role, SealedFile, User
from kvs.pdf import pdf_available
from reporting.actions import ask_report, hand_over, make_report
from reporting.models import Disclosure, ReportFile, ReportRun
from reporting.report import reports
from students.actions import open_account
from tests.factories import make_student, staff
from tests.people import signed_in
from tests.reporting.conftest import OCTOBER, FixedSchool

ASK = "/rapporten/nieuw/municipality/"


@pytest.fixture
def run(fixed: FixedSchool, ineke: User) -> ReportRun:
    """A finished report for Utrecht, asked for by Ineke of North."""
    asked = {"client": fixed.utrecht, "month": OCTOBER}
    made = ask_report(report=reports()["municipality"], asked=asked, by=ineke)
    make_report(made, lambda done, total, doing: None)
    Job.objects.update(state=JobState.DONE, attempt=1, finished_at=timezone.now())
    return ReportRun.objects.get(pk=made.pk)


@pytest.fixture
def waiting(fixed: FixedSchool, ineke: User) -> ReportRun:
    asked = {"client": fixed.utrecht, "month": OCTOBER}
    return ask_report(report=reports()["municipality"], asked=asked, by=ineke)


def addresses(run: ReportRun) -> dict[str, str]:
    """Every address about a run, by name."""
    file = run.files.filter(format="xlsx").values_list("pk", flat=True).first() or uuid.uuid4()
    names = {name: reverse(f"reporting:{name}", args=[run.pk]) for name in ("run", "progress", "hand_over")}
    return {**names, "file": reverse("reporting:file", args=[run.pk, file])}


def codes(run: ReportRun, user: User) -> dict[str, int]:
    client = signed_in(user)
    return {name: client.get(address).status_code for name, address in addresses(run).items()}


def test_who_may_open_a_report(run: ReportRun, north: Location, south: Location, anna: User, ineke: User, dana: User) -> None:
    allowed = dict.fromkeys(addresses(run), 200)
    for user in (ineke, dana, staff(Role.MANAGEMENT), staff(Role.ADMINISTRATION, north)):
        assert codes(run, user) == allowed
    for user in (anna, staff(Role.COORDINATOR, north), staff(Role.FINANCE, north), staff(Role.SYSTEM_ADMINISTRATOR)):
        assert codes(run, user) == dict.fromkeys(addresses(run), 403)
    assert codes(run, staff(Role.ADMINISTRATION, south)) == dict.fromkeys(addresses(run), 404)


def test_the_register_is_not_for_administration(ineke: User, dana: User) -> None:
    address = "/rapporten/nieuw/processing_register/"
    assert [signed_in(user).get(address).status_code for user in (ineke, dana)] == [403, 200]
    assert signed_in(dana).get("/rapporten/nieuw/nothing/").status_code == 404
    assert "Verwerkingsregister" not in signed_in(ineke).get("/rapporten/").content.decode()
    assert "Verwerkingsregister" in signed_in(dana).get("/rapporten/").content.decode()


def test_asking_leads_to_the_page_of_the_run(fixed: FixedSchool, ineke: User) -> None:
    answer = signed_in(ineke).post(ASK, {"client": str(fixed.utrecht.pk), "month": "2025-10-01"})
    made = ReportRun.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/rapporten/{made.pk}/")
    assert made.parameters == {"client": str(fixed.utrecht.pk), "month": "2025-10-01"}


@pytest.mark.parametrize(
    ("typed", "sentences"),
    [
        ({"month": "2025-10-01"}, ["Dit veld is verplicht."]),
        ({"client": str(uuid.UUID(int=1)), "month": "2025-10-01"}, ["Selecteer een geldige keuze."]),
        ({"client": "utrecht", "month": "2090-01-01"}, ["Kies een maand uit de lijst."]),
        ({"client": "utrecht", "month": "2025-10-31"}, ["Kies een maand uit de lijst."]),
        ({"client": "utrecht", "month": "'; drop table"}, ["Voer een geldige datum in."]),
    ],
)
def test_bad_parameters_are_told_at_the_field(
    fixed: FixedSchool, ineke: User, typed: dict[str, str], sentences: list[str]
) -> None:
    values = {**typed, **({"client": str(fixed.utrecht.pk)} if typed.get("client") == "utrecht" else {})}
    answer = signed_in(ineke).post(ASK, values)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert [sentence for sentence in sentences if sentence not in page] == []
    assert ReportRun.objects.count() == 0


def test_a_download_is_the_file_and_leaves_a_line_per_person(run: ReportRun, fixed: FixedSchool, dana: User) -> None:
    file = run.files.get(format="xlsx")
    answer = signed_in(dana).get(addresses(run)["file"])
    assert answer.content == open_file(file.file)
    name = "presentie-oktober-2025-gemeente-utrecht-v1.xlsx"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer["Cache-Control"] == "no-store"
    events = AccessEvent.objects.filter(kind="export").values_list("viewer_audit_id", "viewer_role", "subject_audit_id", "reason")
    assert set(events) == {(dana.audit_id, "privacy_officer", fixed.people[name].audit_id, "report") for name in ("moved", "odd")}


def test_the_page_to_print_opens_in_the_browser(run: ReportRun, ineke: User) -> None:
    file = run.files.get(format="html")
    answer = signed_in(ineke).get(reverse("reporting:file", args=[run.pk, file.pk]))
    assert "Content-Disposition" not in answer.headers
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    page = answer.content.decode()
    assert "Wisselaar, Siti van den" in page
    assert "=HYPERLINK(&quot;http://x&quot;)" in page


@pytest.mark.skipif(bool(pdf_available()), reason=pdf_available())
def test_a_report_without_pdf_says_why(run: ReportRun, ineke: User) -> None:
    browser, sentence = signed_in(ineke), "Van een rapport van meer dan 3.000 regels wordt geen PDF gemaakt."
    assert sentence not in browser.get(f"/rapporten/{run.pk}/").text
    run.files.get(format="pdf").delete()
    assert sentence in browser.get(f"/rapporten/{run.pk}/").text
    run.files.all().delete()
    assert sentence not in browser.get(f"/rapporten/{run.pk}/").text


def test_every_table_has_a_csv_with_a_name_of_its_own(run: ReportRun, ineke: User) -> None:
    files = run.files.filter(format="csv").order_by("table")
    names = [signed_in(ineke).get(reverse("reporting:file", args=[run.pk, file.pk]))["Content-Disposition"] for file in files]
    base = "presentie-oktober-2025-gemeente-utrecht-v1"
    assert names == [f'attachment; filename="{base}.csv"', f'attachment; filename="{base}-2.csv"']


def test_a_file_of_another_run_is_not_found(run: ReportRun, waiting: ReportRun, ineke: User) -> None:
    file = run.files.get(format="xlsx")
    assert signed_in(ineke).get(reverse("reporting:file", args=[waiting.pk, file.pk])).status_code == 404


def test_an_expired_file_is_not_found(run: ReportRun, ineke: User) -> None:
    past = timezone.now() - dt.timedelta(days=31)
    SealedFile.objects.update(created_at=past, expires_at=past + dt.timedelta(days=30))
    assert signed_in(ineke).get(addresses(run)["file"]).status_code == 404
    assert AccessEvent.objects.filter(kind="export").count() == 0


def test_while_it_is_made_the_page_counts(waiting: ReportRun, ineke: User) -> None:
    client = signed_in(ineke)
    assert "Het rapport wacht op zijn beurt" in client.get(addresses(waiting)["run"]).content.decode()
    assert waiting.job_id is not None
    assert claim(waiting.job_id) is not None
    Job.objects.update(done=32, total=39, doing="Adding up the attendance of students")
    part = client.get(addresses(waiting)["progress"]).content.decode()
    assert "De presentie van cursisten wordt opgeteld" in part
    assert re.findall(r'<progress max="(\d+)" value="(\d+)"', part) == [("39", "32")]
    assert "32 van 39" in part
    Job.objects.update(state=JobState.DONE, finished_at=timezone.now())
    ReportRun.objects.update(made_at=timezone.now(), version=1)
    answer = client.get(addresses(waiting)["progress"])
    assert (answer.content, answer["HX-Refresh"]) == (b"", "true")


def test_only_the_asker_stops_it(waiting: ReportRun, ineke: User, dana: User) -> None:
    address = reverse("reporting:stop", args=[waiting.pk])
    assert "Stoppen" not in signed_in(dana).get(addresses(waiting)["run"]).content.decode()
    assert signed_in(dana).post(address).status_code == 404
    assert signed_in(ineke).get(address).status_code == 405
    assert signed_in(ineke).post(address).status_code == 302
    page = signed_in(ineke).get(addresses(waiting)["run"]).content.decode()
    assert "Het rapport is gestopt. Er is niets opgeslagen." in page


def test_a_failed_report_says_so_and_offers_another_try(waiting: ReportRun, ineke: User) -> None:
    Job.objects.update(state=JobState.FAILED, attempt=1, finished_at=timezone.now(), error="ValueError")
    page = signed_in(ineke).get(addresses(waiting)["run"]).content.decode()
    assert "Het rapport kon niet worden gemaakt." in page
    assert f'href="{ASK}"' in page
    assert "ValueError" not in page


def test_handing_over_is_recorded_and_the_student_sees_it(
    run: ReportRun, fixed: FixedSchool, ineke: User, north: Location
) -> None:
    file = run.files.get(format="xlsx")
    answer = signed_in(ineke).post(addresses(run)["hand_over"], {"file": str(file.pk), "channel": "portal", "despite": "later"})
    assert (answer.status_code, answer["Location"]) == (302, addresses(run)["run"])
    assert Disclosure.objects.get().sha256 == file.file.sha256
    day = timezone.localdate()
    sentence = f"Verstrekt aan Gemeente Utrecht op {day.day} "
    assert sentence in signed_in(ineke).get(addresses(run)["run"]).content.decode()
    seen = {
        name: sentence in signed_in(open_account(student=student, by=ineke)).get("/verstrekt/").content.decode()
        for name, student in [*fixed.people.items(), ("newcomer", make_student(north, ineke))]
    }
    assert seen == {"moved": True, "odd": True, "alone": False, "newcomer": False}


@pytest.mark.parametrize("typed", [{}, {"channel": "portal"}, {"file": "x", "channel": "portal"}, {"channel": "pigeon"}])
def test_a_hand_over_needs_a_file_of_this_run_and_a_way(run: ReportRun, ineke: User, typed: dict[str, str]) -> None:
    assert signed_in(ineke).post(addresses(run)["hand_over"], typed).status_code == 422
    other = ReportFile.objects.get(format="xlsx")
    ReportRun.objects.filter(pk=run.pk).update(version=9)
    again = ask_report(report=run.definition, asked={"client": run.client, "month": OCTOBER}, by=ineke)
    make_report(again, lambda done, total, doing: None)
    answer = signed_in(ineke).post(
        addresses(again)["hand_over"], {"file": str(other.pk), "channel": "portal", "despite": "later"}
    )
    assert (answer.status_code, Disclosure.objects.count()) == (422, 0)


def test_what_is_not_made_or_stays_inside_is_not_handed_over(waiting: ReportRun, ineke: User, dana: User) -> None:
    assert signed_in(ineke).get(addresses(waiting)["hand_over"]).status_code == 404
    register = ask_report(report=reports()["processing_register"], asked={"day": OCTOBER}, by=dana)
    make_report(register, lambda done, total, doing: None)
    assert signed_in(dana).get(addresses(register)["hand_over"]).status_code == 404


def test_a_remembered_disclosure_outlives_its_report_definition(run: ReportRun, fixed: FixedSchool, ineke: User) -> None:
    made = hand_over(file=run.files.get(format="xlsx"), channel="paper", by=ineke, despite="later")
    Disclosure.objects.filter(pk=made.pk).update(report="of an old version")
    moved = signed_in(open_account(student=fixed.people["moved"], by=ineke))
    assert "of an old version" in moved.get("/verstrekt/").content.decode()


def test_the_list_needs_the_same_queries_for_one_run_and_for_three(run: ReportRun, ineke: User) -> None:
    def count() -> int:
        client = signed_in(ineke)
        with CaptureQueriesContext(connection) as queries:
            client.get("/rapporten/")
        return len(queries)

    before = count()
    for _number in range(2):
        ask_report(report=run.definition, asked={"client": run.client, "month": OCTOBER}, by=staff(Role.ADMINISTRATION, None))
    ReportRun.objects.update(locations=run.locations)
    assert ReportRun.objects.visible_to(ineke).count() == 3
    assert count() == before


def test_no_get_writes_anything_but_access_lines(run: ReportRun, waiting: ReportRun, ineke: User) -> None:
    def counts() -> dict[str, Any]:
        return {model.__name__: model.objects.count() for model in (ReportRun, ReportFile, Disclosure, Job, SealedFile)}

    before = counts()
    client = signed_in(ineke)
    for address in [*addresses(run).values(), *addresses(waiting).values(), "/rapporten/", ASK]:
        client.get(address)
    assert counts() == before
