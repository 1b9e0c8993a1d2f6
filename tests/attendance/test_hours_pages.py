"""The page "Uren" and the hours that no register holds: who may, what is refused, and what stays."""

import datetime as dt
import re
import threading
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from attendance.actions.hours import (
    add_outside_hours,
    change_opening_balance,
    correct_outside_hours,
    set_contract_hours,
    set_opening_balance,
)
from attendance.forms.hours import HoursField
from attendance.hours import Line, Minutes
from attendance.hours_overview import overview, settled
from attendance.models import Lesson, OpeningBalance, OutsideHours
from attendance.models.hours import HOUR_READERS
from kvs.catalogue import readable_by
from kvs.models import AccessEvent, Location, Role, User
from students import actions
from students.models import Contract, Enrolment, Programme
from tests.attendance.test_hours import half_past_nine, mark, sign
from tests.factories import limit, make_lesson, staff
from tests.people import Browser, signed_in

DONE = {"kind": "participation", "day": dt.date(2026, 9, 7), "minutes": 150, "provider": "Buurthuis Oost"}
DONE |= {"evidence": "statement", "reference": "12-09-2026"}
TYPED = {"kind": "participation", "day": "2026-09-07", "minutes": "2,5", "provider": "Buurthuis Oost"}
TYPED |= {"evidence": "statement", "reference": "12-09-2026"}
BROUGHT: dict[str, Any] = {"hour_class": "classroom", "year": 2025, "minutes": 90 * 60, "source": "old_system"}
START = dt.date(2026, 1, 5)


@pytest.fixture
def programme(places: list[Enrolment], ineke: User) -> Programme:
    """Abdi's, in the Z route."""
    first = places[0].programme
    return actions.change_programme(programme=first, version=1, by=ineke, changes={"law": "wi2021", "route": "z"})


@pytest.fixture
def contract(programme: Programme, ineke: User) -> Contract:
    return actions.add_contract(programme=programme, by=ineke, starts_on=START, hours=200)


def url(name: str, row: object) -> str:
    return reverse(f"attendance:{name}", args=[getattr(row, "pk")])  # noqa: B009  # any row


def text(answer: Any) -> str:
    """The words of a page."""
    html = re.sub(r"<(script|style|svg).*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def attend(enrolment: Enrolment, ineke: User, days: int) -> None:
    """Signed lessons of 90 minutes on so many days, attended by the word of both."""
    for number in range(days):
        lesson = make_lesson(enrolment.group, ineke, starts_at=half_past_nine(START + dt.timedelta(days=number)))
        sign(lesson, ineke)
        mark(lesson, enrolment, "present")


# --- who


@pytest.mark.parametrize(
    ("who", "page", "form"),
    [("ineke", 200, 200), ("bram", 200, 200), ("dana", 200, 403), ("anna", 403, 403), ("chris", 403, 403), ("sami", 403, 403)],
)
def test_who_reads_and_who_notes(who: str, page: int, form: int, programme: Programme, request: pytest.FixtureRequest) -> None:
    browser = signed_in(request.getfixturevalue(who))

    assert browser.get(url("programme_hours", programme)).status_code == page
    assert browser.get(url("outside_add", programme)).status_code == form


def test_a_stranger_at_another_location_finds_nothing(programme: Programme, contract: Contract, south: Location) -> None:
    stranger = signed_in(staff(Role.ADMINISTRATION, south))
    pages = [("programme_hours", programme), ("outside_add", programme), ("contract_hours", contract), ("balance_add", contract)]

    assert [stranger.get(url(*page)).status_code for page in pages] == [404] * 4
    assert stranger.post(url("outside_add", programme), TYPED).status_code == 404
    assert OutsideHours.objects.count() == 0


def test_readers_are_those_of_the_catalogue() -> None:
    """Teachers and auditors may read presence, and find it in the register; the page is of the office."""
    readers = {role for role in Role if role != Role.STUDENT and "minutes" in readable_by(OutsideHours, role)}

    assert readers - {Role.TEACHER, Role.AUDITOR} == set(HOUR_READERS)


def test_looking_leaves_a_line_in_the_file(programme: Programme, ineke: User) -> None:
    signed_in(ineke).get(url("programme_hours", programme))

    assert AccessEvent.objects.filter(subject_audit_id=programme.student.audit_id, viewer_audit_id=ineke.audit_id).count() == 1


# --- hours outside lessons


def test_noted_hours_are_on_the_page_and_count(programme: Programme, ineke: User) -> None:
    browser = signed_in(ineke)

    assert browser.post(url("outside_add", programme), TYPED).status_code == 302

    entry = OutsideHours.objects.get()
    assert (entry.minutes, entry.by_audit_id) == (150, ineke.audit_id)
    page = text(browser.get(url("programme_hours", programme)))
    assert "7 sep 2026 · participatie · 2,5 uur · Buurthuis Oost · getekende verklaring van de organisatie 12-09-2026" in page
    assert "Z-route: 800 uur participatie alleen voor asielstatushouders 2,5 2 hele uren 2 van 800 uur" in page
    assert "uit een tweede bron, niet bevestigd" in page


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("day", "2099-01-01", "Deze dag moet nog komen."),
        ("day", "2010-05-05", "Dit traject begint op 1 jan 2020, en deze dag ligt daarvoor."),
        ("provider", "Ziekenhuis Oost, longontsteking", "Schrijf hier niets over ziekte"),
        ("reference", "griep gehad", "Schrijf hier niets over ziekte"),
        ("minutes", "0", "Vul in hoeveel uur het was."),
        ("minutes", "16,5", "Zorg ervoor dat deze waarde hoogstens 16 is."),
        ("minutes", "drie", "Voer een getal in."),
        ("reference", "<b>", "Een kenmerk bestaat alleen uit letters, cijfers, spaties en . / -."),
        ("kind", "ziek", "Selecteer een geldige keuze."),
    ],
)
def test_what_is_refused_says_why_and_stays(field: str, typed: str, sentence: str, programme: Programme, ineke: User) -> None:
    answer = signed_in(ineke).post(url("outside_add", programme), {**TYPED, field: typed})

    assert (answer.status_code, OutsideHours.objects.count()) == (422, 0)
    assert sentence in text(answer)
    assert sentence in " ".join(answer.context["form"].errors[field])  # at the field
    assert f'value="{escape(typed)}"' in answer.content.decode() or field == "kind"


