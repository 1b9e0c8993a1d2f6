"""After signing: what is corrected shows for ever, what is changed past KVS is named, and nobody signs for a teacher."""

import datetime as dt
import uuid
from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from attendance.actions import Row, confirm_presence, save_register, sign_register
from attendance.actions.corrections import came_after_all, correct_mark, establish_register, keep_away
from attendance.actions.nightly import corrected_on
from attendance.actions.seal import correct_row, kept_row, verify_register
from attendance.models import PROVEN, Claim, Correction, Lesson, Mark, Register
from kvs.database import erasing
from kvs.models import Role, User
from students.models import Enrolment, Group
from tests.attendance.test_actions import student_account
from tests.factories import limit, make_lesson, make_student, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed(lesson: Lesson, places: list[Enrolment], anna: User) -> Lesson:
    """Abdi is absent, Chen 15 minutes late, Olena present; Olena confirmed."""
    confirm_presence(lesson=lesson, student=places[2].programme.student, by=student_account(places[2]))
    rows = [Row(places[0].pk, "absent"), Row(places[1].pk, "late", 15)]
    sign_register(lesson=lesson, rows=rows, by=anna)
    return lesson


def correct(lesson: Lesson, enrolment: Enrolment, state: str, missed: int = 0, *, by: User, **given: str) -> Correction:
    row = Row(enrolment.pk, state, missed, Mark.objects.get(lesson=lesson, enrolment=enrolment).version)
    return correct_mark(lesson=lesson, row=row, by=by, **{"reason": "mistake"} | given)


def mark_of(enrolment: Enrolment) -> Mark:
    return Mark.objects.get(enrolment=enrolment)


def sentence(problem: pytest.ExceptionInfo[ValidationError]) -> str:
    return " ".join(problem.value.messages)


# --- correcting


def test_a_correction_keeps_the_first_claim_and_the_seal(signed: Lesson, places: list[Enrolment], bram: User) -> None:
    abdi = places[0]
    first = mark_of(abdi)

    made = correct(signed, abdi, "present", by=bram, reason="seen", remark="  Stond niet  op de lijst ")

    mark, claim = mark_of(abdi), made.claim
    assert (mark.state, mark.minutes_attended, mark.version) == ("present", 90, first.version + 1)
    assert (made.was_state, made.was_minutes_attended, made.was_hash) == ("absent", 0, first.row_hash)
    assert (claim.party, claim.by_audit_id, claim.reason) == ("coordinator", bram.audit_id, "seen")
    assert made.remark == "Stond niet op de lijst"
    assert [each.state for each in Claim.objects.filter(mark=mark).order_by("id")] == ["absent", "present"]
    assert verify_register(signed)


@pytest.mark.parametrize(("who", "party"), [("bram", "coordinator"), ("ineke", "office")])
def test_coordinator_and_administration_correct(
    who: str, party: str, signed: Lesson, places: list[Enrolment], request: pytest.FixtureRequest
) -> None:
    assert correct(signed, places[0], "present", by=request.getfixturevalue(who)).claim.party == party


@pytest.mark.parametrize("who", ["anna", "chris", "dana"])
def test_nobody_else_corrects(who: str, signed: Lesson, places: list[Enrolment], request: pytest.FixtureRequest) -> None:
    with pytest.raises(PermissionDenied):
        correct(signed, places[0], "present", by=request.getfixturevalue(who))
    assert not Correction.objects.exists()


@pytest.mark.parametrize(
    ("state", "missed", "given", "told"),
    [
        ("absent", 0, {}, "staat al zo"),
        ("late", 0, {}, "minstens 1"),
        ("late", 91, {}, "90 minuten"),
        ("present", 0, {"reason": "not_seen"}, "past niet"),
        ("present", 0, {"reason": ""}, "past niet"),
        ("present", 0, {"reason": "came"}, "past niet"),
        ("present", 0, {"remark": "x" * 121}, "120"),
        ("present", 0, {"remark": "was ziek"}, "ziekte of gezondheid"),
        ("present", 0, {"version": "7"}, "intussen"),
    ],
)
def test_what_is_refused(
    state: str, missed: int, given: dict[str, str], told: str, signed: Lesson, places: list[Enrolment], bram: User
) -> None:
    row = Row(places[0].pk, state, missed, int(given.get("version", 1)))
    with pytest.raises(ValidationError) as problem:
        correct_mark(lesson=signed, row=row, reason=given.get("reason", "mistake"), remark=given.get("remark", ""), by=bram)
    assert told in sentence(problem)
    assert (mark_of(places[0]).version, Correction.objects.count()) == (1, 0)


