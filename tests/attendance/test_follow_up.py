"""Following up absence: signals found once, the ladder climbed step by step, letters, and who may see what."""

import datetime as dt
from io import BytesIO
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from attendance.actions import Row, sign_register
from attendance.actions.follow_up import change_rule, change_step, close_follow_up, find_signals, record_report
from attendance.letters import absence_letter
from attendance.models import AbsenceLetter, AbsenceSignal, FollowUp, FollowUpStep, Mark, SignalRule
from attendance.models.follow_up import FOLLOW_UP_READERS
from attendance.waiting import due_steps, number_waiting
from kvs import catalogue
from kvs.holidays import working_days_after
from kvs.jobs import WORK, Run
from kvs.models import AccessEvent, Job, Location, Role, User
from students.actions import add_contract, open_account
from students.models import Client, Enrolment, Group
from tests.factories import LONG_AGO, climb, limit, make_lesson, make_rule, make_student, place, staff
from tests.people import signed_in

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def miss(place_: Enrolment, by: User, teacher: User, *days_ago: int, state: str = "absent") -> None:
    """Signed lessons so many days ago, in which this student has `state` and the others are present."""
    for days in days_ago:
        begin = timezone.now() - dt.timedelta(days=days)
        lesson = make_lesson(place_.group, by, starts_at=begin)
        sign_register(lesson=lesson, rows=[Row(place_.pk, state)], by=teacher)


@pytest.fixture
def abdi(places: list[Enrolment]) -> Enrolment:
    """Abdi's place."""
    return places[0]


@pytest.fixture
def found(abdi: Enrolment, ineke: User, anna: User) -> FollowUp:
    """Abdi missed three lessons, which the school's rule found today."""
    make_rule(ineke)
    miss(abdi, ineke, anna, 12, 8, 3)
    assert find_signals(today=TODAY(), by=ineke) == 1
    return FollowUp.objects.get()


# --- signals


def test_a_signal_can_be_explained(found: FollowUp, abdi: Enrolment) -> None:
    signal = AbsenceSignal.objects.get()

    assert found.programme == abdi.programme
    assert (found.opened_on, found.next_step, found.due_on) == (TODAY(), "talk", working_days_after(TODAY(), 5))
    assert (signal.kind, signal.threshold, signal.weeks, signal.counts, signal.client) == ("lessons", 3, 4, "unexcused", None)
    assert [line.mark.enrolment for line in signal.lines.all()] == [abdi] * 3
    assert signal.ends_on - signal.starts_on == dt.timedelta(days=9)


def test_looking_again_finds_nothing_new(found: FollowUp, ineke: User, anna: User, abdi: Enrolment) -> None:
    assert find_signals(today=TODAY(), by=ineke) == 0
    assert find_signals(today=TODAY() + dt.timedelta(days=1), by=None) == 0
    miss(abdi, ineke, anna, 2, 1)
    assert find_signals(today=TODAY(), by=ineke) == 0  # two lessons after the three that made it

    signal = AbsenceSignal.objects.get()
    with pytest.raises(IntegrityError, match="absence_signal_once"), transaction.atomic():
        AbsenceSignal.objects.create(
            follow_up=found,
            programme=found.programme,
            kind="lessons",
            threshold=1,
            weeks=1,
            counts="all",
            starts_on=signal.ends_on,
            ends_on=signal.ends_on,
            found_on=TODAY(),
        )


def test_a_later_signal_joins_the_ladder_that_is_climbed(found: FollowUp, ineke: User, abdi: Enrolment, anna: User) -> None:
    make_rule(ineke, kind="consecutive", threshold=2)
    miss(abdi, ineke, anna, 2, 1)

    assert find_signals(today=TODAY(), by=ineke) == 1
    assert FollowUp.objects.count() == 1
    assert found.signals.count() == 2
    with pytest.raises(IntegrityError, match="follow_up_one_open"), transaction.atomic():
        FollowUp.objects.create(programme=found.programme, opened_on=TODAY(), next_step="talk", due_on=TODAY())