def test_an_organisation_may_be_a_hospital(programme: Programme, ineke: User) -> None:
    add_outside_hours(programme=programme, by=ineke, **{**DONE, "provider": "Ziekenhuis Oosterveen"})

    assert OutsideHours.objects.get().provider == "Ziekenhuis Oosterveen"


# --- what a day can hold


def of_day(**other: Any) -> dict[str, Any]:
    return {**DONE, **other}


def test_the_same_evidence_is_noted_once(programme: Programme, ineke: User) -> None:
    """Also with other capitals or another number of hours; once it was taken away it can be noted again."""
    entry = add_outside_hours(programme=programme, by=ineke, **DONE)
    browser = signed_in(ineke)
    for again in ({}, {"minutes": "1"}, {"provider": "buurthuis oost"}):
        answer = browser.post(url("outside_add", programme), {**TYPED, **again})
        assert (answer.status_code, OutsideHours.objects.count()) == (422, 1)
        assert "Deze uren zijn al genoteerd: 7 sep 2026" in " ".join(answer.context["form"].errors["reference"])
    assert browser.post(url("outside_add", programme), {**TYPED, "reference": "14-09-2026"}).status_code == 302
    correct_outside_hours(entry=entry, by=ineke, **of_day(minutes=0))
    assert browser.post(url("outside_add", programme), TYPED).status_code == 302