def test_before_signing_there_is_nothing_to_correct(lesson: Lesson, places: list[Enrolment], anna: User, bram: User) -> None:
    save_register(lesson=lesson, rows=[Row(places[0].pk, "absent")], by=anna)

    with pytest.raises(ValidationError) as problem:
        correct(lesson, places[0], "present", by=bram)
    assert "niet getekend" in sentence(problem)


def test_a_restricted_student_is_not_corrected(signed: Lesson, places: list[Enrolment], bram: User, dana: User) -> None:
    limit(places[0].programme.student, dana, "attendance")

    with pytest.raises(ValidationError) as problem:
        correct(signed, places[0], "present", by=bram)
    assert "beperkt" in sentence(problem)


def test_who_was_placed_later_is_added_by_a_correction(signed: Lesson, group: Group, bram: User, ineke: User) -> None:
    late = place(make_student(group.location, ineke, call_name="Samuel", surname="Owusu"), group, ineke)

    made = correct_mark(lesson=signed, row=Row(late.pk, "present"), reason="list", by=bram)

    assert (made.was_state, made.was_hash) == ("", "")
    assert (mark_of(late).state, mark_of(late).evidence) == ("present", "none")
    assert verify_register(signed)


@pytest.mark.parametrize(
    ("number", "states", "evidence"),
    [
        (0, ["present"], "none"),  # the teacher said absent: presence is not her word
        (0, ["present", "absent"], "teacher"),
        (1, ["present"], "teacher"),  # she said late: that he was there stays her word
        (1, ["absent", "present"], "teacher"),
        (2, ["absent"], "student"),
        (2, ["absent", "present"], "both"),
    ],
)
def test_a_correction_is_nobodys_word_but_the_office(
    number: int, states: list[str], evidence: str, signed: Lesson, places: list[Enrolment], bram: User
) -> None:
    for state in states:
        correct(signed, places[number], state, by=bram)

    assert mark_of(places[number]).evidence == evidence
    assert verify_register(signed)


# --- the seal


def corrected_twice(lesson: Lesson, enrolment: Enrolment, bram: User) -> Mark:
    correct(lesson, enrolment, "present", by=bram)
    correct(lesson, enrolment, "late", 20, by=bram, reason="times")
    return mark_of(enrolment)


FORGERIES: dict[str, Callable[[Mark], object]] = {
    "minutes": lambda mark: Mark.objects.filter(pk=mark.pk).update(minutes_attended=90),
    "state": lambda mark: Mark.objects.filter(pk=mark.pk).update(state="present", minutes_missed=0, minutes_attended=90),
    "the teacher's word": lambda mark: Mark.objects.filter(pk=mark.pk).update(teacher_at=timezone.now()),
    "the office's word": lambda mark: Mark.objects.filter(pk=mark.pk).update(office_at=None, teacher_at=timezone.now()),
    "the row of before": lambda mark: past_the_trigger("attendance_correction", "was_minutes_attended = 90"),
    "the reason": lambda mark: past_the_trigger("attendance_claim", "reason = 'seen' WHERE reason = 'mistake'"),
    "who": lambda mark: past_the_trigger("attendance_claim", f"by_audit_id = '{uuid.uuid4()}' WHERE reason <> ''"),
    "when": lambda mark: past_the_trigger("attendance_claim", "at = at - INTERVAL '1 day' WHERE reason <> ''"),
    "the sentence": lambda mark: past_the_trigger("attendance_correction", "remark = 'anders'"),
    "the last one goes": lambda mark: remove(Claim.objects.filter(mark=mark).order_by("-id")[:1]),
    "the first one goes": lambda mark: remove(Claim.objects.filter(mark=mark, reason="mistake")),
    "all of them go": lambda mark: remove(Claim.objects.filter(mark=mark).exclude(reason="")),
}


