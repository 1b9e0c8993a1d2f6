"""The pages of erasing: two people, strangers outside, plain words, and an answer at the desk years later."""

import datetime as dt
import html

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kvs.files import open_file
from kvs.models import Job, Location, Role, SealedFile, User
from privacy.actions.certificate import keep_certificate
from privacy.actions.erasure import prepare_erasure, run_erasure, set_hold
from privacy.models import Erasure, ExemptionLookup, ExemptionRecord, Hold
from students.actions import record_exemption
from students.models import Exemption, Student
from tests.factories import make_student, staff
from tests.people import Browser, signed_in
from tests.privacy.erasing import Pair, erase, make_pair, nothing

SOON = dt.timedelta(days=60)


@pytest.fixture
def wim(school: object) -> User:
    """Management: the second person."""
    return staff(Role.MANAGEMENT, email="wim@voorbeeld.test", surname="Dekker")


@pytest.fixture
def pair(north: Location, ineke: User) -> Pair:
    return make_pair(north, ineke)


def text(response: object) -> str:
    return html.unescape(response.content.decode())  # type: ignore[attr-defined]


def test_two_people_erase_somebody_and_there_is_a_letter(pair: Pair, dana: User, wim: User) -> None:
    officer, second = signed_in(dana), signed_in(wim)
    start = reverse("privacy:erasure_student", args=[pair.x.pk])
    page = text(officer.get(start))
    assert "Dit zou er vandaag gebeuren" in page
    assert "Auditregel" in page or "Regel" in page
    assert officer.post(start, {}).status_code == 422
    answer = officer.post(start, {"reason": "request"})
    erasure = Erasure.objects.get()
    here = reverse("privacy:erasure", args=[erasure.pk])
    assert answer["Location"] == here
    assert "U hebt dit voorbereid" in text(officer.get(here))
    approve = reverse("privacy:erasure_approve", args=[erasure.pk])
    refused = officer.post(approve, {"sure": "on"})
    assert (refused.status_code, "Iemand anders moet dit goedkeuren" in text(refused)) == (422, True)
    assert second.post(approve, {}).status_code == 422
    assert second.post(approve, {"sure": "on"})["Location"] == here

    job = Job.objects.get()
    assert (job.kind, job.arguments) == ("privacy.erase", {"erasure": str(erasure.pk)})
    assert "hx-get" in text(second.get(here))
    run_erasure(erasure=erasure, progress=nothing)
    keep_certificate(Erasure.objects.get())
    Job.objects.update(state="done", attempt=1, finished_at=timezone.now())

    page = text(second.get(here))
    assert "Haddad" not in page
    assert second.get(reverse("privacy:erasure_progress", args=[erasure.pk]))["HX-Refresh"] == "true"
    letter = second.get(reverse("privacy:erasure_certificate", args=[erasure.pk]))
    assert letter.content.startswith(b"%PDF")
    assert signed_in(dana).get(start).status_code == 404


def test_the_letter_names_nobody_and_says_until_when(pair: Pair, dana: User, wim: User) -> None:
    from privacy.actions.certificate import certificate_page  # noqa: PLC0415

    page = html.unescape(certificate_page(erase(pair.x, dana, wim)))
    assert "Haddad" not in page
    assert "autoriteitpersoonsgegevens.nl" in page
    assert "(privacybeleid, artikel 7; artikel 32 AVG)" in page
    file = keep_certificate(Erasure.objects.get())
    assert file is not None
    assert file.expires_at is not None
    assert open_file(file).startswith(b"%PDF")
    assert SealedFile.objects.filter(people__isnull=False).count() == 0


def test_strangers_see_no_erasure(pair: Pair, dana: User, anna: User, chris: User, bram: User, south: Location) -> None:
    erasure = prepare_erasure(person=pair.x, reason="request", by=dana)
    elsewhere = [staff(role, south) for role in (Role.PRIVACY_OFFICER, Role.MANAGEMENT)]
    for name in ("erasure", "erasure_progress", "erasure_approve", "erasure_certificate"):
        address = reverse(f"privacy:{name}", args=[erasure.pk])
        assert Browser().get(address).status_code == 302
        assert {signed_in(user).get(address).status_code for user in (anna, chris, bram, pair.x.user)} == {403}  # type: ignore[arg-type]
        assert {signed_in(user).get(address).status_code for user in elsewhere} == {404}


def test_strangers_change_no_erasure(pair: Pair, dana: User, wim: User, chris: User, south: Location) -> None:
    erasure = prepare_erasure(person=pair.x, reason="request", by=dana)
    there = staff(Role.PRIVACY_OFFICER, south)
    for name in ("erasure_renew", "erasure_cancel"):
        address = reverse(f"privacy:{name}", args=[erasure.pk])
        assert (signed_in(chris).post(address).status_code, signed_in(there).post(address).status_code) == (403, 404)
        assert signed_in(dana).get(address).status_code == 405
    approve = reverse("privacy:erasure_approve", args=[erasure.pk])
    assert signed_in(staff(Role.MANAGEMENT, south)).post(approve, {"sure": "on"}).status_code == 404
    erasure.refresh_from_db()
    assert erasure.state == "prepared"
    signed_in(wim).post(reverse("privacy:erasure_cancel", args=[erasure.pk]))
    erasure.refresh_from_db()
    assert erasure.state == "cancelled"


