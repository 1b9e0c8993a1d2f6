"""Invoices: frozen for seven years, for finance only, found again when the student is gone."""

import datetime as dt
import html
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from kvs.models import AccessEvent, AuditEntry, Location, Role, User
from kvs.rotation import change_index
from privacy import plan as plans
from privacy.actions.certificate import certificate_page
from privacy.actions.erasure import carry_out, set_hold
from privacy.actions.exemption import look_up
from privacy.actions.finance import record_invoice, remove_mistake
from privacy.actions.retention import forget_old
from privacy.forms.finance import EuroField, HoursField
from privacy.models import ExemptionRecord, FinancialRecord, StudentInvoice
from privacy.plan import plan_for
from privacy.rules import books_until
from privacy.subject import subject_of
from students.actions import change_programme, record_exemption
from students.models import Programme, Student
from tests.factories import LONG_AGO, invoice, limit, make_student, place, staff
from tests.people import Browser, signed_in
from tests.privacy.erasing import BSNS, Pair, erase, make_pair

LAST_DAY = dt.date(2033, 12, 31)
ADDRESS = {"street": "Kade", "house_number": "1a", "postcode": "9876 AB", "city": "Oosterveen"}


@pytest.fixture
def wim(school: object) -> User:
    """Management: the second person."""
    return staff(Role.MANAGEMENT, email="wim@voorbeeld.test")


@pytest.fixture
def femke(north: Location) -> User:
    """Does the finances of North."""
    return staff(Role.FINANCE, north, call_name="Femke", infix="", surname="Postma", email="femke@voorbeeld.test")


@pytest.fixture
def pair(north: Location, ineke: User) -> Pair:
    made = make_pair(north, ineke)
    Student.objects.update(**ADDRESS)
    return made


def books(student: Student, by: User, **facts: Any) -> FinancialRecord:
    programme = student.programmes.get()
    programme.student.refresh_from_db()
    return invoice(programme, by, **({"number": "2026-0012", "issued_on": dt.date(2026, 3, 2)} | facts))


def gone(student: Student) -> None:
    """Erase without the procedure around it."""
    today = timezone.localdate()
    carry_out(plan_for(subject_of(student), today=today), today)


def text(response: Any) -> str:
    return html.unescape(response.content.decode())


# --- what is recorded


@pytest.mark.parametrize(
    ("issued", "until"),
    [
        (dt.date(2026, 1, 1), LAST_DAY),
        (dt.date(2026, 12, 31), LAST_DAY),
        (dt.date(2027, 1, 1), dt.date(2034, 12, 31)),
        (dt.date(2028, 2, 29), dt.date(2035, 12, 31)),
    ],
)
def test_seven_years_after_the_calendar_year(issued: dt.date, until: dt.date) -> None:
    """AWR art. 52(4)."""
    assert books_until(issued) == until


def test_the_copy_is_whole_and_follows_no_later_change(pair: Pair, femke: User) -> None:
    row = books(pair.x, femke, number=" 2026 - 0012a")
    assert (row.number, row.name, row.address, row.born_on) == (
        "2026-0012A",
        "Rania Haddad",
        "Kade 1a, 9876 AB Oosterveen",
        "1990-02-01",
    )
    assert (row.law, row.route, row.minutes, row.amount_cents, row.kept_until) == ("wi2021", "b1", 600, 12_500, LAST_DAY)
    Student.objects.update(street="Laan", surname="Jansen", birth_year=1991)
    row.refresh_from_db()
    assert (row.name, row.address, row.born_on) == ("Rania Haddad", "Kade 1a, 9876 AB Oosterveen", "1990-02-01")
    with connection.cursor() as cursor:
        cursor.execute("SELECT number || name || address || born_on || payer FROM privacy_financialrecord")
        stored = cursor.fetchone()[0]
    assert [word for word in ("0012", "Haddad", "haddad", "Kade", "1990") if word in stored] == []


