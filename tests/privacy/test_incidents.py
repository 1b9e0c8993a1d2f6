"""Data breaches: reported by anybody, weighed against the clock, and closed only when everybody was told (AVG 33, 34)."""

import datetime as dt
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kvs.audit import log_access
from kvs.jobs import run_job
from kvs.models import AccessEvent, Job, Location, Role, User
from privacy.actions.incidents import (
    add_who_was_in,
    add_who_was_looked_at,
    change_incident,
    close_incident,
    report_incident,
)
from privacy.models import Incident
from reporting.models import DisclosedPerson, Disclosure
from tests.factories import make_student, staff
from tests.people import signed_in

pytestmark = pytest.mark.django_db
STORY = "Map met presentielijsten van Kanarie in de trein blijven liggen"


@pytest.fixture
def lost(anna: User, dana: User) -> Incident:
    found_out = timezone.now() - dt.timedelta(hours=2)
    return report_incident(kind="lost", discovered_at=found_out, description=STORY, by=anna)


def weigh(incident: Incident, by: User, risk: str, **more: object) -> Incident:
    changes = {"categories": ["attendance"], "measures": "", "risk": risk, "reason": "Alleen namen"} | more
    return change_incident(incident=incident, version=incident.version, by=by, changes=changes)


def test_every_officer_is_mailed_and_the_mail_says_nothing(anna: User, dana: User) -> None:
    report_incident(kind="lost", discovered_at=timezone.now(), description=STORY, by=anna)
    run_job(Job.objects.get(kind="privacy.tell_incident").pk)

    [sent] = mail.outbox
    assert sent.to == ["dana@voorbeeld.test"]
    assert sent.subject == "Er is een datalek gemeld"
    assert "Kanarie" not in sent.body
    assert "presentielijsten" not in sent.body


def test_what_happened_is_sealed(lost: Incident) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select privacy_incident::text from privacy_incident")
        [(row,)] = cursor.fetchall()
    assert "Kanarie" not in row
    assert Incident.objects.get().description == STORY


@pytest.mark.parametrize(
    ("ago", "left", "late"),
    [
        (dt.timedelta(hours=1, minutes=59), 70, False),
        (dt.timedelta(hours=71, minutes=59), 0, False),
        (dt.timedelta(hours=72, minutes=1), -1, True),
        (dt.timedelta(hours=119, minutes=59), -48, True),
    ],
)
def test_the_clock_of_72_hours_runs_through_nights_and_weekends(lost: Incident, ago: dt.timedelta, left: int, late: bool) -> None:
    lost.discovered_at = timezone.now() - ago
    assert (lost.hours_left, lost.hours_left < 0, lost.waits_for_authority) == (left, late, True)


def test_the_clock_stops_by_telling_or_by_deciding(lost: Incident, dana: User) -> None:
    assert not weigh(lost, dana, "none").waits_for_authority
    risky = weigh(Incident.objects.get(), dana, "risk")
    assert risky.waits_for_authority
    assert not weigh(risky, dana, "risk", authority_told_at=timezone.now()).waits_for_authority


@pytest.mark.parametrize(
    ("risk", "told"),
    [
        ("", {}),
        ("risk", {}),
        ("high", {}),
        ("high", {"authority_told_at": timezone.now}),
        ("high", {"people_told_on": timezone.localdate}),
    ],
)
def test_nothing_closes_before_everybody_was_told(lost: Incident, dana: User, risk: str, told: dict[str, object]) -> None:
    more = {name: value() for name, value in told.items()}  # type: ignore[operator]
    row = weigh(lost, dana, risk, **more)

    with pytest.raises(ValidationError, match="Besluit eerst"):
        close_incident(incident=row, version=row.version, by=dana)
    with pytest.raises(IntegrityError), transaction.atomic():
        Incident.objects.update(closed_at=timezone.now())


def test_what_is_closed_does_not_change(lost: Incident, dana: User) -> None:
    row = weigh(lost, dana, "high", authority_told_at=timezone.now(), people_told_on=timezone.localdate())
    closed = close_incident(incident=row, version=row.version, by=dana)

    with pytest.raises(Incident.DoesNotExist):
        weigh(closed, dana, "none")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"risk": "none", "reason": ""}, "reason"),
        ({"authority_told_at": dt.timedelta(hours=1)}, "authority_told_at"),
        ({"people_told_on": dt.timedelta(days=1)}, "people_told_on"),
    ],
)
def test_a_decision_has_a_reason_and_nobody_was_told_tomorrow(
    lost: Incident, dana: User, wrong: dict[str, Any], field: str
) -> None:
    base: dict[str, Any] = {"authority_told_at": timezone.now(), "people_told_on": timezone.localdate()}
    values = {name: base[name] + value if isinstance(value, dt.timedelta) else value for name, value in wrong.items()}
    with pytest.raises(ValidationError) as refused:
        weigh(lost, dana, **({"risk": "risk"} | values))
    assert set(refused.value.error_dict) == {field}


def test_the_authority_was_not_told_before_the_discovery(lost: Incident, dana: User) -> None:
    with pytest.raises(ValidationError, match="vóór de ontdekking"):
        weigh(lost, dana, "risk", authority_told_at=lost.discovered_at - dt.timedelta(minutes=1))