def test_strangers_lift_no_hold(pair: Pair, dana: User, wim: User, chris: User, south: Location) -> None:
    hold = set_hold(person=pair.x, ground="claim", review_on=timezone.localdate() + SOON, by=dana)
    address = reverse("privacy:hold_release", args=[hold.pk])
    answers = [
        signed_in(user).post(address, {"version": 1}).status_code for user in (chris, wim, staff(Role.PRIVACY_OFFICER, south))
    ]
    assert answers == [403, 403, 404]
    assert signed_in(dana).get(address).status_code == 200
    assert signed_in(dana).post(address, {"version": 1}).status_code == 302
    hold.refresh_from_db()
    assert hold.released_at


def test_only_the_officer_of_the_whole_school_erases_colleagues(dana: User, wim: User, anna: User, north: Location) -> None:
    from students.models import Client  # noqa: PLC0415

    manager = Client.objects.create(name="Gemeente Oosterveen").case_managers.create(surname="Jansen")
    local = staff(Role.PRIVACY_OFFICER, north)
    for name, pk in (("erasure_account", anna.pk), ("erasure_contact", manager.pk)):
        address = reverse(f"privacy:{name}", args=[pk])
        assert [signed_in(user).get(address).status_code for user in (dana, local, wim, anna)] == [200, 404, 403, 403]
    own = signed_in(dana).post(reverse("privacy:erasure_account", args=[dana.pk]), {"reason": "request"})
    assert (own.status_code, "eigen gegevens" in text(own)) == (422, True)


def test_a_hold_is_set_on_the_page_and_shows(pair: Pair, dana: User) -> None:
    officer = signed_in(dana)
    address = reverse("privacy:hold_student", args=[pair.x.pk])
    far = officer.post(address, {"ground": "claim", "review_on": str(timezone.localdate() + dt.timedelta(days=500))})
    assert (far.status_code, "binnen een jaar" in text(far)) == (422, True)
    officer.post(address, {"ground": "claim", "review_on": str(timezone.localdate() + SOON)})
    assert Hold.objects.count() == 1
    assert "Voor dit dossier geldt een bewaarplicht" in text(officer.get(reverse("privacy:erasure_student", args=[pair.x.pk])))


def test_the_list_costs_the_same_for_three(north: Location, ineke: User, dana: User) -> None:
    officer = signed_in(dana)
    numbers = []
    for count in (1, 2):
        for _person in range(count):
            student = make_student(north, ineke)
            prepare_erasure(person=student, reason="request", by=dana)
            set_hold(person=make_student(north, ineke), ground="claim", review_on=timezone.localdate() + SOON, by=dana)
        officer.get(reverse("privacy:erasures"))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert officer.get(reverse("privacy:erasures")).status_code == 200
        numbers.append(len(queries))
    assert numbers == [11, 11]


# --- exemptions


def exempt(student: Student, by: User) -> Exemption:
    return record_exemption(
        programme=student.programmes.get(), version=0, by=by, kind="medical", body="duo", decided_on=dt.date(2024, 3, 1)
    )


def test_an_exemption_is_recorded_on_the_programme(pair: Pair, ineke: User) -> None:
    office = signed_in(ineke)
    address = reverse("students:exemption", args=[pair.x.programmes.get().pk])
    later = {"kind": "medical", "body": "duo", "decided_on": str(timezone.localdate() + SOON), "version": "0"}
    assert office.post(address, later).status_code == 422
    assert office.post(address, {**later, "decided_on": "2024-03-01"}).status_code == 302
    assert office.post(address, {**later, "decided_on": "2024-03-02", "version": "1", "kind": "effort"}).status_code == 302
    page = text(office.get(reverse("students:programmes", args=[pair.x.pk])))
    assert "aantoonbaar geleverde inspanningen · DUO · 2 mrt 2024" in page


def test_an_exemption_outlives_the_file_and_only_that(pair: Pair, dana: User, wim: User, ineke: User) -> None:
    exempt(pair.x, ineke)
    done = erase(pair.x, dana, wim)
    erase(pair.y, dana, wim)

    record = ExemptionRecord.objects.get()
    assert (record.name, record.born_on, record.kind, record.body) == ("Rania Haddad", "1990-02-01", "medical", "duo")
    today = timezone.localdate()  # six years after 29 February comes no 29 February
    day = 28 if (today.month, today.day) == (2, 29) else today.day
    assert record.kept_until == today.replace(year=today.year + 6, day=day)
    assert [line["until"] for line in done.plan if line["action"] == "copy"] == [record.kept_until.isoformat()]
    assert not Student.objects.exists()


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ({"first": "RANIA", "surname": "haddad", "born_on": "1990-02-01"}, True),
        ({"first": "Rania", "surname": "Haddad", "born_on": "1990-02-02"}, False),
    ],
)
def test_the_desk_gets_a_statement_either_way(
    typed: dict[str, str], known: bool, pair: Pair, dana: User, wim: User, ineke: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privacy.views.exemptions.pdf_available", lambda: "no")
    exempt(pair.x, ineke)
    erase(pair.x, dana, wim)
    desk, address = signed_in(dana), reverse("privacy:exemptions")
    assert desk.post(address, typed).status_code == 422

    page = text(desk.post(address, {**typed, "seen": "on"}))

    assert ("ontheven van de inburgeringsplicht" in page, "geen ontheffing bekend" in page) == (known, not known)
    lookup = ExemptionLookup.objects.get()
    assert (lookup.record is not None, lookup.by_audit_id) == (known, dana.audit_id)