def test_a_bsn_is_copied_on_a_loan_only(pair: Pair, femke: User, ineke: User) -> None:
    assert books(pair.x, femke).bsn is None
    programme = pair.x.programmes.get()
    change_programme(programme=programme, version=programme.version, by=ineke, changes={"has_duo_loan": True})
    on_loan = books(pair.x, femke, number="2026-0013")
    assert (on_loan.on_loan, on_loan.bsn) == (True, BSNS[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        FinancialRecord.objects.update(on_loan=False)


def test_one_number_once_and_no_day_to_come(pair: Pair, femke: User) -> None:
    books(pair.x, femke)
    with pytest.raises(ValidationError, match="al vastgelegd"):
        books(pair.y, femke, number="2026-0012 ")
    with pytest.raises(ValidationError) as refused:
        books(pair.y, femke, number="X1", issued_on=timezone.localdate() + dt.timedelta(days=1))
    assert list(refused.value.message_dict) == ["issued_on"]
    assert StudentInvoice.objects.count() == 1


def test_a_credit_note_joins_the_youngest_period(pair: Pair, femke: User) -> None:
    first = books(pair.x, femke, issued_on=dt.date(2024, 5, 1))
    other = books(pair.x, femke, number="2024-0013", issued_on=dt.date(2024, 5, 1))
    credit = books(pair.x, femke, number="C1", issued_on=dt.date(2026, 2, 1), amount_cents=2_500, credits=first)
    again = books(pair.x, femke, number="C2", issued_on=dt.date(2025, 2, 1), amount_cents=2_500, credits=first)
    kept = dict(FinancialRecord.objects.values_list("pk", "kept_until"))
    assert kept == {
        first.pk: LAST_DAY,
        credit.pk: LAST_DAY,
        again.pk: LAST_DAY,
        other.pk: dt.date(2031, 12, 31),
    }
    assert (credit.signed_cents, first.signed_cents, again.kept_until) == (-2_500, 12_500, LAST_DAY)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"amount_cents": 12_501}, "amount"),
        ({"issued_on": dt.date(2026, 3, 1)}, "issued_on"),
    ],
)
def test_a_credit_note_fits_its_invoice(pair: Pair, femke: User, facts: dict[str, Any], field: str) -> None:
    first = books(pair.x, femke)
    with pytest.raises(ValidationError) as refused:
        books(pair.x, femke, number="C1", credits=first, **({"issued_on": dt.date(2026, 4, 1)} | facts))
    assert list(refused.value.message_dict) == [field]
    credit = books(pair.x, femke, number="C1", credits=first, issued_on=dt.date(2026, 4, 1))
    with pytest.raises(ValidationError):
        books(pair.x, femke, number="C2", credits=credit, issued_on=dt.date(2026, 4, 1))


def test_a_mistake_goes_within_thirty_days_and_the_period_with_it(pair: Pair, femke: User) -> None:
    first = books(pair.x, femke, issued_on=dt.date(2024, 5, 1))
    credit = books(pair.x, femke, number="C1", credits=first)
    with pytest.raises(ValidationError, match="creditfactuur op"):
        remove_mistake(record=first, by=femke)
    remove_mistake(record=credit, by=femke)
    first.refresh_from_db()
    assert first.kept_until == dt.date(2031, 12, 31)
    FinancialRecord.objects.update(recorded_on=timezone.localdate() - dt.timedelta(days=31))
    with pytest.raises(ValidationError, match="30 dagen"):
        remove_mistake(record=first, by=femke)
    assert FinancialRecord.objects.count() == StudentInvoice.objects.count() == 1


def test_what_is_restricted_is_not_copied(pair: Pair, femke: User, dana: User) -> None:
    limit(pair.x, dana, "contact")
    with pytest.raises(ValidationError, match="beperkt"):
        books(pair.x, femke)
    assert not FinancialRecord.objects.exists()


# --- when the student goes


def test_the_plan_and_the_letter_say_that_the_law_keeps_it(pair: Pair, femke: User, dana: User, wim: User) -> None:
    books(pair.x, femke)
    books(pair.y, femke, number="2026-0099")
    plan = plan_for(subject_of(pair.x), today=timezone.localdate())
    (line,) = (line for line in plan.lines if line.model == "privacy.FinancialRecord")
    assert (line.action, line.count, line.ground, line.until) == (plans.KEEP, 1, "books", "2033-12-31")

    done = erase(pair.x, dana, wim)

    letter = html.unescape(certificate_page(done))
    assert "artikel 52 lid 4 Algemene wet inzake rijksbelastingen" in letter
    assert "31 december 2033" in letter
    assert "Haddad" not in letter
    kept = FinancialRecord.objects.get(number_index=FinancialRecord.objects.earliest("issued_on", "pk").number_index)
    assert FinancialRecord.objects.count() == 2
    assert [row.student for row in StudentInvoice.objects.all()] == [pair.y]
    assert (kept.name, kept.amount_cents) == ("Rania Haddad", 12_500)
    assert not AuditEntry.objects.filter(model="privacy.financialrecord", action="delete").exists()