def test_a_day_has_sixteen_hours_over_all_programmes_and_a_correction_counts_for_what_it_corrects(
    programme: Programme, ineke: User
) -> None:
    other = actions.start_programme(student=programme.student, by=ineke, law="none", starts_on=dt.date(2026, 1, 1))
    entry = add_outside_hours(programme=programme, by=ineke, **of_day(minutes=10 * 60))
    add_outside_hours(programme=other, by=ineke, **of_day(minutes=6 * 60, reference="2"))

    answer = signed_in(ineke).post(url("outside_add", other), {**TYPED, "minutes": "0,5", "reference": "3"})
    assert "voor 7 sep 2026 zijn al 16 uur genoteerd" in " ".join(answer.context["form"].errors["minutes"])
    with pytest.raises(ValidationError, match="hoogstens 16 uur"):
        correct_outside_hours(entry=entry, by=ineke, **of_day(minutes=11 * 60))
    less = correct_outside_hours(entry=entry, by=ineke, **of_day(minutes=9 * 60))
    assert correct_outside_hours(entry=less, by=ineke, **of_day(minutes=10 * 60)).minutes == 10 * 60


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({}, "outside_once"),
        ({"reference": "2", "minutes": 15 * 60}, "outside_day_total"),
        ({"day": dt.date(2019, 12, 31)}, "outside_in_programme"),
        ({"day": dt.date(2999, 1, 1)}, "outside_in_programme"),
    ],
)
def test_the_database_refuses_what_slips_past_the_action(
    said: dict[str, Any], name: str, programme: Programme, ineke: User
) -> None:
    entry = add_outside_hours(programme=programme, by=ineke, **DONE)
    row = OutsideHours(programme=programme, by_audit_id=ineke.audit_id, **of_day(**said))

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        row.save(force_insert=True)
    OutsideHours.objects.create(programme=programme, by_audit_id=ineke.audit_id, corrects=entry, **of_day(minutes=60))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_the_same_day_at_once_one_is_refused(programme: Programme, ineke: User) -> None:
    """Straight to the database: its lock holds the second until the first is in."""
    ready, found = threading.Barrier(2), []

    def save(number: int) -> None:
        row = OutsideHours(programme=programme, by_audit_id=ineke.audit_id, **of_day(minutes=9 * 60, reference=str(number)))
        try:
            with transaction.atomic():
                ready.wait(10)
                row.save(force_insert=True)
            found.append("saved")
        except IntegrityError:
            found.append("refused")
        finally:
            connection.close()

    for round_ in range(5):
        savers = [threading.Thread(target=save, args=(2 * round_ + number,)) for number in range(2)]
        for saver in savers:
            saver.start()
        for saver in savers:
            saver.join()
        if round_ == 0:
            assert sorted(found) == ["refused", "saved"]
            found.clear()
    assert set(found) == {"refused"}


def test_a_correction_keeps_the_first_word_and_only_the_last_counts(programme: Programme, ineke: User, bram: User) -> None:
    entry = add_outside_hours(programme=programme, by=bram, **DONE)

    answer = signed_in(ineke).post(url("outside_correct", entry), {**TYPED, "minutes": "1:30"})

    assert answer.status_code == 302
    assert list(OutsideHours.objects.order_by("at").values_list("minutes", "by_audit_id")) == [
        (150, bram.audit_id),
        (90, ineke.audit_id),
    ]
    page = text(signed_in(ineke).get(url("programme_hours", programme)))
    assert "1,5 uur · Buurthuis Oost" in page
    assert "eerst: 7 sep 2026, participatie, 2,5 uur" in page
    counted = {row.rule.key: row.counted.minutes for row in overview(programme, ineke, timezone.localdate()).rules}
    assert (counted["z_participation"], counted["api_participation"]) == (90, 90)


def test_the_second_who_corrects_is_told_and_nothing_the_same_is_a_correction(programme: Programme, ineke: User) -> None:
    entry = add_outside_hours(programme=programme, by=ineke, **DONE)
    with pytest.raises(ValidationError, match="Er is niets anders"):
        correct_outside_hours(entry=entry, by=ineke, **DONE)
    correct_outside_hours(entry=entry, by=ineke, **{**DONE, "minutes": 0})

    with pytest.raises(ValidationError, match="Iemand verbeterde deze uren intussen"):
        correct_outside_hours(entry=entry, by=ineke, **{**DONE, "minutes": 60})
    assert OutsideHours.objects.current().get().minutes == 0


def test_what_was_said_cannot_be_changed_or_taken_away(programme: Programme, ineke: User) -> None:
    entry = add_outside_hours(programme=programme, by=ineke, **DONE)

    rows = OutsideHours.objects.filter(pk=entry.pk)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        rows.update(minutes=600)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        rows.delete()


def test_restricted_presence_takes_no_hours(programme: Programme, contract: Contract, ineke: User) -> None:
    limit(programme.student, ineke, "attendance")

    with pytest.raises(ValidationError, match="beperkt"):
        add_outside_hours(programme=programme, by=ineke, **DONE)
    with pytest.raises(ValidationError, match="beperkt"):
        set_opening_balance(contract=contract, by=ineke, **BROUGHT)