def test_only_signed_registers_count(abdi: Enrolment, ineke: User, anna: User) -> None:
    make_rule(ineke)
    miss(abdi, ineke, anna, 12, 8)
    lesson = make_lesson(abdi.group, ineke, starts_at=timezone.now() - dt.timedelta(days=3))
    assert find_signals(today=TODAY(), by=ineke) == 0

    sign_register(lesson=lesson, rows=[Row(abdi.pk, "absent")], by=anna)
    assert find_signals(today=TODAY(), by=ineke) == 1


def test_excused_absence_counts_where_the_rule_says_so(abdi: Enrolment, ineke: User, anna: User) -> None:
    rule = make_rule(ineke)
    miss(abdi, ineke, anna, 12, 8, 3, state="reported")
    assert find_signals(today=TODAY(), by=ineke) == 0

    change_rule(rule=rule, version=rule.version, by=ineke, changes={"counts": "all"})
    assert find_signals(today=TODAY(), by=ineke) == 1


def test_a_client_goes_before_the_school(abdi: Enrolment, ineke: User, anna: User) -> None:
    client = Client.objects.create(name="Gemeente Oost")
    add_contract(programme=abdi.programme, by=ineke, client=client, starts_on=LONG_AGO)
    make_rule(ineke, threshold=9)
    own = make_rule(ineke, client=client, threshold=2)
    miss(abdi, ineke, anna, 8, 3)

    change_rule(rule=own, version=1, by=ineke, changes={"active": False})
    assert find_signals(today=TODAY(), by=ineke) == 0
    change_rule(rule=own, version=2, by=ineke, changes={"active": True})
    assert find_signals(today=TODAY(), by=ineke) == 1
    assert AbsenceSignal.objects.get().client == client


def test_a_changed_rule_leaves_its_signals_as_they_were(found: FollowUp, ineke: User) -> None:
    change_rule(rule=SignalRule.objects.get(), version=1, by=ineke, changes={"threshold": 9, "weeks": 20})

    assert AbsenceSignal.objects.values_list("threshold", "weeks").get() == (3, 4)


def test_whose_presence_is_restricted_is_left_alone(abdi: Enrolment, ineke: User, anna: User, bram: User) -> None:
    make_rule(ineke)
    miss(abdi, ineke, anna, 12, 8, 3)
    limit(abdi.programme.student, ineke, "attendance")

    assert find_signals(today=TODAY(), by=ineke) == 0


def test_a_restriction_stops_a_follow_up_that_runs(found: FollowUp, bram: User, ineke: User) -> None:
    FollowUp.objects.update(due_on=TODAY())
    assert due_steps(bram).count() == 1
    limit(found.programme.student, ineke, "attendance")

    assert due_steps(bram).count() == 0
    with pytest.raises(ValidationError, match="beperkt"):
        climb(found, "agreed", bram)
    page = signed_in(bram).get(reverse("attendance:follow_up", args=[found.pk])).content.decode()
    assert reverse("attendance:follow_up_step", args=[found.pk]) not in page
    FollowUp.objects.update(next_step="letter_1")
    assert signed_in(bram).get(reverse("attendance:letter_preview", args=[found.pk])).status_code == 404