def test_finance_finds_it_by_number_or_by_name_and_date_of_birth(pair: Pair, femke: User) -> None:
    kept = books(pair.x, femke, number="2026-0012")
    gone(pair.x)
    browser, page = signed_in(femke), reverse("privacy:invoices")
    for typed in ({"number": "2026 0012".replace(" ", "-")}, {"first": "rania", "surname": "HADDAD", "born_on": "1990-02-01"}):
        found = text(browser.post(page, typed))
        assert "Kade 1a, 9876 AB Oosterveen" in found
        assert "31 december 2033" in found
    assert "2026-0012" not in text(browser.post(page, {"first": "Rania", "surname": "Haddad", "born_on": "1990-02-02"}))
    assert AccessEvent.objects.filter(subject_audit_id=kept.pk, viewer_audit_id=femke.audit_id).count() == 2
    empty = browser.post(page, {"surname": "Haddad"})
    assert (empty.status_code, "Haddad" in text(empty)) == (422, True)


def test_it_goes_when_its_years_are_over_and_not_a_day_before(pair: Pair, femke: User) -> None:
    books(pair.x, femke)
    books(pair.y, femke, number="2027-1", issued_on=dt.date(2025, 1, 1))
    gone(pair.x)
    assert forget_old(today=dt.date(2032, 12, 31))["books"] == 0
    assert forget_old(today=dt.date(2033, 1, 1))["books"] == 2  # of Y, with its link
    assert forget_old(today=LAST_DAY)["books"] == 0
    assert forget_old(today=LAST_DAY + dt.timedelta(days=1))["books"] == 1
    assert not FinancialRecord.objects.exists()
    assert Student.objects.get() == pair.y


def test_a_hold_and_a_restriction_keep_the_books_of_that_student(pair: Pair, femke: User, dana: User) -> None:
    books(pair.x, femke)
    books(pair.y, femke, number="2026-0099")
    after = LAST_DAY + dt.timedelta(days=1)
    set_hold(person=pair.x, ground="claim", review_on=timezone.localdate() + dt.timedelta(days=90), by=dana)
    Student.objects.filter(pk=pair.y.pk).update(restricted=["exams"])
    assert forget_old(today=after)["books"] == 0
    Student.objects.filter(pk=pair.y.pk).update(restricted=[])
    assert forget_old(today=after)["books"] == 2
    assert [row.student for row in StudentInvoice.objects.all()] == [pair.x]


def test_everything_kept_is_found_under_a_new_index_key(
    pair: Pair, femke: User, ineke: User, dana: User, settings: Settings
) -> None:
    """A call name beside the given names: two ways to be found, both survive a new key."""
    Student.objects.filter(pk=pair.x.pk).update(given_names="Rania Hala", call_name="Rania")
    record_exemption(programme=pair.x.programmes.get(), version=0, by=ineke, kind="effort", body="duo", decided_on=LONG_AGO)
    books(pair.x, femke)
    pair.x.refresh_from_db()
    gone(pair.x)
    settings_key, fresh = settings.INDEX_KEY, "k" * 44
    change_index(settings_key, fresh, lambda line: None)
    settings.INDEX_KEY = fresh
    browser = signed_in(femke)
    for first in ("Rania", "Rania Hala"):
        who = {"first": first, "surname": "Haddad", "born_on": "1990-02-01"}
        assert "2026-0012" in text(browser.post(reverse("privacy:invoices"), who))
        assert len(look_up(first=first, surname="Haddad", born_on=dt.date(1990, 2, 1), by=dana)) == 1
    assert "2026-0012" in text(browser.post(reverse("privacy:invoices"), {"number": "2026-0012"}))
    assert ExemptionRecord.objects.count() == 2


# --- pages


def test_finance_records_an_invoice_and_a_credit_note(pair: Pair, femke: User) -> None:
    browser, add = signed_in(femke), reverse("privacy:invoice_add", args=[pair.x.pk])
    programme = pair.x.programmes.get()
    sent = {"number": "2026-7", "issued_on": "2026-03-02", "programme": programme.pk, "amount": "1.250,50", "minutes": "12,5"}
    assert browser.post(add, sent)["Location"] == reverse("privacy:student_invoices", args=[pair.x.pk])
    first = FinancialRecord.objects.get()
    assert (first.amount_cents, first.minutes) == (125_050, 750)
    again = browser.post(add, sent)
    assert (again.status_code, "Dit factuurnummer is al vastgelegd." in text(again)) == (422, True)
    credit = sent | {"number": "2026-8", "amount": "250,50", "minutes": "2:30", "credits": first.pk}
    assert browser.post(add, credit).status_code == 302
    page = text(browser.get(reverse("privacy:student_invoices", args=[pair.x.pk])))
    assert "€\N{NO-BREAK SPACE}1.000,00 · 10 uur" in page
    assert BSNS[0] not in page
    assert AccessEvent.objects.filter(viewer_audit_id=femke.audit_id, subject_audit_id=pair.x.audit_id).exists()
    wrong = browser.post(add, sent | {"number": "<b>", "amount": "veel", "minutes": "1:75"})
    assert wrong.status_code == 422
    for sentence in ("Een factuurnummer heeft alleen", "Typ een bedrag in euro's", "Typ uren, zoals", 'value="veel"'):
        assert sentence in text(wrong)
    remove = reverse("privacy:invoice_remove", args=[first.pk])
    assert "Haal die eerst weg" in text(browser.post(remove, follow=True))
    assert (
        browser.post(reverse("privacy:invoice_remove", args=[FinancialRecord.objects.get(kind="credit").pk])).status_code == 302
    )
    assert FinancialRecord.objects.get() == first


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("1.250,00", 125_000),
        ("€ 1250", 125_000),
        ("0,5", 50),
        ("12.50", 1_250),
        ("1.250", 125_000),
        ("12.500.000,01", 1_250_000_001),
    ],
)
def test_an_amount_as_people_type_it(typed: str, cents: int) -> None:
    assert EuroField().clean(typed) == cents


