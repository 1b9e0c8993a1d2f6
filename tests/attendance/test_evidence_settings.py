"""What the school takes as evidence, and for what only proven minutes count."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from attendance.hours import lesson_lines, total
from attendance.hours_overview import overview
from attendance.models import EvidenceSetting, Mark, ProvenOnly
from kvs.models import Location, Role, User
from reporting.duo_hours import minutes_per_contract
from students import actions
from students.models import Client, Contract, Enrolment, Group
from tests.attendance.test_after_signing import text
from tests.attendance.test_hours import half_past_nine, mark, sign
from tests.factories import make_lesson, staff
from tests.people import signed_in

pytestmark = pytest.mark.django_db
START = dt.date(2026, 1, 5)
SETTINGS = "attendance:evidence_settings"


@pytest.fixture
def utrecht(db: None) -> Client:
    return Client.objects.create(name="Gemeente Utrecht")


@pytest.fixture
def contract(places: list[Enrolment], group: Group, utrecht: Client, ineke: User) -> Contract:
    """Abdi's, of 100 hours; three lessons of 60 minutes: by both, by the teacher alone, with initials on paper."""
    programme = actions.change_programme(
        programme=places[0].programme, version=1, by=ineke, changes={"law": "wi2021", "route": "b1"}
    )
    made = actions.add_contract(programme=programme, by=ineke, client=utrecht, starts_on=START, hours=100)
    for number, both in enumerate((True, False, False)):
        lesson = make_lesson(group, ineke, starts_at=half_past_nine(START + dt.timedelta(days=number)), minutes=60)
        sign(lesson, ineke)
        kept = mark(lesson, places[0], "present", both=both)
        if number == 2:
            Mark.objects.filter(pk=kept.pk).update(paper_at=timezone.now())
    return made


@pytest.fixture
def management(north: Location) -> User:
    return staff(Role.MANAGEMENT, north)


@pytest.mark.parametrize(("who", "code"), [("ineke", 200), ("management", 200), ("bram", 403), ("anna", 403), ("dana", 403)])
def test_who_decides_what_counts(who: str, code: int, utrecht: Client, request: pytest.FixtureRequest) -> None:
    browser = signed_in(request.getfixturevalue(who))
    row = ProvenOnly.objects.create(client=utrecht, source="Contract 2026")

    assert [browser.get(reverse(name)).status_code for name in (SETTINGS, "attendance:proven_only_add")] == [code, code]
    answer = browser.post(reverse("attendance:proven_only_remove", args=[row.pk]))
    assert answer.status_code == (302 if code == 200 else code)
    assert ProvenOnly.objects.exists() == (code != 200)


@pytest.mark.parametrize(("mode", "proven"), [("", 120), ("both", 120), ("paper", 60), ("digital", 60)])
def test_the_mode_decides_what_is_proven(mode: str, proven: int, contract: Contract, ineke: User) -> None:
    if mode:
        version = {"version": "1"}
        answer = signed_in(ineke).post(reverse(SETTINGS), {"mode": mode, **version}, follow=True)
        assert "Opgeslagen" in text(answer)

    sums = total(lesson_lines([contract.programme], timezone.localdate()))

    assert (sums.attended, sums.proven, sums.unproven) == (180, proven, 180 - proven)


def test_an_unknown_mode_is_refused(ineke: User) -> None:
    answer = signed_in(ineke).post(reverse(SETTINGS), {"mode": "fax", "version": "1"})

    assert (answer.status_code, EvidenceSetting.objects.count()) == (422, 0)


def test_digital_is_said_to_be_unconfirmed(ineke: User) -> None:
    assert "niet bevestigd door auditor" in text(signed_in(ineke).get(reverse(SETTINGS)))


def test_a_client_that_counts_only_proven_minutes(contract: Contract, utrecht: Client, ineke: User, group: Group) -> None:
    browser, today = signed_in(ineke), timezone.localdate()
    assert overview(contract.programme, ineke, today).contracts[0].used == 180

    added = {"what": f"client:{utrecht.pk}", "source": "Contract 2026, art. 4"}
    shown = text(browser.post(reverse("attendance:proven_only_add"), added, follow=True))

    assert "Gemeente Utrecht Contract 2026, art. 4" in shown
    assert overview(contract.programme, ineke, today).contracts[0].used == 120
    page = text(browser.get(reverse("attendance:programme_hours", args=[contract.programme_id])))
    assert "bij deze opdrachtgever tellen alleen bewezen minuten" in page
    assert browser.post(reverse("attendance:proven_only_add"), added).status_code == 422


def test_a_rule_that_counts_only_proven_minutes(contract: Contract, ineke: User) -> None:
    def course() -> tuple[int, int, bool]:
        row = overview(contract.programme, ineke, timezone.localdate()).contracts[0]
        rule = next(each for each in row.rules if each.rule.key == "duo_course")
        delivered = minutes_per_contract(Mark.objects.counted(), [contract], [], timezone.localdate())[contract.pk].course
        return rule.counted.minutes, delivered, rule.proven_only

    assert course() == (180, 180, False)

    signed_in(ineke).post(reverse("attendance:proven_only_add"), {"what": "rule:duo_course", "source": "Handleiding"})

    assert course() == (120, 120, True)


@pytest.mark.parametrize("typed", [{"what": "", "source": "x"}, {"what": "rule:x", "source": "x"}, {"what": "rule:duo_ona"}])
def test_what_is_refused(typed: dict[str, str], ineke: User) -> None:
    assert signed_in(ineke).post(reverse("attendance:proven_only_add"), typed).status_code == 422
    assert not ProvenOnly.objects.exists()


def test_the_database_refuses_a_row_for_both_or_none(utrecht: Client) -> None:
    for fields in ({"rule": "duo_ona", "client": utrecht}, {}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ProvenOnly.objects.create(source="x", **fields)
