"""Twice a year all access is looked at, line by line, and signed; what was signed stays as it was."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from kvs.models import AccessEvent, Location, Membership, Organisation, Role, User, WebSession
from privacy.actions.retention import forget_old
from privacy.actions.reviews import add_missing, alarms_for, decide, due_on, sign_review, start_review, waiting_for
from privacy.models import AccessReview, AccessReviewLine
from students.actions import give_group_access, open_account
from students.models import GroupAccess
from tests.factories import LONG_AGO, make_group, make_student, staff
from tests.people import Browser, signed_in

DAY = dt.timedelta(days=1)
TODAY = timezone.localdate


@pytest.fixture
def wim(school: Organisation) -> User:
    """Management, all locations."""
    return staff(Role.MANAGEMENT, call_name="Wim", infix="", surname="Terpstra", email="wim@voorbeeld.test")


@pytest.fixture
def substitute(anna: User, ineke: User, north: Location) -> GroupAccess:
    """Anna may see one more group until a date."""
    group = make_group(north, ineke, name="Groep Linde")
    until = TODAY() + 30 * DAY
    return give_group_access(user=anna, group=group, starts_on=LONG_AGO, ends_on=until, reason="Vervanging", by=ineke)


def line_of(review: AccessReview, person: User, kind: str = "role") -> AccessReviewLine:
    return review.lines.get(account_audit_id=person.audit_id, kind=kind)


def choose(**choices: tuple[AccessReviewLine, str, str]) -> dict[str, str]:
    """What the page sends: for each line the choice and what was on the page."""
    return {
        key: value
        for line, chosen, seen in choices.values()
        for key, value in ((str(line.pk), chosen), (f"seen-{line.pk}", seen))
    }


def keep_all(review: AccessReview, by: User) -> None:
    for line in review.lines.filter(decision=""):
        decide(line=line, decision="keep", seen="", by=by)


def refusal(act: Any, **arguments: Any) -> str:
    try:
        act(**arguments)
    except ValidationError as problem:
        return " ".join(problem.messages)
    return ""


# --- from beginning to signing


def test_a_review_from_beginning_to_signed(
    wim: User, anna: User, bram: User, ineke: User, substitute: GroupAccess, north: Location
) -> None:
    open_account(student=make_student(north, ineke), by=ineke)  # students are not reviewed
    User.objects.filter(pk=anna.pk).update(contract_kind="self_employed", contract_ends_on=TODAY() + 40 * DAY)
    at_work, browser = signed_in(bram), signed_in(wim)
    begun = browser.post(reverse("privacy:reviews"))
    review = AccessReview.objects.get()
    assert begun["Location"] == reverse("privacy:review", args=[review.pk])
    assert waiting_for(wim) == 5
    page = browser.get(begun["Location"]).content.decode()
    for text in ("Anna Bakker", "Groep Linde", "Bram Smit", "Noord", "coördinator".capitalize(), "Wim Terpstra"):
        assert text in page

    lines = list(review.lines.exclude(account_audit_id=bram.audit_id))
    sent = choose(**{f"n{number}": (line, "keep", "") for number, line in enumerate(lines)}, b=(line_of(review, bram), "end", ""))
    assert browser.post(begun["Location"], sent).status_code == 302

    assert not User.objects.get(pk=bram.pk).has_role(Role.COORDINATOR)
    assert WebSession.objects.filter(user=bram).count() == 0
    assert at_work.get("/")["Location"].startswith(reverse("account_login"))
    assert browser.post(reverse("privacy:review_sign", args=[review.pk])).status_code == 302
    review.refresh_from_db()
    assert (review.state, review.signed_by_audit_id) == ("signed", wim.audit_id)
    counted = sorted((line.kind, line.decision) for line in review.lines.all())
    assert counted == [("exception", "keep"), ("role", "end"), ("role", "keep"), ("role", "keep"), ("role", "keep")]
    frozen = line_of(review, anna)
    assert (frozen.role, frozen.place, frozen.contract_kind) == ("teacher", "Noord", "self_employed")
    assert frozen.stated_until == User.objects.get(pk=anna.pk).stated_until

    User.objects.filter(pk=anna.pk).update(contract_kind="employee", contract_ends_on=None)
    shown = browser.get(begun["Location"]).content.decode()
    assert "Zzp&#x27;er" in shown  # as it was signed
    assert "Keuzes opslaan" not in shown
    listed = browser.get(reverse("privacy:reviews")).content.decode()
    assert "Wim Terpstra" in listed
    assert AccessEvent.objects.count() == 0  # no student is on these pages


def test_signing_waits_for_every_line(wim: User, anna: User) -> None:
    review = start_review(by=wim)
    assert "2 regels wachten" in refusal(sign_review, review=review, by=wim)
    decide(line=line_of(review, anna), decision="keep", seen="", by=wim)
    assert "1 regel wacht" in refusal(sign_review, review=review, by=wim)
    keep_all(review, wim)
    assert refusal(sign_review, review=review, by=wim) == ""


def test_who_may_not_end_a_role_writes_that_it_has_to_end(dana: User, wim: User, anna: User) -> None:
    review = start_review(by=dana)
    office = signed_in(dana)
    address = reverse("privacy:review", args=[review.pk])
    assert "iemand van het management" in office.get(address).content.decode()
    office.post(address, choose(a=(line_of(review, anna), "end", "")))
    keep_all(review, dana)
    assert User.objects.get(pk=anna.pk).has_role(Role.TEACHER)
    assert "is nog niet beëindigd" in refusal(sign_review, review=review, by=dana)

    signed_in(wim).post(address, choose(a=(line_of(review, anna), "end", "end")))
    assert not User.objects.get(pk=anna.pk).has_role(Role.TEACHER)
    assert refusal(sign_review, review=review, by=dana) == ""


def test_an_exception_ends_at_once(ineke: User, anna: User, substitute: GroupAccess) -> None:
    review = start_review(by=ineke)
    decide(line=line_of(review, anna, "exception"), decision="end", seen="", by=ineke)

    assert GroupAccess.objects.get().ends_on == TODAY() - DAY
    assert list(GroupAccess.objects.of_today(anna)) == []


def test_an_exception_of_today_is_deleted(ineke: User, anna: User, substitute: GroupAccess) -> None:
    GroupAccess.objects.update(starts_on=TODAY())
    review = start_review(by=ineke)
    decide(line=line_of(review, anna, "exception"), decision="end", seen="", by=ineke)

    assert GroupAccess.objects.count() == 0
    keep_all(review, ineke)
    assert refusal(sign_review, review=review, by=ineke) == ""


def test_nobody_ends_the_own_role_here(wim: User, sami: User) -> None:
    review = start_review(by=wim)
    said = refusal(decide, line=line_of(review, wim), decision="end", seen="", by=wim)

    assert "eigen account" in said
    assert line_of(review, wim).decision == ""
    assert User.objects.get(pk=wim.pk).has_role(Role.MANAGEMENT)


def test_what_ends_by_itself_meanwhile_needs_no_decision(wim: User, anna: User) -> None:
    review = start_review(by=wim)
    Membership.objects.filter(user=anna).update(ends_on=TODAY() - DAY)
    decide(line=line_of(review, wim), decision="keep", seen="", by=wim)
    sign_review(review=review, by=wim)

    assert line_of(review, anna).decision == "gone"


@pytest.mark.parametrize("gone", [{"is_active": False}, {"contract_ends_on": LONG_AGO}], ids=["closed", "contract"])
def test_who_has_no_access_has_no_line(wim: User, anna: User, gone: dict[str, Any]) -> None:
    User.objects.filter(pk=anna.pk).update(**gone)

    assert [line.account_audit_id for line in start_review(by=wim).lines.all()] == [wim.audit_id]


def test_access_that_is_given_meanwhile_is_added(wim: User, anna: User, north: Location) -> None:
    review = start_review(by=wim)
    keep_all(review, wim)
    Membership.objects.create(user=anna, role=Role.COORDINATOR, location=north)
    assert "Sinds het begin" in refusal(sign_review, review=review, by=wim)

    page = signed_in(wim).post(reverse("privacy:review_sign", args=[review.pk]), follow=True, secure=True).content.decode()

    assert "1 regel is toegevoegd" in page
    assert (review.lines.count(), review.lines.filter(decision="").count()) == (3, 1)


def test_two_reviewers_are_told_of_each_other(wim: User, dana: User, anna: User) -> None:
    review = start_review(by=wim)
    line = line_of(review, anna)
    decide(line=line, decision="keep", seen="", by=dana)

    browser = signed_in(wim)
    page = browser.post(reverse("privacy:review", args=[review.pk]), choose(a=(line, "end", "")), follow=True, secure=True)

    assert "heeft intussen over deze regel beslist" in page.content.decode()
    assert line_of(review, anna).decision == "keep"
    assert User.objects.get(pk=anna.pk).has_role(Role.TEACHER)


def test_a_signed_review_does_not_change(wim: User, anna: User) -> None:
    review = start_review(by=wim)
    keep_all(review, wim)
    sign_review(review=review, by=wim)

    for act in (
        lambda: decide(line=line_of(review, anna), decision="end", seen="keep", by=wim),
        lambda: sign_review(review=review, by=wim),
    ):
        assert "is getekend" in refusal(act)
    assert User.objects.get(pk=anna.pk).has_role(Role.TEACHER)


def test_one_review_at_a_time(wim: User) -> None:
    start_review(by=wim)
    assert refusal(start_review, by=wim) == "Er loopt al een controle."
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessReview.objects.create(started_by_audit_id=wim.audit_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessReview.objects.update(state="signed")


def test_a_colleague_who_went_stays_as_a_line_without_a_name(wim: User, anna: User) -> None:
    review = start_review(by=wim)
    keep_all(review, wim)
    sign_review(review=review, by=wim)
    anna.delete()

    page = signed_in(wim).get(reverse("privacy:review", args=[review.pk])).content.decode()

    assert "iemand die hier niet meer is" in page
    assert "Bakker" not in page


# --- when


def test_it_is_due_every_six_months(wim: User) -> None:
    Membership.objects.update(starts_on=dt.date(2026, 1, 31))
    assert due_on() == dt.date(2026, 7, 31)

    review = start_review(by=wim)
    keep_all(review, wim)
    sign_review(review=review, by=wim)
    AccessReview.objects.update(signed_at=dt.datetime(2026, 8, 31, 12, tzinfo=dt.UTC))
    assert due_on() == dt.date(2027, 2, 28)
    Organisation.objects.update(review_months=3)
    assert due_on() == dt.date(2026, 11, 30)


@pytest.mark.parametrize(("days_ago", "late"), [(0, False), (400, True)])
def test_a_late_review_stands_on_the_overview(wim: User, dana: User, anna: User, days_ago: int, late: bool) -> None:
    Membership.objects.update(starts_on=TODAY() - days_ago * DAY)

    assert ("is te laat" in signed_in(dana).get(reverse("privacy:overview")).content.decode()) is late
    assert ("is te laat" in signed_in(wim).get(reverse("privacy:reviews")).content.decode()) is late
    assert alarms_for(anna) == []


def test_a_signed_review_is_kept_two_years(wim: User) -> None:
    review = start_review(by=wim)
    keep_all(review, wim)
    sign_review(review=review, by=wim)

    assert forget_old(today=TODAY() + dt.timedelta(days=700))["reviews"] == 0
    assert forget_old(today=TODAY() + dt.timedelta(days=740))["reviews"] > 0
    assert AccessReview.objects.count() == 0


# --- who


def test_strangers_review_nothing(
    wim: User, anna: User, bram: User, chris: User, sami: User, ineke: User, north: Location
) -> None:
    review = start_review(by=wim)
    student = open_account(student=make_student(north, ineke), by=ineke)
    page, sign = (reverse(f"privacy:{name}", args=[review.pk]) for name in ("review", "review_sign"))
    for person in (anna, bram, chris, sami, student):
        browser = signed_in(person)
        assert browser.post(reverse("privacy:reviews")).status_code == 403
        assert browser.get(page).status_code == 403
        assert browser.post(page, choose(a=(line_of(review, anna), "end", ""))).status_code == 403
        assert browser.post(sign).status_code == 403
        assert waiting_for(person) == 0
    assert Browser().post(sign)["Location"].startswith(reverse("account_login"))
    assert refusal(start_review, by=anna) != ""
    assert review.lines.exclude(decision="").count() == 0


def test_the_page_costs_the_same_for_one_and_for_three(
    wim: User, north: Location, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    review = start_review(by=wim)
    browser = signed_in(wim)
    browser.get(reverse("privacy:reviews"))  # the first page writes the token of the form into the session
    for _rows in range(2):
        with django_assert_num_queries(11):
            browser.get(reverse("privacy:review", args=[review.pk]))
        with django_assert_num_queries(8):
            browser.get(reverse("privacy:reviews"))
        for _person in range(2):
            staff(Role.TEACHER, north)
        keep_all(review, wim)
        add_missing(review=review)