# --- opening balance, and what an hour is


def test_a_balance_stands_apart_and_is_in_the_totals(
    programme: Programme, contract: Contract, places: list[Enrolment], ineke: User
) -> None:
    set_opening_balance(contract=contract, by=ineke, **BROUGHT)
    attend(places[0], ineke, 2)

    (row,) = overview(programme, ineke, timezone.localdate()).contracts
    page = text(signed_in(ineke).get(url("programme_hours", programme)))

    assert (row.lessons.attended, row.brought, row.used, row.left) == (180, 5400, 5580, 200 * 60 - 5580)
    assert [(rule.rule.key, rule.counted.minutes) for rule in row.rules] == [("duo_course", 5580), ("duo_ona", 0)]
    assert "2025 · klassikaal · 90 · het systeem dat de school eerder gebruikte" in page
    assert "Z-route: 800 uur cursus 93 93 hele uren 93 van 800 uur" in page


def test_one_balance_of_a_kind_and_year(contract: Contract, ineke: User) -> None:
    browser = signed_in(ineke)
    typed = {"hour_class": "classroom", "year": "2025", "minutes": "1.200", "source": "paper"}

    assert browser.post(url("balance_add", contract), typed).status_code == 302
    again = browser.post(url("balance_add", contract), typed)

    assert (again.status_code, OpeningBalance.objects.get().minutes) == (422, 72_000)
    assert "Er is al een beginstand van deze soort voor dit jaar." in text(again)


@pytest.mark.parametrize(("year", "sentence"), [("1999", "niet vóór 2007"), ("2090", "moet nog komen")])
def test_a_year_that_cannot_be_is_told_at_the_year(year: str, sentence: str, contract: Contract, ineke: User) -> None:
    typed = {"hour_class": "classroom", "year": year, "minutes": "12", "source": "paper"}

    answer = signed_in(ineke).post(url("balance_add", contract), typed)

    assert (answer.status_code, OpeningBalance.objects.count()) == (422, 0)
    assert sentence in " ".join(answer.context["form"].errors.get("year", []))


def test_two_who_change_a_balance_lose_nothing(contract: Contract, ineke: User) -> None:
    balance = set_opening_balance(contract=contract, by=ineke, **BROUGHT)
    change_opening_balance(balance=balance, version=1, by=ineke, changes={"minutes": 60})

    typed = {"hour_class": "classroom", "year": "2025", "minutes": "5", "source": "paper", "version": "1"}
    answer = signed_in(ineke).post(url("balance_edit", balance), typed)

    assert (answer.status_code, OpeningBalance.objects.get().minutes) == (422, 60)


def test_online_of_2018_counts_for_the_old_law_and_later_does_not(places: list[Enrolment], ineke: User) -> None:
    first = places[0].programme
    programme = actions.change_programme(programme=first, version=1, by=ineke, changes={"law": "wi2013"})
    contract = actions.add_contract(programme=programme, by=ineke, starts_on=START)
    for year in (2018, 2019):
        set_opening_balance(contract=contract, by=ineke, **{**BROUGHT, "hour_class": "distance", "year": year})

    found = {row.rule.key: row.counted.minutes for row in overview(programme, ineke, timezone.localdate()).rules}

    assert (found["agi_course"], found["extension_300"], found["ona_64"]) == (5400, 5400, 0)


def test_a_lesson_hour_of_45_minutes(programme: Programme, contract: Contract, places: list[Enrolment], ineke: User) -> None:
    attend(places[0], ineke, 2)
    browser = signed_in(ineke)
    assert browser.post(url("contract_hours", contract), {"lesson_hour": "45", "version": "0"}).status_code == 302

    (row,) = overview(programme, ineke, timezone.localdate()).contracts

    assert (row.purchased, row.left) == (9000, 8820)
    assert "200 uren van 45 minuten = 150" in text(browser.get(url("programme_hours", programme)))
    late = browser.post(url("contract_hours", contract), {"lesson_hour": "50", "version": "0"})
    assert late.status_code == 422
    with pytest.raises(ValidationError):
        set_contract_hours(contract=contract, version=1, by=ineke, lesson_hour=55, breaks_count=False)


