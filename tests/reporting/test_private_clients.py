"""A private client hears of nobody without that student's own consent, and a purpose that rests on consent of nobody else
(policy B 4.1.4; AVG 6(1)(a), 7).
"""

import dataclasses

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from kvs.models import User
from kvs.vocabulary import PHOTO, PRIVATE_CLIENT
from reporting.actions import ask_report, hand_over, make_report
from reporting.models import Disclosure, ReportFile, ReportRun
from reporting.report import Content, reports
from reporting.reports import municipality, progress
from reporting.reports.municipality import REPORT
from reporting.withheld import lacking_consent
from students.models import Client
from tests.factories import consent
from tests.people import signed_in
from tests.reporting.conftest import OCTOBER, FixedSchool


@pytest.fixture
def private(fixed: FixedSchool) -> FixedSchool:
    """The client with two students in its report turns out to be an employer."""
    Client.objects.filter(pk=fixed.utrecht.pk).update(kind="employer", municipality_code="")
    fixed.utrecht.refresh_from_db()
    return fixed


def finished(school: FixedSchool, by: User) -> ReportRun:
    run = ask_report(report=reports()["municipality"], asked={"client": school.utrecht, "month": OCTOBER}, by=by)
    make_report(run, lambda done, total, doing: None)
    return run


def built(school: FixedSchool, by: User) -> Content:
    return REPORT.build({"client": school.utrecht, "month": OCTOBER}, by, lambda done, total, doing: None)


def test_a_report_made_before_is_not_handed_over_without_consent(fixed: FixedSchool, ineke: User) -> None:
    """The door itself looks, so it does not matter how the file came to be."""
    file = finished(fixed, ineke).files.get(format="html")
    Client.objects.filter(pk=fixed.utrecht.pk).update(kind="employer")
    file = ReportFile.objects.get(pk=file.pk)

    with pytest.raises(ValidationError, match="2 cursisten"):
        hand_over(file=file, channel="secure_mail", by=ineke, despite="later")
    fixed.utrecht.refresh_from_db()
    consent(fixed.people["moved"], ineke, "private_client", fixed.utrecht)
    with pytest.raises(ValidationError, match="1 cursist "):
        hand_over(file=file, channel="secure_mail", by=ineke, despite="later")
    assert not Disclosure.objects.exists()
    consent(fixed.people["odd"], ineke, "private_client", fixed.utrecht)
    hand_over(file=file, channel="secure_mail", by=ineke, despite="later")
    assert Disclosure.objects.count() == 1


def test_a_consent_taken_back_stops_the_next_hand_over_and_the_page_says_so(fixed: FixedSchool, ineke: User) -> None:
    run = finished(fixed, ineke)
    Client.objects.filter(pk=fixed.utrecht.pk).update(kind="other")
    fixed.utrecht.refresh_from_db()
    for name in ("moved", "odd"):
        consent(fixed.people[name], ineke, "private_client", fixed.utrecht)
    consent(fixed.people["odd"], ineke, "private_client", fixed.utrecht, yes=False)
    url = reverse("reporting:hand_over", args=[run.pk])
    file = run.files.get(format="html")

    answer = signed_in(ineke).post(url, {"file": file.pk, "channel": "secure_mail", "despite": "later"})

    assert answer.status_code == 422
    assert "1 cursist in deze rapportage vindt dit niet goed" in answer.content.decode()
    assert not Disclosure.objects.exists()


def test_who_gave_no_consent_is_left_out(private: FixedSchool, ineke: User) -> None:
    other = Client.objects.create(name="Bakkerij De Korst", kind="employer")
    assert built(private, ineke).people == ()
    consent(private.people["moved"], ineke, "private_client", other)
    assert built(private, ineke).people == ()  # a yes to one client is none to another
    consent(private.people["moved"], ineke, "private_client", private.utrecht)
    assert built(private, ineke).people == (private.people["moved"].audit_id,)


def test_a_municipality_needs_no_consent(fixed: FixedSchool, ineke: User) -> None:
    assert len(built(fixed, ineke).people) == 2
    assert lacking_consent(REPORT, fixed.utrecht, built(fixed, ineke).people) == 0


def test_a_purpose_that_rests_on_consent_is_for_who_gave_it(fixed: FixedSchool, ineke: User) -> None:
    report = dataclasses.replace(REPORT, purpose=PHOTO)
    people = [student.audit_id for student in fixed.people.values()]
    assert lacking_consent(report, fixed.utrecht, people) == len(people)
    consent(fixed.people["moved"], ineke, "photo")
    assert lacking_consent(report, fixed.utrecht, people) == len(people) - 1
    nobody_in_particular = dataclasses.replace(REPORT, purpose=PRIVATE_CLIENT)
    assert lacking_consent(nobody_in_particular, None, people) == len(people)


def test_the_reports_of_today_are_for_municipalities_only(private: FixedSchool) -> None:
    """There is no report for a private client: who makes one finds the door closed until each student said yes."""
    for report in (municipality.REPORT, progress.REPORT):
        offered = report.form().fields["client"].queryset  # type: ignore[attr-defined]
        assert list(offered) == [private.zeist]