def test_who_is_affected_comes_from_the_access_log_and_the_hand_overs(
    lost: Incident, dana: User, ineke: User, anna: User, north: Location
) -> None:
    seen, before, given, stranger = (make_student(north, ineke) for _person in range(4))
    for student, viewer in ((seen, anna), (stranger, ineke)):
        log_access(viewer, Role.TEACHER, [student.audit_id], AccessEvent.Kind.DETAIL)
    log_access(anna, Role.TEACHER, [before.audit_id], AccessEvent.Kind.LIST)
    today = timezone.localdate()
    disclosure = Disclosure.objects.create(
        report="municipality",
        parameters={},
        version=1,
        reference="ABCD-1234",
        recipient="municipality",
        format="pdf",
        sha256="0" * 64,
        channel="secure_mail",
        by=ineke,
    )
    DisclosedPerson.objects.create(disclosure=disclosure, audit_id=given.audit_id)

    assert add_who_was_looked_at(incident=lost, account=anna, first=today, last=today, by=dana) == 2
    assert add_who_was_looked_at(incident=lost, account=anna, first=today, last=today, by=dana) == 0
    yesterday = today - dt.timedelta(days=1)
    assert add_who_was_looked_at(incident=lost, account=ineke, first=yesterday, last=yesterday, by=dana) == 0
    assert add_who_was_in(incident=lost, disclosure=disclosure, by=dana) == 1

    assert dict(lost.people.values_list("audit_id", "source")) == {
        seen.audit_id: "looked",
        before.audit_id: "looked",
        given.audit_id: "given",
    }


def test_a_teacher_reports_and_sees_no_register(anna: User, dana: User) -> None:
    browser = signed_in(anna)
    url = reverse("privacy:incident_report")
    moment = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    assert browser.post(url, {"kind": "", "discovered_at": "gisteren", "description": ""}).status_code == 422
    late = browser.post(url, {"kind": "seen", "discovered_at": "2090-01-01T10:00", "description": "x"})
    assert "moet nog komen" in late.content.decode()

    answer = browser.post(url, {"kind": "seen", "discovered_at": moment, "description": STORY})

    assert answer["Location"] == reverse("home")
    row = Incident.objects.get()
    assert (row.number, row.kind, row.description, row.reported_by_audit_id) == (1, "seen", STORY, anna.audit_id)
    assert browser.get(reverse("privacy:incident", args=[row.pk])).status_code == 403
    assert "Datalek melden" in browser.get(reverse("attendance:today")).content.decode()


def test_the_officer_handles_one_from_start_to_end(lost: Incident, dana: User, ineke: User, anna: User, north: Location) -> None:
    student = make_student(north, ineke, surname="Kanarievogel")
    log_access(anna, Role.TEACHER, [student.audit_id], AccessEvent.Kind.DETAIL)
    browser = signed_in(dana)
    page = reverse("privacy:incident", args=[lost.pk])
    close = reverse("privacy:incident_close", args=[lost.pk])
    today = timezone.localdate().isoformat()
    browser.post(reverse("privacy:incident_looked", args=[lost.pk]), {"account": anna.pk, "first": today, "last": today})
    assert "Kanarievogel" in browser.get(page).content.decode()
    wrong = browser.post(reverse("privacy:incident_given", args=[lost.pk]), {"reference": "NIET-WAAR"})
    assert "Geen overdracht heeft dit kenmerk" in wrong.content.decode()
    weighed = {"categories": ["attendance"], "measures": "", "risk": "risk", "reason": "Namen en aanwezigheid", "version": 1}
    browser.post(reverse("privacy:incident_weigh", args=[lost.pk]), weighed)
    browser.post(close, {"version": 2})
    assert Incident.objects.open().exists()
    moment = timezone.localtime().strftime("%Y-%m-%dT%H:%M:%S")
    sent = {"authority_told_at": moment, "authority_reference": "AP 2026/12", "people_told_on": "", "version": 2}
    answer = browser.post(reverse("privacy:incident_told", args=[lost.pk]), sent)
    assert answer.status_code == 302, answer.content.decode()

    browser.post(close, {"version": 3})

    assert Incident.objects.get().closed_at
    assert "Datalek 1 is gesloten." in browser.get(page).content.decode()


def test_only_who_handles_breaches_closes_one(lost: Incident, dana: User, ineke: User, anna: User) -> None:
    row = weigh(lost, dana, "none")
    url = reverse("privacy:incident_close", args=[row.pk])
    for stranger in (ineke, anna):
        assert signed_in(stranger).post(url, {"version": row.version}).status_code == 403
    assert Incident.objects.open().exists()
    signed_in(staff(Role.MANAGEMENT)).post(url, {"version": row.version})
    assert not Incident.objects.open().exists()


@pytest.mark.parametrize("number", [1, 3])
def test_the_register_runs_the_same_queries_whatever_its_length(anna: User, dana: User, number: int) -> None:
    for _row in range(number):
        report_incident(kind="lost", discovered_at=timezone.now(), description=STORY, by=anna)
    browser = signed_in(dana)
    browser.get(reverse("privacy:incidents"))

    with CaptureQueriesContext(connection) as queries:
        assert browser.get(reverse("privacy:incidents")).status_code == 200

    assert len(queries) == 5


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "0001-01-01", "1999-12-31T23:59", "2101-01-01T00:00", "9999-12-31T23:59"])
def test_a_year_nobody_means_is_refused_at_the_field(anna: User, moment: str) -> None:
    answer = signed_in(anna).post(
        reverse("privacy:incident_report"), {"kind": "lost", "discovered_at": moment, "description": STORY}
    )
    assert answer.status_code == 422
    assert "Kies een jaar van 2000 tot en met 2100." in answer.content.decode()
    assert STORY in answer.content.decode()
    assert not Incident.objects.exists()