def test_breaks_count_only_where_the_contract_says_so(contract: Contract) -> None:
    line = Line(
        contract.programme_id, contract.pk, "nt2", "language", "classroom", Minutes(165, 145, 0, 0), Minutes(15, 15, 0, 0), 0
    )

    counted = [settled(line, {contract.pk: (60, breaks)}).minutes for breaks in (False, True)]
    assert counted == [Minutes(165, 145, 0, 0), Minutes(180, 160, 0, 0)]
    assert settled(line._replace(contract=None), {}).minutes == line.minutes


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("2,5", 150), ("2.5", 150), ("2:30", 150), ("2:05", 125), ("1.200", 72_000), ("1.200,5", 72_030), ("0,33", 20), ("7", 420)],
)
def test_hours_as_people_type_them(typed: str, expected: int) -> None:
    assert HoursField(5000).clean(typed) == expected


@pytest.mark.parametrize("typed", ["", "2:60", "2:5", "-1", "5001", "twee", "1e9", "NaN", "2" * 5000])
def test_no_hours(typed: str) -> None:
    with pytest.raises(ValidationError):
        HoursField(5000).clean(typed)


# --- the page as a whole


def test_hours_of_an_earlier_route_stay(places: list[Enrolment], ineke: User) -> None:
    """Gevolgde Uren API: participatietaalles. The B1 route ended, the Z route began; under another law nothing is added."""
    attend(places[0], ineke, 2)
    student, changes = places[0].programme.student, {"law": "wi2021", "route": "b1", "ends_on": dt.date(2026, 6, 1)}
    actions.change_programme(programme=places[0].programme, version=1, by=ineke, changes=changes)
    later = actions.start_programme(student=student, by=ineke, law="wi2021", route="z", starts_on=dt.date(2026, 6, 2))
    other = actions.start_programme(student=student, by=ineke, law="none", starts_on=dt.date(2026, 6, 2))

    found = {row.rule.key: row.counted.minutes for row in overview(later, ineke, timezone.localdate()).rules}

    assert (found["api_lessons"], found["z_course"]) == (180, 180)
    assert overview(other, ineke, timezone.localdate()).rules == []
    assert overview(later, ineke, timezone.localdate()).contracts == []


def test_the_page_asks_a_fixed_number_of_questions(
    programme: Programme, contract: Contract, places: list[Enrolment], ineke: User
) -> None:
    browser, address = signed_in(ineke), url("programme_hours", programme)
    asked = []
    for rows in (1, 2):
        for number in range(rows):
            add_outside_hours(programme=programme, by=ineke, **of_day(reference=f"{rows}-{number}"))
            set_opening_balance(contract=contract, by=ineke, **{**BROUGHT, "year": 2020 + rows * 2 + number})
        if rows == 2:
            early = dt.date(2025, 1, 1)
            actions.add_contract(programme=programme, by=ineke, starts_on=early, ends_on=early)
            attend(places[0], ineke, 3)
        browser.get(address)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert browser.get(address).status_code == 200
        asked.append(len(queries))
    assert asked == [asked[0]] * 2
    assert asked[0] <= 26


def test_the_student_reads_the_own_hours_and_nobody_elses(
    programme: Programme, contract: Contract, places: list[Enrolment], lesson: Lesson, ineke: User
) -> None:
    add_outside_hours(programme=programme, by=ineke, **DONE)
    set_opening_balance(contract=contract, by=ineke, **BROUGHT)
    pages = []
    for enrolment in places[:2]:
        account = actions.open_account(student=enrolment.programme.student, by=ineke)
        pages.append(text(signed_in(account).get(reverse("attendance:own_hours"))))

    assert "Buurthuis Oost" in pages[0]
    assert "90 van 200 uur" in pages[0]
    assert "90 van deze uren zijn van vóór dit systeem." in pages[0]
    assert "Z-route: 800 uur participatie 2 van 800 uur Alleen voor asielstatushouders." in pages[0]
    assert "Verbeteren" not in pages[0]
    assert "Buurthuis Oost" not in pages[1]


def test_no_student_opens_the_page_of_the_office(programme: Programme, places: list[Enrolment], ineke: User) -> None:
    account = actions.open_account(student=programme.student, by=ineke)

    assert signed_in(account).get(url("programme_hours", programme)).status_code == 403
    assert Browser().get(url("programme_hours", programme)).status_code == 302