def past_the_trigger(table: str, change: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else a table with waiting checks cannot be altered
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        cursor.execute(f"UPDATE {table} SET {change}")  # words of this file
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")


def remove(claims: "object") -> None:
    with erasing():
        Claim.objects.filter(pk__in=list(claims.values_list("pk", flat=True))).delete()  # type: ignore[attr-defined]


@pytest.mark.parametrize("forged", FORGERIES)
def test_only_the_very_chain_fits(forged: str, signed: Lesson, places: list[Enrolment], bram: User) -> None:
    mark = corrected_twice(signed, places[0], bram)
    assert verify_register(signed)

    FORGERIES[forged](mark)

    assert not verify_register(signed)


def test_a_correction_of_one_lesson_does_not_open_another_row(
    signed: Lesson, places: list[Enrolment], bram: User, capsys: pytest.CaptureFixture[str]
) -> None:
    corrected_twice(signed, places[0], bram)
    call_command("verify_registers")

    with connection.cursor() as cursor:
        cursor.execute("UPDATE attendance_mark SET minutes_attended = 60 WHERE enrolment_id = %s", [places[1].pk])

    with pytest.raises(CommandError):
        call_command("verify_registers")
    assert str(signed.pk) in capsys.readouterr().out


def test_corrections_only_grow(signed: Lesson, places: list[Enrolment], bram: User) -> None:
    made = correct(signed, places[0], "present", by=bram)

    for change in (lambda: Correction.objects.filter(pk=made.pk).update(remark="anders"), made.delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_one_row_has_one_next_row(signed: Lesson, places: list[Enrolment], bram: User) -> None:
    made = correct(signed, places[0], "present", by=bram)
    claim = Claim.objects.create(mark=mark_of(places[0]), party="coordinator", by_audit_id=bram.audit_id, state="late")
    made.pk, made.claim = None, claim

    with pytest.raises(IntegrityError), transaction.atomic():
        made.save(force_insert=True)


def test_erasing_a_corrected_student_leaves_the_rest_verifiable(signed: Lesson, places: list[Enrolment], bram: User) -> None:
    corrected_twice(signed, places[0], bram)
    correct(signed, places[1], "absent", by=bram)

    with erasing():
        places[0].delete()

    assert Correction.objects.count() == 1
    assert verify_register(signed)
    Mark.objects.filter(enrolment=places[1]).update(state="reported")
    assert not verify_register(signed)


# --- the late comer


def at_minute(lesson: Lesson, minutes: float, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = lesson.starts_at + dt.timedelta(minutes=minutes)
    monkeypatch.setattr(timezone, "now", lambda: moment)


@pytest.mark.parametrize(
    ("minute", "state", "missed"), [(-3, "present", 0), (0.5, "late", 1), (40, "late", 40), (89.5, "late", 90)]
)
def test_one_tap_takes_the_minutes_from_the_clock(
    minute: float,
    state: str,
    missed: int,
    signed: Lesson,
    places: list[Enrolment],
    anna: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_minute(signed, minute, monkeypatch)

    made = came_after_all(lesson=signed, enrolment=places[0].pk, by=anna)

    mark = mark_of(places[0])
    assert (mark.state, mark.minutes_missed, mark.minutes_attended) == (state, missed, 90 - missed)
    assert (made.claim.party, made.claim.reason, mark.evidence) == ("teacher", "came", "teacher")
    assert verify_register(signed)


def test_after_the_lesson_nobody_comes_in(
    signed: Lesson, places: list[Enrolment], anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_minute(signed, 91, monkeypatch)

    with pytest.raises(ValidationError) as problem:
        came_after_all(lesson=signed, enrolment=places[0].pk, by=anna)
    assert "voorbij" in sentence(problem)


def test_who_is_there_does_not_come_in_again(signed: Lesson, places: list[Enrolment], anna: User) -> None:
    with pytest.raises(ValidationError):
        came_after_all(lesson=signed, enrolment=places[2].pk, by=anna)


@pytest.mark.parametrize("who", ["bram", "chris"])
def test_only_the_teacher_sees_who_comes_in(
    who: str, signed: Lesson, places: list[Enrolment], request: pytest.FixtureRequest
) -> None:
    with pytest.raises(PermissionDenied):
        came_after_all(lesson=signed, enrolment=places[0].pk, by=request.getfixturevalue(who))


# --- what does not fit together


@pytest.fixture
def mismatch(lesson: Lesson, places: list[Enrolment], anna: User) -> Lesson:
    """Olena confirmed; Anna says absent, and has not signed."""
    confirm_presence(lesson=lesson, student=places[2].programme.student, by=student_account(places[2]))
    save_register(lesson=lesson, rows=[Row(places[2].pk, "absent")], by=anna)
    return lesson


def test_a_mismatch_is_open_until_somebody_gives_a_reason(mismatch: Lesson, places: list[Enrolment], anna: User) -> None:
    assert [mark.enrolment for mark in Mark.objects.mismatched()] == [places[2]]

    keep_away(lesson=mismatch, enrolment=places[2].pk, reason="went", by=anna)

    mark = mark_of(places[2])
    assert not Mark.objects.mismatched().exists()
    assert (mark.state, mark.student_at is not None) == ("absent", True)
    said = Claim.objects.filter(mark=mark).order_by("id").values_list("party", "state", "reason")
    assert list(said) == [("student", "present", ""), ("teacher", "absent", ""), ("teacher", "absent", "went")]
    sign_register(lesson=mismatch, rows=[], by=anna)
    assert verify_register(mismatch)


def test_after_signing_the_coordinator_decides(mismatch: Lesson, places: list[Enrolment], anna: User, bram: User) -> None:
    sign_register(lesson=mismatch, rows=[], by=anna)
    with pytest.raises(PermissionDenied):
        keep_away(lesson=mismatch, enrolment=places[2].pk, reason="went", by=anna)

    keep_away(lesson=mismatch, enrolment=places[2].pk, reason="not_seen", by=bram)

    assert not Mark.objects.mismatched().exists()
    assert verify_register(mismatch)


def test_a_correction_decides_too(mismatch: Lesson, places: list[Enrolment], anna: User, bram: User) -> None:
    sign_register(lesson=mismatch, rows=[], by=anna)

    correct(mismatch, places[2], "present", by=bram, reason="seen")

    assert not Mark.objects.mismatched().exists()
    correct(mismatch, places[2], "absent", by=bram, reason="other_device")
    assert not Mark.objects.mismatched().exists()


def test_before_signing_it_is_the_teachers(mismatch: Lesson, places: list[Enrolment], bram: User, chris: User) -> None:
    for who in (bram, chris):
        with pytest.raises(PermissionDenied):
            keep_away(lesson=mismatch, enrolment=places[2].pk, reason="went", by=who)


@pytest.mark.parametrize(("number", "reason", "told"), [(2, "mistake", "Kies een van"), (0, "went", "klopt nu")])
def test_a_reason_from_the_list_for_a_real_mismatch(
    number: int, reason: str, told: str, mismatch: Lesson, places: list[Enrolment], anna: User
) -> None:
    with pytest.raises(ValidationError) as problem:
        keep_away(lesson=mismatch, enrolment=places[number].pk, reason=reason, by=anna)
    assert told in sentence(problem)


# --- established


@pytest.fixture
def over(group: Group, places: list[Enrolment], anna: User, ineke: User) -> Lesson:
    """A lesson of yesterday; Anna had saved that Abdi was absent, and did not sign."""
    made = make_lesson(group, ineke, starts_at=timezone.now() - dt.timedelta(days=1))
    save_register(lesson=made, rows=[Row(places[0].pk, "absent"), Row(places[1].pk, "present")], by=anna)
    return made


def all_rows(places: list[Enrolment], *states: str) -> list[Row]:
    versions = dict(Mark.objects.filter(enrolment__in=places).values_list("enrolment", "version"))
    return [Row(each.pk, state, 0, versions.get(each.pk, 0)) for each, state in zip(places, states, strict=True)]


def test_an_established_register_is_nobodys_signature_as_teacher(
    over: Lesson, places: list[Enrolment], anna: User, bram: User
) -> None:
    register = establish_register(lesson=over, rows=all_rows(places, "absent", "present", "present"), by=bram)

    assert (register.established, register.signed_by) == (True, bram)
    assert Mark.objects.counted().count() == 3
    assert {mark.evidence for mark in Mark.objects.all()} == {"none"}
    assert set(Claim.objects.values_list("party", flat=True)) == {"teacher", "coordinator"}
    assert verify_register(over)
    with pytest.raises(ValidationError) as problem:
        save_register(lesson=over, rows=[], by=anna)
    assert sentence(problem).startswith(f"Deze presentielijst is vastgesteld door {bram.full_name}, coördinator")


def test_it_cannot_be_turned_into_a_signature(over: Lesson, places: list[Enrolment], bram: User) -> None:
    establish_register(lesson=over, rows=all_rows(places, "absent", "present", "present"), by=bram)

    Register.objects.update(established=False)

    assert not verify_register(over)


def test_an_established_register_is_corrected_like_any_other(over: Lesson, places: list[Enrolment], bram: User) -> None:
    establish_register(lesson=over, rows=all_rows(places, "absent", "present", "present"), by=bram)

    correct(over, places[0], "present", by=bram)

    assert (mark_of(places[0]).evidence, verify_register(over)) == ("none", True)


@pytest.mark.parametrize("who", ["anna", "ineke", "chris", "dana"])
def test_only_a_coordinator_establishes(who: str, over: Lesson, places: list[Enrolment], request: pytest.FixtureRequest) -> None:
    with pytest.raises(PermissionDenied):
        establish_register(lesson=over, rows=all_rows(places, "absent", "present", "present"), by=request.getfixturevalue(who))


def test_every_student_needs_an_answer(over: Lesson, places: list[Enrolment], bram: User) -> None:
    rows = [Row(places[0].pk, "absent", 0, 1), Row(places[1].pk, "late", 0, 1), Row(uuid.uuid4(), "present")]

    with pytest.raises(ValidationError) as problem:
        establish_register(lesson=over, rows=rows, by=bram)

    told = problem.value.message_dict
    assert set(told) == {str(places[1].pk), str(places[2].pk), str(rows[2].enrolment)}
    assert not Register.objects.get(lesson=over).signed_at


def test_what_the_teacher_saved_meanwhile_is_seen_first(over: Lesson, places: list[Enrolment], anna: User, bram: User) -> None:
    rows = all_rows(places, "absent", "present", "present")
    save_register(lesson=over, rows=[Row(places[0].pk, "present", 0, 1)], by=anna)

    with pytest.raises(ValidationError) as problem:
        establish_register(lesson=over, rows=rows, by=bram)
    assert "intussen" in sentence(problem)


def test_a_running_lesson_is_still_its_teachers(lesson: Lesson, places: list[Enrolment], bram: User) -> None:
    with pytest.raises(ValidationError) as problem:
        establish_register(lesson=lesson, rows=all_rows(places, "absent", "present", "present"), by=bram)
    assert "niet voorbij" in sentence(problem)


def test_a_coordinator_signs_an_own_lesson_as_its_teacher(over: Lesson, places: list[Enrolment], bram: User) -> None:
    bram.memberships.create(role=Role.TEACHER, starts_on=dt.date(2020, 1, 1))
    Lesson.objects.filter(pk=over.pk).update(teacher=bram)
    bram = User.objects.get(pk=bram.pk)

    with pytest.raises(ValidationError) as problem:
        establish_register(lesson=over, rows=all_rows(places, "absent", "present", "present"), by=bram)
    assert "geeft deze les zelf" in sentence(problem)


# --- a student who confirms after the signature


def confirm_late(lesson: Lesson, enrolment: Enrolment) -> Mark:
    student = enrolment.programme.student
    return confirm_presence(lesson=lesson, student=student, by=student.user or student_account(enrolment), device="d" * 64)


def test_a_late_confirmation_is_one_link_more_and_changes_no_state(signed: Lesson, places: list[Enrolment]) -> None:
    before = mark_of(places[1])

    made = confirm_late(signed, places[1])
    confirm_late(signed, places[1])  # again: the first time counts

    mark, correction = mark_of(places[1]), Correction.objects.get()
    unchanged = ("state", "minutes_missed", "minutes_attended", "teacher_at", "office_at", "version")
    assert [getattr(mark, name) for name in unchanged] == [getattr(before, name) for name in unchanged]
    assert (mark.student_at, mark.evidence) == (made.student_at, "both")
    claim = correction.claim
    assert (claim.party, claim.state, claim.at, claim.means, claim.device) == (
        *("student", "present", mark.student_at, "plain"),
        "d" * 64,
    )
    assert (correction.was_student_at, correction.was_hash, correction.row_hash) == (None, before.row_hash, mark.row_hash)
    assert Mark.objects.filter(PROVEN, pk=mark.pk).exists()
    assert verify_register(signed)
    assert list(corrected_on(timezone.localdate())) == [correction]  # in the digest of this day


def test_who_is_marked_absent_and_confirms_late_is_the_offices_question(
    signed: Lesson, places: list[Enrolment], bram: User
) -> None:
    confirm_late(signed, places[0])
    assert (mark_of(places[0]).state, Mark.objects.mismatched().count()) == ("absent", 1)

    keep_away(lesson=signed, enrolment=places[0].pk, reason="not_seen", by=bram)
    assert (Mark.objects.mismatched().count(), verify_register(signed)) == (0, True)
    correct(signed, places[0], "present", by=bram, reason="seen")
    correct(signed, places[0], "absent", by=bram, reason="went")
    mark = mark_of(places[0])
    assert (mark.state, mark.teacher_at is not None, verify_register(signed)) == ("absent", True, True)


def test_after_a_correction_a_late_confirmation_follows_it(signed: Lesson, places: list[Enrolment], bram: User) -> None:
    correct(signed, places[0], "present", by=bram, reason="seen")
    confirm_late(signed, places[0])
    assert (mark_of(places[0]).office_at is not None, mark_of(places[0]).evidence) == (True, "student")
    assert verify_register(signed)


def test_too_late_or_placed_after_signing_is_no_confirmation(
    signed: Lesson, places: list[Enrolment], group: Group, ineke: User, anna: User
) -> None:
    newcomer = place(make_student(group.location, ineke, call_name="Samuel", surname="Owusu"), group, ineke)
    with pytest.raises(ValidationError) as problem:
        confirm_late(signed, newcomer)
    assert "niet op de presentielijst" in sentence(problem)
    over = make_lesson(group, ineke, starts_at=timezone.now() - dt.timedelta(hours=5), minutes=60)
    sign_register(lesson=over, rows=[], by=anna)
    with pytest.raises(ValidationError) as problem:
        confirm_late(over, places[1])
    assert (problem.value.code, Correction.objects.count()) == ("late", 0)


def forged_state(mark: Mark) -> None:
    """A student's claim, sealed as ours are, that turns absence into presence."""
    before = kept_row(mark)
    mark.state, mark.minutes_attended, mark.student_at = "present", 90, timezone.now()
    claim = Claim(mark=mark, party="student", by_audit_id=uuid.uuid4(), at=mark.student_at, state="present")
    correct_row(mark, claim, before)


def forged_moment(mark: Mark) -> None:
    before = kept_row(mark)
    mark.student_at = timezone.now() - dt.timedelta(hours=1)
    correct_row(mark, Claim(mark=mark, party="student", by_audit_id=uuid.uuid4(), state="present"), before)


def forged_by_the_office(mark: Mark) -> None:
    before = kept_row(mark)
    mark.student_at = timezone.now()
    correct_row(mark, Claim(mark=mark, party="office", by_audit_id=uuid.uuid4(), state="absent", reason="mistake"), before)


FORGED: dict[str, Callable[[Mark], object]] = {
    "a student's claim with a state": forged_state,
    "another moment than the claim": forged_moment,
    "an office that confirms for a student": forged_by_the_office,
    "a confirmation without a claim": lambda mark: Mark.objects.filter(pk=mark.pk).update(student_at=timezone.now()),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_late_confirmation_does_not_fit(name: str, signed: Lesson, places: list[Enrolment]) -> None:
    FORGED[name](mark_of(places[0]))
    assert not verify_register(signed)


@pytest.mark.parametrize("change", [{"student_at": None}, {"state": "present", "minutes_attended": 90}, {"teacher_at": None}])
def test_a_row_that_was_confirmed_late_is_as_sealed_as_before(
    change: dict[str, object], signed: Lesson, places: list[Enrolment]
) -> None:
    confirm_late(signed, places[0])
    Mark.objects.filter(enrolment=places[0]).update(**change | ({"office_at": timezone.now()} if "teacher_at" in change else {}))
    assert not verify_register(signed)