@pytest.mark.parametrize("typed", ["-5", "1,234", "12,50,1", "1.25.00", "veel", "١٢"])
def test_what_is_no_amount(typed: str) -> None:
    with pytest.raises(ValidationError):
        EuroField().clean(typed)


@pytest.mark.parametrize(("typed", "minutes"), [("12,5", 750), ("12:30", 750), ("0,25", 15), ("3", 180), ("", 0)])
def test_hours_as_people_type_them(typed: str, minutes: int) -> None:
    assert HoursField(required=False).clean(typed) == minutes


def test_strangers_find_record_and_remove_nothing(
    pair: Pair, femke: User, south: Location, ineke: User, dana: User, anna: User
) -> None:
    record = books(pair.x, femke)
    elsewhere = staff(Role.FINANCE, south)
    remove = reverse("privacy:invoice_remove", args=[record.pk])
    found = {"number": "2026-0012"}
    assert Browser().post(remove).status_code == 302
    assert {signed_in(user).post(remove).status_code for user in (ineke, dana, anna)} == {403}
    assert {signed_in(user).post(reverse("privacy:invoices"), found).status_code for user in (ineke, dana, anna)} == {403}
    assert signed_in(elsewhere).post(remove).status_code == 404
    assert "Kade" not in text(signed_in(elsewhere).post(reverse("privacy:invoices"), found))
    assert signed_in(femke).get(remove).status_code == 405
    assert FinancialRecord.objects.get() == record


def test_a_student_of_another_location_gets_no_invoice_and_no_credit_on_anothers(
    pair: Pair, femke: User, south: Location, ineke: User
) -> None:
    other = make_student(south, ineke)
    there = reverse("privacy:invoice_add", args=[other.pk])
    assert signed_in(femke).post(there, {}).status_code == 404
    first = books(pair.y, femke)
    sent = {
        "number": "C1",
        "issued_on": "2026-04-01",
        "programme": pair.x.programmes.get().pk,
        "amount": "1",
        "credits": first.pk,
    }
    refused = signed_in(femke).post(reverse("privacy:invoice_add", args=[pair.x.pk]), sent)
    assert (refused.status_code, FinancialRecord.objects.count()) == (422, 1)


def test_as_many_questions_for_three_as_for_one(pair: Pair, femke: User) -> None:
    browser, page = signed_in(femke), reverse("privacy:student_invoices", args=[pair.x.pk])
    who = {"first": "Rania", "surname": "Haddad", "born_on": "1990-02-01"}
    counts = []
    for number in range(3):
        books(pair.x, femke, number=f"N{number}")
        browser.get(page)
        with CaptureQueriesContext(connection) as listed:
            browser.get(page)
        with CaptureQueriesContext(connection) as found:
            browser.post(reverse("privacy:invoices"), who)
        counts.append((len(listed), len(found)))
    assert len(set(counts)) == 1


def test_a_programme_that_goes_leaves_the_invoice(pair: Pair, femke: User, north: Location, ineke: User) -> None:
    """The copy holds law and route itself: nothing in it points to the file."""
    student = make_student(north, ineke)
    enrolment = place(student, pair.lesson.group, ineke)
    record = record_invoice(
        student=student, programme=enrolment.programme, number="Z9", issued_on=dt.date(2026, 1, 2), amount_cents=100, by=femke
    )
    enrolment.delete()
    Programme.objects.filter(student=student).delete()
    record.refresh_from_db()
    assert (record.law, record.route) == ("none", "")
