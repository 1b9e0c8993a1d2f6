"""What a municipality agreed to hear of absence: who records it, what it can name, and whose reason is told."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from attendance import absence_reasons as codes
from attendance.actions import Row, sign_register
from attendance.actions.agreements import agree_reasons, end_agreement
from attendance.actions.reasons import give_reasons
from attendance.models import AbsenceReason, AbsenceReport, Mark, ReasonAgreement
from attendance.told import told_reasons
from kvs.models import Location, Role, User
from students.models import Client, Enrolment, Group
from tests.attendance.test_hours import half_past_nine
from tests.factories import agree, make_lesson, note_reasons, staff
from tests.people import signed_in

pytestmark = pytest.mark.django_db
FIRST, LAST = dt.date(2026, 1, 1), dt.date(2026, 1, 31)
ADD = "attendance:agreement_add"
SETTINGS = "attendance:absence_settings"


@pytest.fixture
def utrecht(db: None) -> Client:
    note_reasons()
    return Client.objects.create(name="Gemeente Utrecht")


@pytest.fixture
def missed(places: list[Enrolment], group: Group, anna: User, ineke: User) -> list[Mark]:
    """Abdi was not there on the 5th, 6th, 7th and 8th of January."""
    for number in range(4):
        lesson = make_lesson(group, ineke, starts_at=half_past_nine(dt.date(2026, 1, 5 + number)), minutes=60)
        sign_register(lesson=lesson, rows=[Row(places[0].pk, "absent")], by=anna)
    return list(Mark.objects.filter(enrolment=places[0]).order_by("lesson__day"))


def told(client: Client) -> dict[dt.date, str]:
    found = told_reasons(Mark.objects.counted(), client, FIRST, LAST)
    return {mark.lesson.day: found[mark.pk] for mark in Mark.objects.filter(pk__in=found).select_related("lesson")}


def say(by: User, *pairs: tuple[Mark, str]) -> None:
    give_reasons(chosen={mark.pk: code for mark, code in pairs}, by=by)


def day(number: int) -> dt.date:
    return dt.date(2026, 1, number)


def test_without_an_agreement_nothing_is_told(missed: list[Mark], utrecht: Client, ineke: User) -> None:
    say(ineke, *zip(missed, ("holiday", "leave", "appointment", "pip_work"), strict=True))

    assert told(utrecht) == {}


def test_only_agreed_reasons_from_the_day_of_the_agreement(missed: list[Mark], utrecht: Client, ineke: User) -> None:
    row = agree(utrecht, ineke, "holiday", "appointment", starts_on=day(6))
    say(ineke, *zip(missed, ("holiday", "holiday", "leave", "appointment"), strict=True))

    assert told(utrecht) == {day(6): "holiday", day(8): "appointment"}

    end_agreement(row=row, version=1, ends_on=day(7), by=ineke)
    assert told(utrecht) == {day(6): "holiday"}
    assert told(Client.objects.create(name="Gemeente Zeist")) == {}


@pytest.mark.parametrize("code", ["ill", "birth", "excused", "unexcused"])
def test_health_is_never_told_whatever_stands_in_the_database(
    code: str, missed: list[Mark], utrecht: Client, ineke: User
) -> None:
    agree(utrecht, ineke, *codes.TELLABLE)
    say(ineke, (missed[0], code))

    assert told(utrecht) == {}
    assert AbsenceReason.objects.get().tellable == codes.UNTOLD


def test_a_reason_the_school_did_not_accept_is_not_told(missed: list[Mark], utrecht: Client, ineke: User) -> None:
    agree(utrecht, ineke)
    said = {"reason": "holiday", "tellable": "holiday", "party": "student", "by_audit_id": ineke.audit_id}
    AbsenceReason.objects.create(mark=missed[0], verdict="unknown", **said)

    assert told(utrecht) == {}


def test_the_reason_of_a_report_is_told_unless_another_was_said(missed: list[Mark], utrecht: Client, ineke: User) -> None:
    agree(utrecht, ineke)
    student = missed[0].enrolment.programme.student
    begin = half_past_nine(day(5))
    facts = {"student": student, "status": "approved", "party": "office", "by_audit_id": ineke.audit_id}
    AbsenceReport.objects.create(
        starts_at=begin, ends_at=begin + dt.timedelta(days=3), reason="holiday", tellable="holiday", **facts
    )
    say(ineke, (missed[1], "ill"))

    assert told(utrecht) == {day(5): "holiday", day(7): "holiday"}


def test_a_client_that_became_a_private_one_hears_nothing(missed: list[Mark], utrecht: Client, ineke: User) -> None:
    agree(utrecht, ineke)
    say(ineke, (missed[0], "holiday"))
    utrecht.kind = Client.Kind.EMPLOYER

    assert told(utrecht) == {}


def test_a_fixed_number_of_queries_whatever_the_number(
    missed: list[Mark], utrecht: Client, ineke: User, django_assert_num_queries: object
) -> None:
    agree(utrecht, ineke)
    for number in (1, 3):
        say(ineke, *((mark, "holiday") for mark in missed[:number]))
        with django_assert_num_queries(2):  # type: ignore[operator]  # no reports: nothing to fetch of them
            assert len(told_reasons(Mark.objects.counted(), utrecht, FIRST, LAST)) == number


def test_sealed_values_do_not_show_by_their_length(missed: list[Mark], utrecht: Client, ineke: User) -> None:
    say(ineke, *zip(missed, ("ill", "birth", "appointment", "pip_work"), strict=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT length(reason), length(tellable) FROM attendance_absencereason")
        assert len(cursor.fetchall()) == 1


def test_the_database_keeps_both_columns_together(missed: list[Mark], ineke: User) -> None:
    said = {"mark": missed[0], "verdict": "excused", "party": "office", "by_audit_id": ineke.audit_id}
    for half in ({"reason": "ill"}, {"tellable": "untold"}):
        with pytest.raises(IntegrityError, match="absence_reason_tellable"), transaction.atomic():
            AbsenceReason.objects.create(**said, **half)


@pytest.mark.parametrize("named", [["ill"], ["holiday", "birth"], ["excused"], [], ["griep"]])
def test_the_database_refuses_an_agreement_on_health(named: list[str], utrecht: Client, ineke: User) -> None:
    with pytest.raises(ValidationError, match="gezondheid"):
        agree_reasons(client=utrecht, reasons=named, source="Overeenkomst", starts_on=FIRST, by=ineke)
    with pytest.raises(IntegrityError, match="reason_agreement_reasons"), transaction.atomic():
        ReasonAgreement.objects.create(client=utrecht, reasons=named, source="x", starts_on=FIRST)


# --- pages


def typed(municipality: Client, **changes: object) -> dict[str, object]:
    known = {
        "client": str(municipality.pk),
        "reasons": ["holiday"],
        "source": " Contract 2026,  art. 4 ",
        "starts_on": "2026-01-01",
    }
    return known | changes


def test_an_agreement_is_recorded_and_ended(utrecht: Client, ineke: User) -> None:
    browser = signed_in(ineke)
    assert browser.post(reverse(ADD), typed(utrecht)).status_code == 302
    row = ReasonAgreement.objects.get()
    assert (row.client, row.reasons, row.source, row.starts_on, row.ends_on) == (
        utrecht, ["holiday"], "Contract 2026, art. 4", FIRST, None,
    )  # fmt: skip
    page = browser.get(reverse(SETTINGS)).content.decode()
    assert ("Gemeente Utrecht" in page, "Contract 2026, art. 4" in page, "vanaf 1 jan 2026" in page) == (True, True, True)

    ended = browser.post(reverse("attendance:agreement_end", args=[row.pk]), {"ends_on": "2026-01-31", "version": 1})
    assert ended.status_code == 302
    row.refresh_from_db()
    assert (row.ends_on, row.version) == (LAST, 2)
    stale = browser.post(reverse("attendance:agreement_end", args=[row.pk]), {"ends_on": "2026-02-28", "version": 1})
    assert stale.status_code == 422
    assert "niet opgeslagen" in stale.content.decode()


def test_an_end_before_the_beginning_is_said_at_the_field(utrecht: Client, ineke: User) -> None:
    row = agree(utrecht, ineke, starts_on=FIRST)

    answer = signed_in(ineke).post(reverse("attendance:agreement_end", args=[row.pk]), {"ends_on": "31-12-1799", "version": 1})

    assert (answer.status_code, {*answer.context["form"].errors}) == (422, {"ends_on"})
    row.refresh_from_db()
    assert (row.ends_on, row.version) == (None, 1)


@pytest.mark.parametrize(
    "changes", [{"reasons": ["ill"]}, {"reasons": []}, {"source": ""}, {"starts_on": "gisteren"}, {"client": "x"}]
)
def test_what_is_wrong_is_said_at_the_field(changes: dict[str, object], utrecht: Client, ineke: User) -> None:
    answer = signed_in(ineke).post(reverse(ADD), typed(utrecht, **changes))

    assert (answer.status_code, ReasonAgreement.objects.count()) == (422, 0)
    assert {*answer.context["form"].errors} == {*changes}


def test_one_agreement_at_a_time_and_only_with_a_municipality(utrecht: Client, ineke: User) -> None:
    agree(utrecht, ineke)
    twice = signed_in(ineke).post(reverse(ADD), typed(utrecht))
    baker = Client.objects.create(name="Bakkerij", kind=Client.Kind.EMPLOYER)
    private = signed_in(ineke).post(reverse(ADD), typed(baker))

    assert (twice.status_code, private.status_code, ReasonAgreement.objects.count()) == (422, 422, 1)
    assert "al een afspraak" in twice.content.decode()
    with pytest.raises(ValidationError, match="gemeente"):
        agree(baker, ineke)


@pytest.mark.parametrize("who", ["anna", "bram", "dana", "management"])
def test_strangers_agree_on_nothing(
    who: str, utrecht: Client, ineke: User, north: Location, request: pytest.FixtureRequest
) -> None:
    user = staff(Role.MANAGEMENT, north) if who == "management" else request.getfixturevalue(who)
    row, browser = agree(utrecht, ineke), signed_in(user)

    answers = [
        browser.post(reverse(ADD), typed(Client.objects.create(name="Zeist"))).status_code,
        browser.post(reverse("attendance:agreement_end", args=[row.pk]), {"ends_on": "2026-01-31", "version": 1}).status_code,
    ]

    row.refresh_from_db()
    assert (answers, ReasonAgreement.objects.count(), row.ends_on) == ([403, 403], 1, None)