def test_queries_do_not_grow_with_students(found: FollowUp, group: Group, north: Location, ineke: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert find_signals(today=TODAY(), by=None) == 0
        return len(seen)

    before = queries()
    for _number in range(3):
        place(make_student(north, ineke), group, ineke)
    assert queries() == before


def test_the_catalogue_knows_no_score() -> None:
    """I15 refuses such a field at the start (kvs/invariants.py); here nothing is ordered by anything but day and name."""
    names = {field.name for model in (FollowUp, AbsenceSignal, FollowUpStep) for field in catalogue.fields_of(model)}

    assert not names & {"score", "risk", "rank", "priority", "level"}


def test_fields_are_read_by_who_the_model_lets_in() -> None:
    for model in (FollowUp, AbsenceSignal, FollowUpStep, AbsenceLetter):
        for field in catalogue.fields_of(model):
            assert field.category.readable_by == {role.value for role in FOLLOW_UP_READERS}


# --- the ladder


def test_the_whole_ladder(found: FollowUp, ineke: User, abdi: Enrolment) -> None:
    client = Client.objects.create(name="Gemeente Oost")
    add_contract(programme=abdi.programme, by=ineke, client=client, starts_on=LONG_AGO)
    due = working_days_after(TODAY(), 5)
    seen = []
    for outcome in ("agreed", "handed", "posted", "portal"):
        climb(found, outcome, ineke)
        found.refresh_from_db()
        seen.append((found.next_step, found.due_on))
    assert seen == [(kind, due) for kind in ("letter_1", "letter_2", "letter_3", "report")]

    climb(found, "skipped", ineke, skipped="client")
    found.refresh_from_db()
    assert found.next_step == "close"
    climb(found, "finished", ineke)
    found.refresh_from_db()
    assert (found.next_step, found.due_on, found.closed_on) == ("", None, TODAY())
    assert [step.by_audit_id for step in found.steps.all()] == [ineke.audit_id] * 6
    with pytest.raises(ValidationError, match="gesloten"):
        climb(found, "agreed", ineke)


def test_without_a_client_there_is_no_report(found: FollowUp, ineke: User) -> None:
    for outcome in ("agreed", "handed", "handed", "handed"):
        climb(found, outcome, ineke)

    found.refresh_from_db()
    assert found.next_step == "close"


def test_a_contract_that_is_over_has_no_client_to_tell(found: FollowUp, ineke: User, abdi: Enrolment) -> None:
    client, yesterday = Client.objects.create(name="Gemeente Oost"), TODAY() - dt.timedelta(days=1)
    add_contract(programme=abdi.programme, by=ineke, client=client, starts_on=LONG_AGO, ends_on=yesterday)
    for outcome in ("agreed", "handed", "handed", "handed"):
        climb(found, outcome, ineke)

    found.refresh_from_db()
    assert found.next_step == "close"


def test_telling_the_client_is_the_step_when_its_turn_has_come(found: FollowUp, ineke: User, abdi: Enrolment) -> None:
    client = Client.objects.create(name="Gemeente Oost")
    add_contract(programme=abdi.programme, by=ineke, client=client, starts_on=LONG_AGO)
    record_report(follow_up=found, version=found.version, done_on=TODAY(), page="<p>Gemist</p>", by=ineke)
    found.refresh_from_db()
    assert found.next_step == "talk"  # before its turn nothing moves

    for outcome in ("agreed", "handed", "handed", "handed"):
        climb(found, outcome, ineke)
    found.refresh_from_db()
    record_report(follow_up=found, version=found.version, done_on=TODAY(), page="<p>Gemist</p>", by=ineke)
    found.refresh_from_db()
    assert (found.next_step, found.due_on) == ("close", working_days_after(TODAY(), 5))


def test_not_reached_is_tried_again(found: FollowUp, ineke: User) -> None:
    FollowUp.objects.update(due_on=TODAY() - dt.timedelta(days=3))  # it was late already
    found.refresh_from_db()
    climb(found, "not_reached", ineke)
    found.refresh_from_db()

    assert (found.next_step, found.due_on) == ("talk", working_days_after(TODAY(), 5))
    assert found.steps.get().outcome == "not_reached"


def test_the_school_takes_its_own_steps_in_its_own_time(found: FollowUp, ineke: User) -> None:
    change_step(kind="letter_1", version=1, by=ineke, changes={"active": False})
    change_step(kind="letter_2", version=1, by=ineke, changes={"working_days": 10})
    climb(found, "no_show", ineke)
    found.refresh_from_db()

    assert (found.next_step, found.due_on) == ("letter_2", working_days_after(TODAY(), 10))


@pytest.mark.parametrize(
    ("facts", "wrong"),
    [
        ({"outcome": "handed"}, "outcome"),  # of a letter, and the next step is a talk
        ({"outcome": "reported"}, "outcome"),
        ({"outcome": "onzin"}, "outcome"),
        ({"outcome": "skipped"}, "skipped"),
        ({"outcome": "agreed", "skipped": "client"}, "skipped"),
        ({"outcome": "agreed", "done_on": dt.date(2020, 1, 1)}, "done_on"),
        ({"outcome": "agreed", "done_on": dt.date(2099, 1, 1)}, "done_on"),
    ],
)
def test_what_cannot_be_is_refused(found: FollowUp, ineke: User, facts: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValidationError) as refused:
        climb(found, by=ineke, **facts)

    assert wrong in refused.value.message_dict
    assert not FollowUpStep.objects.exists()


def test_closing_needs_a_reason_and_happens_once(found: FollowUp, ineke: User) -> None:
    with pytest.raises(ValidationError) as refused:
        close_follow_up(follow_up=found, version=1, because="agreed", done_on=TODAY(), by=ineke)
    assert refused.value.message_dict == {"because": ["Kies een reden uit de lijst."]}
    close_follow_up(follow_up=found, version=1, because="excused", done_on=TODAY(), by=ineke)

    assert (FollowUp.objects.get().closed_on, FollowUpStep.objects.get().outcome) == (TODAY(), "excused")
    with pytest.raises(ValidationError):
        close_follow_up(follow_up=found, version=2, because="excused", done_on=TODAY(), by=ineke)


def test_steps_only_grow(found: FollowUp, ineke: User) -> None:
    step = climb(found, "agreed", ineke)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        FollowUpStep.objects.filter(pk=step.pk).update(outcome="no_show")


# --- pages


def test_a_step_is_recorded_on_the_page(found: FollowUp, bram: User) -> None:
    browser, address = signed_in(bram), reverse("attendance:follow_up_step", args=[found.pk])
    wrong = browser.post(address, {"outcome": "skipped", "done_on": TODAY().isoformat(), "version": 1})
    assert wrong.status_code == 422
    assert "waarom deze stap wordt overgeslagen" in wrong.content.decode()

    answer = browser.post(address, {"outcome": "agreed", "done_on": TODAY().isoformat(), "version": 1})

    assert answer.status_code == 302
    page = browser.get(answer["Location"]).content.decode()
    assert "Eerste brief" in page
    assert "Bram Smit" in page
    stale = browser.post(address, {"outcome": "handed", "done_on": TODAY().isoformat(), "version": 1})
    assert stale.status_code == 422
    assert FollowUpStep.objects.count() == 1


def test_the_list_has_what_is_due_and_logs_who_was_seen(found: FollowUp, bram: User) -> None:
    browser, address = signed_in(bram), reverse("attendance:follow_ups")
    assert "Warsame" in browser.get(address).content.decode()
    assert "Warsame" not in browser.get(address, {"toon": "nu"}).content.decode()
    assert number_waiting(bram) == 0

    FollowUp.objects.update(due_on=TODAY() - dt.timedelta(days=1))
    page = browser.get(address, {"toon": "nu"}).content.decode()

    assert "Warsame" in page
    assert "te laat" in page
    assert number_waiting(bram) == 1
    student = found.programme.student.audit_id
    assert AccessEvent.objects.filter(viewer_audit_id=bram.audit_id, subject_audit_id=student, kind="list").count() == 1


def test_the_page_shows_the_register_as_it_is_now(found: FollowUp, bram: User) -> None:
    page = signed_in(bram).get(reverse("attendance:follow_up", args=[found.pk])).content.decode()

    assert "3 of meer lessen gemist binnen 4 weken" in page
    assert "alleen ongeoorloofd" in page


def test_queries_of_the_pages_do_not_grow(found: FollowUp, bram: User, ineke: User, anna: User, places: list[Enrolment]) -> None:
    browser = signed_in(bram)

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(address).status_code == 200
        return len(seen)

    addresses = [reverse("attendance:follow_ups"), reverse("attendance:follow_up", args=[found.pk])]
    for outcome in ("agreed", "handed"):
        climb(found, outcome, ineke)
    before = [[queries(address) for _time in range(2)][1] for address in addresses]
    miss(places[1], ineke, anna, 13, 9, 4)
    assert find_signals(today=TODAY(), by=ineke) == 1
    for outcome in ("posted", "portal"):
        climb(found, outcome, ineke)
    assert [queries(address) for address in addresses] == before


def test_strangers_follow_up_nothing(found: FollowUp, north: Location, south: Location, anna: User, chris: User) -> None:
    far = staff(Role.COORDINATOR, south)
    reader = staff(Role.MANAGEMENT, north)
    names = ("follow_up", "follow_up_step", "follow_up_close", "letter_preview")
    addresses = [reverse(f"attendance:{name}", args=[found.pk]) for name in names]

    assert [signed_in(far).get(address).status_code for address in addresses] == [404] * 4
    assert [signed_in(anna).get(address).status_code for address in addresses] == [403] * 4  # a teacher, also her own class
    assert [signed_in(reader).get(address).status_code for address in addresses] == [200, 403, 403, 403]
    posted = [signed_in(user).post(addresses[1], {"outcome": "agreed"}).status_code for user in (far, chris, reader)]
    assert posted == [404, 403, 403]
    assert "Warsame" not in signed_in(far).get(reverse("attendance:follow_ups")).content.decode()
    assert signed_in(far).post(reverse("attendance:signals_find")).status_code == 302


def test_signals_are_looked_for_on_demand_once_at_a_time(found: FollowUp, bram: User) -> None:
    browser = signed_in(bram)
    for _time in range(2):
        browser.post(reverse("attendance:signals_find"))

    job = Job.objects.get(kind="attendance.signals")
    assert WORK[job.kind](Run(job)) == {"signals": 0}


# --- letters


def test_a_letter_lists_the_missed_lessons_and_no_reason(
    found: FollowUp, ineke: User, abdi: Enrolment, anna: User, places: list[Enrolment]
) -> None:
    miss(abdi, ineke, anna, 2, state="reported")  # excused: not in the letter
    miss(places[1], ineke, anna, 1)  # somebody else
    climb(found, "agreed", ineke)
    climb(found, "posted", ineke)

    page = AbsenceLetter.objects.get().page
    days = Mark.objects.filter(enrolment=abdi, state="absent").values_list("lesson__day", flat=True)
    assert page.count("<tr>") == 1 + 3
    assert all(f"{day.day} " in page for day in days)
    assert "de hele les" in page
    assert "Abdi Warsame" in page
    assert "Hofstra" not in page
    for word in ("afgemeld", "ziek", "ongeoorloofd"):
        assert word not in page.replace("Schrijf nooit over ziekte", "").lower()


def test_a_corrected_mark_leaves_the_letter(found: FollowUp, ineke: User) -> None:
    mark = Mark.objects.filter(state="absent").first()
    assert mark
    Mark.objects.filter(pk=mark.pk).update(state="present", minutes_attended=90)

    assert absence_letter(found, "letter_1", TODAY()).count("<tr>") == 1 + 2


def test_a_letter_is_a_tagged_pdf(found: FollowUp, ineke: User) -> None:
    climb(found, "agreed", ineke)
    preview = signed_in(ineke).get(reverse("attendance:letter_preview", args=[found.pk]))
    assert preview["Content-Type"] == "application/pdf"
    assert not AbsenceLetter.objects.exists()

    climb(found, "handed", ineke)
    kept = signed_in(ineke).get(reverse("attendance:absence_letter", args=[AbsenceLetter.objects.get().pk]))

    assert kept["Content-Type"] == "application/pdf"
    catalog = PdfReader(BytesIO(kept.content)).root_object
    assert str(catalog["/Lang"]) == "nl"
    assert "/StructTreeRoot" in catalog


def test_the_student_reads_the_letter_and_is_mailed_that_there_is_one(found: FollowUp, ineke: User) -> None:
    student = found.programme.student
    type(student).objects.filter(pk=student.pk).update(email="abdi@voorbeeld.test")
    climb(found, "agreed", ineke)
    climb(found, "portal", ineke)
    job = Job.objects.get(kind="attendance.tell_letter")
    for _time in range(2):
        WORK[job.kind](Run(job))

    assert [message.to for message in mail.outbox] == [["abdi@voorbeeld.test"]]
    assert mail.outbox[0].subject == "Er is een brief voor u"
    assert "les" not in mail.outbox[0].body.replace("Taalschool", "").lower()
    browser = signed_in(open_account(student=student, by=ineke))
    letter = reverse("attendance:own_letter", args=[AbsenceLetter.objects.get().pk])
    assert letter in browser.get(reverse("attendance:own_letters")).content.decode()
    assert browser.get(letter).status_code == 200


def test_nobody_reads_a_letter_of_somebody_else(found: FollowUp, ineke: User, anna: User, places: list[Enrolment]) -> None:
    climb(found, "agreed", ineke)
    climb(found, "portal", ineke)
    letter = reverse("attendance:own_letter", args=[AbsenceLetter.objects.get().pk])
    other = signed_in(open_account(student=places[1].programme.student, by=ineke))

    assert other.get(letter).status_code == 404
    assert letter not in other.get(reverse("attendance:own_letters")).content.decode()
    assert [signed_in(user).get(letter).status_code for user in (ineke, anna)] == [403, 403]


# --- settings


def test_rules_are_set_with_their_source_or_called_an_example(ineke: User) -> None:
    browser = signed_in(ineke)
    fields = {"kind": "lessons", "threshold": 3, "weeks": 4, "counts": "unexcused", "active": "on"}
    assert browser.post(reverse("attendance:signal_rule_add"), fields).status_code == 302
    assert "voorbeeld, door de school te bepalen" in browser.get(reverse("attendance:signal_rules")).content.decode()

    rule = SignalRule.objects.get()
    again = browser.post(reverse("attendance:signal_rule_add"), fields)
    assert again.status_code == 422
    assert "Pas die aan" in again.content.decode()
    address = reverse("attendance:signal_rule", args=[rule.pk])
    changed = {**fields, "threshold": 4, "source": "Verzuimbeleid 2026", "version": 1}
    assert browser.post(address, changed).status_code == 302
    assert SignalRule.objects.values_list("threshold", "source").get() == (4, "Verzuimbeleid 2026")
    assert browser.post(address, changed).status_code == 422  # somebody saved since


@pytest.mark.parametrize(
    ("kind", "threshold", "weeks"),
    [("lessons", 0, 4), ("lessons", 61, 4), ("percentage", 101, 4), ("consecutive", 3, 0), ("consecutive", 3, 27), ("x", 3, 4)],
)
def test_figures_that_cannot_be_are_told_at_their_field(ineke: User, kind: str, threshold: int, weeks: int) -> None:
    fields = {"kind": kind, "threshold": threshold, "weeks": weeks, "counts": "all", "active": "on"}
    answer = signed_in(ineke).post(reverse("attendance:signal_rule_add"), fields)

    assert answer.status_code == 422
    assert not SignalRule.objects.exists()
    wrong = "kind" if kind == "x" else "threshold" if threshold != 3 else "weeks"
    assert list(answer.context["form"].errors) == [wrong]
    assert "minstens 0" not in answer.content.decode()


def test_a_step_of_the_ladder_is_set(ineke: User) -> None:
    browser, address = signed_in(ineke), reverse("attendance:ladder_step", args=["letter_1"])
    assert browser.post(address, {"working_days": 0, "active": "on", "version": 1}).status_code == 422
    assert browser.post(address, {"working_days": 8, "version": 1}).status_code == 302
    assert "niet in gebruik" in browser.get(reverse("attendance:signal_rules")).content.decode()
    assert browser.get(reverse("attendance:ladder_step", args=["onzin"])).status_code == 404
    close = reverse("attendance:ladder_step", args=["close"])
    assert browser.post(close, {"working_days": 8, "version": 1}).status_code == 302  # and stays in use


def test_strangers_set_no_rules(bram: User, anna: User, dana: User) -> None:
    names = [reverse("attendance:signal_rule_add"), reverse("attendance:ladder_step", args=["talk"])]
    answers = [signed_in(user).post(name, {"working_days": 1}).status_code for user in (bram, anna, dana) for name in names]

    assert answers == [403] * 6
