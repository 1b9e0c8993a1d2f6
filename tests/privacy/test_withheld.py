"""The file of DUO goes without somebody: the privacy officer has a task, with a day that is a working day."""

import datetime as dt
import html

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from kvs.models import Location, Role, User
from privacy.actions.restrictions import lift
from privacy.actions.withheld import duo_by, finish_withheld, note_withheld
from privacy.models import Restriction, WithheldTask
from privacy.models.restrictions import waiting_for
from students.actions import add_contract
from students.models import Programme
from tests.factories import LONG_AGO, limit, staff
from tests.people import Browser, signed_in
from tests.privacy.erasing import Pair, make_pair

D = dt.date
TODAY = D(2026, 11, 3)


@pytest.fixture
def pair(north: Location, ineke: User) -> Pair:
    """Two students DUO asks for."""
    made = make_pair(north, ineke)
    for programme in Programme.objects.all():
        add_contract(programme=programme, by=ineke, starts_on=LONG_AGO)
    return made


@pytest.mark.parametrize(
    ("month", "day"),
    [
        (D(2026, 9, 1), D(2026, 10, 14)),
        (D(2026, 10, 1), D(2026, 11, 13)),  # the 14th is a Saturday
        (D(2026, 12, 1), D(2027, 1, 14)),
        (D(2026, 4, 1), D(2026, 5, 13)),  # Ascension Day
    ],
)
def test_the_day_before_which_to_look(month: dt.date, day: dt.date) -> None:
    assert duo_by(month) == day


def test_nobody_left_out_no_task(pair: Pair) -> None:
    assert note_withheld(today=TODAY) == 0
    assert not WithheldTask.objects.exists()


def test_a_task_with_a_day_that_follows_what_happens(pair: Pair, dana: User) -> None:
    restriction = limit(pair.x, dana, "attendance")
    assert (note_withheld(today=TODAY), note_withheld(today=TODAY)) == (1, 1)
    task = WithheldTask.objects.get()
    assert (task.month, task.number, task.last_on, task.outcome) == (D(2026, 10, 1), 1, D(2026, 11, 13), "")

    finish_withheld(task=task, outcome="stays", by=dana)
    with pytest.raises(ValidationError):
        finish_withheld(task=task, outcome="told", by=dana)
    note_withheld(today=TODAY)
    assert WithheldTask.objects.get().outcome == "stays"

    second = limit(pair.y, dana, "programme")
    note_withheld(today=TODAY)  # more than somebody looked at
    task.refresh_from_db()
    assert (task.number, task.outcome, task.done_by) == (2, "", None)

    for row in (restriction, second):
        lift(restriction=Restriction.objects.get(pk=row.pk), version=1, told_on=timezone.localdate(), told_how="desk", by=dana)
    assert note_withheld(today=TODAY) == 0
    task.refresh_from_db()
    assert (task.number, task.outcome, task.done_on) == (2, "lifted", TODAY)


def test_another_kind_of_restriction_keeps_nobody_out(pair: Pair, dana: User) -> None:
    limit(pair.x, dana, "exams")
    assert note_withheld(today=TODAY) == 0


def test_the_officer_sees_the_day_and_says_what_is_done(pair: Pair, dana: User) -> None:
    limit(pair.x, dana, "attendance")
    before = waiting_for(dana)
    note_withheld(today=D(2026, 3, 2))
    task = WithheldTask.objects.get()
    assert waiting_for(dana) == before + 1
    browser = signed_in(dana)
    page = html.unescape(browser.get(reverse("privacy:restrictions")).content.decode())
    assert "februari 2026" in page
    assert "te laat" in page
    alarm = "Het bestand voor DUO van februari 2026 gaat zonder 1 cursisten"
    assert alarm in html.unescape(browser.get(reverse("privacy:overview")).content.decode())
    address = reverse("privacy:withheld_done", args=[task.pk])
    assert browser.post(address, {}).status_code == 422
    assert browser.post(address, {"outcome": "lifted"}).status_code == 422
    assert browser.post(address, {"outcome": "told"})["Location"] == reverse("privacy:restrictions")
    task.refresh_from_db()
    assert (task.outcome, task.done_by) == ("told", dana)
    assert alarm not in html.unescape(browser.get(reverse("privacy:overview")).content.decode())
    assert browser.post(address, {"outcome": "told"}).status_code == 422


def test_strangers_say_nothing(pair: Pair, dana: User, anna: User, ineke: User, north: Location) -> None:
    limit(pair.x, dana, "attendance")
    note_withheld(today=TODAY)
    address = reverse("privacy:withheld_done", args=[WithheldTask.objects.get().pk])
    manager = staff(Role.MANAGEMENT, north)
    assert Browser().post(address, {"outcome": "told"}).status_code == 302
    assert {signed_in(user).post(address, {"outcome": "told"}).status_code for user in (anna, ineke, manager)} == {403}
    assert WithheldTask.objects.get().outcome == ""
