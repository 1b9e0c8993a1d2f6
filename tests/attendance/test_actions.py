"""Saving, signing, confirming: nothing is lost, nothing changes after the signature, nothing unsigned counts."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attendance import rules
from attendance.actions import Row, confirm_presence, save_register, sign_register
from attendance.actions.absence import report_absence
from attendance.actions.planning import cancel_lesson, plan_lesson
from attendance.actions.seal import SEALED_FIELDS, verify_register
from attendance.models import Claim, Lesson, Mark, Register, hours_of
from kvs.database import erasing
from kvs.models import Location, Role, User
from students.actions import give_group_access
from students.models import Enrolment, Group
from tests.factories import LONG_AGO, make_group, make_lesson, make_student, make_user, place, staff

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def states(lesson: Lesson) -> dict[uuid.UUID, tuple[str, int, int]]:
    return {mark.enrolment_id: (mark.state, mark.minutes_missed, mark.version) for mark in Mark.objects.filter(lesson=lesson)}


def claims(lesson: Lesson) -> list[tuple[str, str, str, int]]:
    names = {user.audit_id: user.call_name for user in User.objects.all()}
    return [
        (names[claim.by_audit_id], claim.party, claim.state, claim.minutes_missed)
        for claim in Claim.objects.filter(mark__lesson=lesson).order_by("id")
    ]


def sentence(problem: pytest.ExceptionInfo[ValidationError]) -> list[str]:
    return problem.value.messages


def student_account(enrolment: Enrolment) -> User:
    student = enrolment.programme.student
    user = staff(Role.STUDENT, call_name=student.call_name, surname=student.surname)
    student.user = user
    student.save(update_fields=["user"])
    return user


# --- saving


def test_saving_stores_marks_minutes_and_claims(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    abdi, chen, olena = (place.pk for place in places)

    saved = save_register(lesson=lesson, rows=[Row(abdi, "absent"), Row(chen, "late", 15)], by=anna)

    assert states(lesson) == {abdi: ("absent", 0, 1), chen: ("late", 15, 1)}
    assert list(Mark.objects.order_by("minutes_attended").values_list("minutes_attended", flat=True)) == [0, 75]
    assert claims(lesson) == [("Anna", "teacher", "absent", 0), ("Anna", "teacher", "late", 15)]
    assert (saved.conflicts, saved.register, len(saved.saved)) == ([], Register.objects.get(), 2)
    assert olena not in states(lesson)


def test_an_untouched_proposal_is_not_stored_by_saving(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    saved = save_register(lesson=lesson, rows=[Row(place.pk, "") for place in places], by=anna)

    assert (saved.register, saved.saved, states(lesson)) == (None, [], {})


def test_minutes_of_a_state_without_minutes_are_dropped(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    save_register(lesson=lesson, rows=[Row(places[0].pk, "absent", 15)], by=anna)

    assert states(lesson) == {places[0].pk: ("absent", 0, 1)}


def test_the_same_post_twice_changes_nothing(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    rows = [Row(places[0].pk, "absent"), Row(places[1].pk, "late", 10)]
    save_register(lesson=lesson, rows=rows, by=anna)
    before = states(lesson), claims(lesson), Register.objects.get().saved_at

    again = save_register(lesson=lesson, rows=rows, by=anna)

    assert (states(lesson), claims(lesson), Register.objects.get().saved_at) == before
    assert (again.saved, again.conflicts) == ([], [])


def test_the_rest_becomes_present_and_what_was_marked_stays(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    save_register(lesson=lesson, rows=[Row(places[0].pk, "absent")], by=anna)

    save_register(lesson=lesson, rows=[], by=anna, rest_present=True)

    assert [states(lesson)[place.pk][0] for place in places] == ["absent", "present", "present"]


def test_saving_costs_the_same_number_of_queries_for_any_class(
    group: Group, places: list[Enrolment], anna: User, ineke: User
) -> None:
    now = timezone.now()
    anna.active_memberships()  # read once per request, before any view

    def cost(rows: list[Row], lesson: Lesson) -> int:
        with CaptureQueriesContext(connection) as found:
            save_register(lesson=lesson, rows=rows, by=anna)
        return len(found)

    lessons = [make_lesson(group, ineke, starts_at=now - hours * HOUR) for hours in (1, 4)]
    costs = [cost([Row(place.pk, "present") for place in places[:n]], lesson) for n, lesson in zip((1, 3), lessons, strict=True)]
    assert costs == [13, 13]  # four are the savepoints of a test


# --- two teachers


def test_a_clash_keeps_theirs_stores_both_claims_and_is_asked(
    lesson: Lesson, places: list[Enrolment], anna: User, marijke: User
) -> None:
    abdi, chen, _olena = (place.pk for place in places)
    save_register(lesson=lesson, rows=[Row(abdi, "late", 10)], by=marijke)

    saved = save_register(lesson=lesson, rows=[Row(abdi, "absent"), Row(chen, "absent")], by=anna)

    assert states(lesson) == {abdi: ("late", 10, 1), chen: ("absent", 0, 1)}
    assert claims(lesson) == [
        ("Marijke", "teacher", "late", 10),
        ("Anna", "teacher", "absent", 0),
        ("Anna", "teacher", "absent", 0),
    ]
    [conflict] = saved.conflicts
    assert (conflict.enrolment, conflict.name, conflict.who) == (abdi, "Abdi Warsame", "Marijke de Vries")
    assert (conflict.ours.state, conflict.theirs.state, conflict.theirs.version) == ("absent", "late", 1)
    assert conflict.at == Claim.objects.order_by("id").first().at  # type: ignore[union-attr]


def test_the_answer_to_a_clash_is_a_post_with_the_new_version(
    lesson: Lesson, places: list[Enrolment], anna: User, marijke: User
) -> None:
    abdi = places[0].pk
    save_register(lesson=lesson, rows=[Row(abdi, "late", 10)], by=marijke)
    save_register(lesson=lesson, rows=[Row(abdi, "absent")], by=anna)

    saved = save_register(lesson=lesson, rows=[Row(abdi, "absent", version=1)], by=anna)

    assert (saved.conflicts, states(lesson)) == ([], {abdi: ("absent", 0, 2)})


def test_agreeing_with_the_other_is_an_answer_too(lesson: Lesson, places: list[Enrolment], anna: User, marijke: User) -> None:
    abdi = places[0].pk
    save_register(lesson=lesson, rows=[Row(abdi, "late", 10)], by=marijke)
    save_register(lesson=lesson, rows=[Row(abdi, "absent")], by=anna)

    save_register(lesson=lesson, rows=[Row(abdi, "late", 10, version=1)], by=anna)

    assert claims(lesson)[-1] == ("Anna", "teacher", "late", 10)
    assert states(lesson) == {abdi: ("late", 10, 2)}


def test_a_clash_posted_twice_is_kept_once(lesson: Lesson, places: list[Enrolment], anna: User, marijke: User) -> None:
    save_register(lesson=lesson, rows=[Row(places[0].pk, "late", 10)], by=marijke)
    for _again in range(2):
        saved = save_register(lesson=lesson, rows=[Row(places[0].pk, "absent")], by=anna)

    assert (len(saved.conflicts), Claim.objects.count()) == (1, 2)


def test_two_teachers_who_say_the_same_do_not_clash(lesson: Lesson, places: list[Enrolment], anna: User, marijke: User) -> None:
    save_register(lesson=lesson, rows=[Row(places[0].pk, "absent")], by=marijke)

    saved = save_register(lesson=lesson, rows=[Row(places[0].pk, "absent")], by=anna)

    assert (saved.conflicts, Claim.objects.count()) == ([], 2)


def test_signing_over_an_unseen_mark_of_a_colleague_asks_first(
    lesson: Lesson, places: list[Enrolment], anna: User, marijke: User
) -> None:
    save_register(lesson=lesson, rows=[Row(places[0].pk, "absent")], by=marijke)

    saved = sign_register(lesson=lesson, rows=[Row(place.pk, "") for place in places], by=anna)

    assert [conflict.name for conflict in saved.conflicts] == ["Abdi Warsame"]
    assert Register.objects.get().signed_at is None


# --- refusals


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (Row(uuid.UUID(int=1), "present"), "Deze cursist zit op de dag van deze les niet in de groep."),
        (Row(uuid.UUID(int=0), "dancing"), "Kies een van de mogelijkheden in de lijst."),
        (Row(uuid.UUID(int=0), "late", 0), "Vul in hoeveel minuten: minstens 1."),
        (Row(uuid.UUID(int=0), "late", 91), "De les duurt 90 minuten. Meer kan niet gemist zijn."),
        (Row(uuid.UUID(int=0), "left_early", -1), "Vul in hoeveel minuten: minstens 1."),
    ],
)
def test_a_bad_row_is_refused_and_nothing_is_saved(
    row: Row, expected: str, lesson: Lesson, places: list[Enrolment], anna: User
) -> None:
    bad = row._replace(enrolment=places[0].pk) if row.enrolment.int == 0 else row

    with pytest.raises(ValidationError) as problem:
        save_register(lesson=lesson, rows=[Row(places[1].pk, "absent"), bad], by=anna)

    assert problem.value.message_dict == {str(bad.enrolment): [expected]}
    assert (Mark.objects.count(), Claim.objects.count()) == (0, 0)


def test_a_cancelled_lesson_has_no_register(lesson: Lesson, places: list[Enrolment], anna: User, ineke: User) -> None:
    cancel_lesson(lesson=lesson, version=1, by=ineke)

    with pytest.raises(ValidationError) as problem:
        save_register(lesson=lesson, rows=[Row(places[0].pk, "absent")], by=anna)

    assert sentence(problem) == ["Deze les is vervallen. Er is geen presentielijst nodig."]


def test_a_lesson_opens_half_an_hour_before(group: Group, places: list[Enrolment], anna: User, ineke: User) -> None:
    now = timezone.now()
    soon = make_lesson(group, ineke, starts_at=now + dt.timedelta(minutes=25), minutes=10)
    later = make_lesson(group, ineke, starts_at=now + dt.timedelta(minutes=35))

    save_register(lesson=soon, rows=[Row(places[0].pk, "present")], by=anna)
    with pytest.raises(ValidationError, match=r"^\['Deze les is nog niet begonnen\. De presentielijst gaat open op "):
        save_register(lesson=later, rows=[Row(places[0].pk, "present")], by=anna)

    assert [mark.lesson for mark in Mark.objects.all()] == [soon]


def test_who_left_the_group_before_the_lesson_cannot_be_marked(
    group: Group, lesson: Lesson, north: Location, anna: User, ineke: User
) -> None:
    gone = place(make_student(north, ineke), group, ineke, ends_on=lesson.day - dt.timedelta(days=1))

    with pytest.raises(ValidationError) as problem:
        save_register(lesson=lesson, rows=[Row(gone.pk, "present")], by=anna)

    assert sentence(problem) == ["Deze cursist zit op de dag van deze les niet in de groep."]


def test_who_was_marked_stays_on_the_register_when_the_place_is_shortened(
    lesson: Lesson, places: list[Enrolment], anna: User
) -> None:
    save_register(lesson=lesson, rows=[Row(places[0].pk, "absent")], by=anna)
    Enrolment.objects.filter(pk=places[0].pk).update(ends_on=lesson.day - dt.timedelta(days=1))

    assert set(lesson.roster().values_list("pk", flat=True)) == {place.pk for place in places}


@pytest.mark.parametrize("who", ["bram", "ineke", "dana", "chris", "sami"])
@pytest.mark.parametrize("action", [save_register, sign_register])
def test_only_a_teacher_of_the_lesson_marks_and_signs(
    who: str, action: Any, lesson: Lesson, places: list[Enrolment], request: pytest.FixtureRequest
) -> None:
    with pytest.raises(PermissionDenied):
        action(lesson=lesson, rows=[Row(places[0].pk, "absent")], by=request.getfixturevalue(who))

    assert Mark.objects.count() == 0


def test_a_substitute_and_the_named_teacher_may_sign(group: Group, places: list[Enrolment], chris: User, ineke: User) -> None:
    now = timezone.now()
    named = make_lesson(group, ineke, starts_at=now - HOUR, teacher=chris)
    other = make_lesson(group, ineke, starts_at=now - 4 * HOUR)
    sign_register(lesson=named, rows=[], by=chris)
    with pytest.raises(PermissionDenied):
        sign_register(lesson=other, rows=[], by=chris)

    days = {"starts_on": other.day, "ends_on": timezone.localdate()}
    give_group_access(user=chris, group=group, reason="vervanging", by=ineke, **days)
    sign_register(lesson=other, rows=[], by=chris)

    assert Register.objects.filter(signed_by=chris).count() == 2


# --- signing


def test_signing_makes_every_proposal_real_and_seals(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    saved = sign_register(lesson=lesson, rows=[Row(places[1].pk, "absent"), Row(places[0].pk, "")], by=anna)

    register = Register.objects.get()
    assert [states(lesson)[place.pk][0] for place in places] == ["present", "absent", "present"]
    assert (register.signed_by, saved.conflicts, verify_register(lesson)) == (anna, [], True)
    assert register.row_hashes == sorted(Mark.objects.values_list("row_hash", flat=True))
    assert len(set(Mark.objects.values_list("salt", flat=True))) == 3
    assert Claim.objects.filter(party="teacher").count() == 3


def test_after_signing_a_teacher_changes_nothing(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    sign_register(lesson=lesson, rows=[], by=anna)
    before = states(lesson), claims(lesson)

    for act, rows in ((save_register, [Row(places[0].pk, "absent", version=1)]), (sign_register, [])):
        with pytest.raises(ValidationError) as problem:
            act(lesson=lesson, rows=rows, by=anna)
        assert sentence(problem)[0].startswith("Deze presentielijst is getekend door Anna Bakker op ")

    assert (states(lesson), claims(lesson)) == before


def test_an_empty_register_cannot_be_signed(north: Location, anna: User, ineke: User) -> None:
    lesson = make_lesson(make_group(north, ineke), ineke, teacher=anna)

    with pytest.raises(ValidationError) as problem:
        sign_register(lesson=lesson, rows=[], by=anna)

    assert sentence(problem) == ["Er staat niemand op deze presentielijst. Er is dus niets te tekenen."]


def rehashed(mark: Mark) -> None:
    """The salt lies beside the row: who changes a row can give it a fitting hash, but not one the register lists."""
    mark.state, mark.minutes_attended = "absent", 0
    values = [getattr(mark, name) for name in SEALED_FIELDS]
    texts = [value.astimezone(dt.UTC).isoformat() if isinstance(value, dt.datetime) else value for value in values]
    mark.row_hash = rules.row_hash(mark.salt, *texts)
    mark.save()


CHANGES: dict[str, Any] = {
    "state": lambda mark: Mark.objects.filter(pk=mark.pk).update(state="absent", minutes_attended=0),
    "minutes": lambda mark: Mark.objects.filter(pk=mark.pk).update(minutes_attended=45),
    "evidence": lambda mark: Mark.objects.filter(pk=mark.pk).update(student_at=timezone.now()),
    "own hash": lambda mark: Mark.objects.filter(pk=mark.pk).update(row_hash="0" * 64),
    "state with a hash that fits it": lambda mark: rehashed(mark),
    "signer": lambda mark: Register.objects.update(signed_by=make_user()),
    "moment": lambda mark: Register.objects.update(signed_at=timezone.now()),
    "list": lambda mark: Register.objects.update(row_hashes=[mark.row_hash]),
    "length": lambda mark: Lesson.objects.update(planned_minutes=120),
    "lapsed": lambda mark: Lesson.objects.update(cancelled=True),
    "subject": lambda mark: Lesson.objects.update(subject="knm"),
    "way of teaching": lambda mark: Lesson.objects.update(delivery="online"),
    "teacher": lambda mark: Lesson.objects.update(teacher=make_user()),
    "lower seal": lambda mark: Register.objects.update(seal=1),
    "lower seal and another subject": lambda mark: (Register.objects.update(seal=1), Lesson.objects.update(subject="knm")),
    "initials of nobody": lambda mark: Mark.objects.filter(pk=mark.pk).update(paper_at=timezone.now()),
    "added row": lambda mark: Mark.objects.create(
        lesson=mark.lesson,
        enrolment=place(make_student(mark.lesson.location, make_user()), mark.lesson.group, make_user()),
        state="present",
        minutes_attended=90,
        teacher_at=timezone.now(),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_tampering_after_signing_shows(name: str, lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    sign_register(lesson=lesson, rows=[], by=anna)
    assert verify_register(lesson) is True

    CHANGES[name](Mark.objects.filter(lesson=lesson).first())

    assert verify_register(lesson) is False


def test_a_register_of_before_keeps_its_seal(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    """As it was signed until the kind of lesson was in the seal: the digest of then, written out."""
    sign_register(lesson=lesson, rows=[], by=anna)
    register = Register.objects.get()
    what = "/".join([str(lesson.pk), *(each.astimezone(dt.UTC).isoformat() for each in (lesson.starts_at, lesson.ends_at)), "90"])
    assert register.signed_at
    signed_at = register.signed_at.astimezone(dt.UTC).isoformat()
    digest = rules.register_digest(what, anna.pk, signed_at, register.row_hashes)
    Register.objects.update(seal=1, digest=digest)
    assert verify_register(lesson) is True

    Lesson.objects.update(ends_at=lesson.ends_at + HOUR)
    assert verify_register(lesson) is False
    Lesson.objects.update(ends_at=lesson.ends_at)
    Register.objects.update(seal=2)
    assert verify_register(lesson) is False


@pytest.mark.parametrize("seal", [0, 3])
def test_a_seal_that_does_not_exist(seal: int, lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    sign_register(lesson=lesson, rows=[], by=anna)
    with pytest.raises(IntegrityError), transaction.atomic():
        Register.objects.update(seal=seal)


def test_initials_are_what_the_last_claim_of_the_paper_says(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    sign_register(lesson=lesson, rows=[], by=anna)
    mark = Mark.objects.filter(lesson=lesson).first()
    assert mark

    def paper(state: str) -> Claim:
        return Claim.objects.create(mark=mark, party="paper", by_audit_id=anna.audit_id, state=state)

    def fits(at: dt.datetime | None) -> bool:
        Mark.objects.filter(pk=mark.pk).update(paper_at=at)
        return verify_register(lesson)

    seen = paper("present")
    assert (fits(seen.at), fits(None), fits(seen.at - HOUR)) == (True, False, False)
    paper("absent")  # taken back
    assert (fits(seen.at), fits(None)) == (False, True)


def test_erasing_one_student_does_not_break_the_seal(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    sign_register(lesson=lesson, rows=[], by=anna)

    with erasing():
        Mark.objects.filter(enrolment=places[0]).delete()

    assert (verify_register(lesson), Mark.objects.count()) == (True, 2)


def test_the_command_names_registers_that_no_longer_fit(
    group: Group, lesson: Lesson, places: list[Enrolment], anna: User, ineke: User, capsys: pytest.CaptureFixture[str]
) -> None:
    other = make_lesson(group, ineke, starts_at=timezone.now() - 5 * HOUR)
    for each in (lesson, other):
        sign_register(lesson=each, rows=[], by=anna)
    call_command("verify_registers")
    assert capsys.readouterr().out == "2 signed registers and 0 digests of days checked, all fit.\n"

    Mark.objects.filter(lesson=other, enrolment=places[0]).update(state="absent", minutes_attended=0)
    with pytest.raises(CommandError) as problem:
        call_command("verify_registers")

    begin = timezone.localtime(other.starts_at).strftime("%Y-%m-%d %H:%M")
    assert capsys.readouterr().out == f"{other.pk} NT2 B1 dag 2 {begin}\n"
    assert str(problem.value) == "1 of 2 signed registers no longer fit, 0 differ from 0 digests."


# --- the student


def test_a_confirmation_before_the_teacher_turns_the_row_to_present(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    account = student_account(places[0])
    for _again in range(2):
        mark = confirm_presence(lesson=lesson, student=places[0].programme.student, by=account)

    assert (mark.state, mark.minutes_attended, mark.teacher_at) == ("present", 90, None)
    assert claims(lesson) == [("Abdi", "student", "present", 0)]
    assert Register.objects.count() == 0

    sign_register(lesson=lesson, rows=[], by=anna)
    stored = Mark.objects.get(enrolment=places[0])
    assert (stored.teacher_at is not None, stored.student_at) == (True, mark.student_at)
    assert claims(lesson)[1:] == [("Anna", "teacher", "present", 0)] * 3


def test_who_was_reported_absent_and_confirmed_unseen_is_not_signed_away(
    lesson: Lesson, places: list[Enrolment], anna: User, ineke: User
) -> None:
    student = places[0].programme.student
    report_absence(student=student, starts_at=lesson.starts_at, ends_at=lesson.ends_at, reason="", by=ineke)
    unseen = [Row(place.pk, "") for place in places]
    confirm_presence(lesson=lesson, student=student, by=student_account(places[0]))

    with pytest.raises(ValidationError) as refused:
        sign_register(lesson=lesson, rows=unseen, by=anna)

    assert refused.value.message_dict.keys() == {str(places[0].pk)}
    assert (Register.objects.count(), states(lesson)) == (0, {places[0].pk: ("present", 0, 1)})
    sign_register(lesson=lesson, rows=[Row(places[0].pk, "present", 0, 1), *unseen[1:]], by=anna)
    assert verify_register(lesson)


def test_a_confirmation_does_not_overwrite_absent_and_both_stay(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    save_register(lesson=lesson, rows=[Row(places[0].pk, "absent")], by=anna)

    mark = confirm_presence(lesson=lesson, student=places[0].programme.student, by=student_account(places[0]))

    stored = Mark.objects.get(pk=mark.pk)
    assert (stored.state, stored.minutes_attended, stored.student_at is not None) == ("absent", 0, True)
    assert claims(lesson) == [("Anna", "teacher", "absent", 0), ("Abdi", "student", "present", 0)]


def test_a_teacher_who_did_not_see_the_confirmation_is_not_in_conflict_with_it(
    lesson: Lesson, places: list[Enrolment], anna: User
) -> None:
    confirm_presence(lesson=lesson, student=places[0].programme.student, by=student_account(places[0]))

    saved = save_register(lesson=lesson, rows=[Row(places[0].pk, "absent", version=0)], by=anna)

    assert (saved.conflicts, Mark.objects.get().state) == ([], "absent")
    assert Mark.objects.get().student_at is not None


def test_a_confirmation_after_the_mark_makes_no_conflict_for_the_next_change(
    lesson: Lesson, places: list[Enrolment], anna: User
) -> None:
    save_register(lesson=lesson, rows=[Row(places[0].pk, "absent")], by=anna)
    confirm_presence(lesson=lesson, student=places[0].programme.student, by=student_account(places[0]))

    saved = save_register(lesson=lesson, rows=[Row(places[0].pk, "late", 20, version=1)], by=anna)

    assert (saved.conflicts, Mark.objects.get().state) == ([], "late")


def test_a_student_confirms_only_the_own_lesson(lesson: Lesson, north: Location, ineke: User, group: Group) -> None:
    elsewhere = place(make_student(north, ineke), make_group(north, ineke), ineke)
    account = student_account(elsewhere)

    with pytest.raises(PermissionDenied):
        confirm_presence(lesson=lesson, student=elsewhere.programme.student, by=account)


# --- hours


def test_hours_count_signed_registers_of_lessons_that_took_place_only(
    group: Group, places: list[Enrolment], anna: User, ineke: User
) -> None:
    now = timezone.now()
    signed, saved, lapsed = (make_lesson(group, ineke, starts_at=now - hours * HOUR) for hours in (1, 4, 7))
    sign_register(lesson=signed, rows=[Row(places[0].pk, "late", 30), Row(places[1].pk, "absent")], by=anna)
    save_register(lesson=saved, rows=[Row(place.pk, "present") for place in places], by=anna)
    sign_register(lesson=lapsed, rows=[], by=anna)
    Lesson.objects.filter(pk=lapsed.pk).update(cancelled=True)

    assert hours_of(places) == {places[0].pk: (90, 60), places[1].pk: (90, 0), places[2].pk: (90, 90)}
    assert Mark.objects.counted().count() == 3


# --- lessons


def test_planning_a_lesson(group: Group, ineke: User) -> None:
    begin = dt.datetime(2026, 11, 24, 23, 30, tzinfo=timezone.get_default_timezone())
    lesson = plan_lesson(group=group, starts_at=begin, ends_at=begin + 2 * HOUR, planned_minutes=105, by=ineke, room="1.04")

    stored = Lesson.objects.get()
    assert (stored, stored.day, stored.location, stored.room) == (lesson, dt.date(2026, 11, 24), group.location, "1.04")
    assert len(stored.code) == 8


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"minutes": 121}, "Van begin tot eind is 120 minuten."),
        ({"begin": dt.datetime(2019, 12, 31, 9, 0, tzinfo=dt.UTC)}, "De groep NT2 B1 dag 2 loopt op die dag niet."),
        ({"length": -HOUR}, "Een les eindigt nadat hij begint."),
        (
            {"subject": "literacy", "delivery": "online"},
            "Alfabetisering mag niet online worden gegeven (Blik op Werk, sinds 2019).",
        ),
    ],
)
def test_a_lesson_that_cannot_be(changes: dict[str, Any], expected: str, group: Group, ineke: User) -> None:
    given: dict[str, Any] = {"begin": dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC), "length": 2 * HOUR, "minutes": 90} | changes
    begin, length, minutes = given.pop("begin"), given.pop("length"), given.pop("minutes")

    with pytest.raises(ValidationError) as problem:
        plan_lesson(group=group, starts_at=begin, ends_at=begin + length, planned_minutes=minutes, by=ineke, **given)

    assert Lesson.objects.count() == 0
    assert sentence(problem) == [expected]


def test_a_signed_lesson_cannot_be_cancelled(lesson: Lesson, places: list[Enrolment], anna: User, ineke: User) -> None:
    sign_register(lesson=lesson, rows=[], by=anna)

    with pytest.raises(ValidationError) as problem:
        cancel_lesson(lesson=lesson, version=1, by=ineke)

    assert sentence(problem) == ["De presentielijst van deze les is getekend: de les is dus gegeven."]
    assert Lesson.objects.get().cancelled is False


# --- who sees which lesson


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        (-1000, None, True),
        (-1000, 0, True),
        (-1000, -1, False),  # the assignment ended yesterday: today's access is gone
        (-10, None, True),  # it began on the day of the lesson
        (-9, None, False),  # the lesson was before the assignment
        (1, None, False),  # it begins tomorrow
    ],
)
@pytest.mark.parametrize("way", ["assignment", "substitute"])
def test_who_teaches_sees_lessons_of_the_own_period(
    way: str, starts: int, ends: int | None, expected: bool, north: Location, chris: User, ineke: User
) -> None:
    today = timezone.localdate()
    group = make_group(north, ineke)
    lesson = make_lesson(group, ineke, starts_at=timezone.now() - dt.timedelta(days=10))
    begin = lesson.day + dt.timedelta(days=10 + starts)
    end = None if ends is None else today + dt.timedelta(days=ends)
    if way == "assignment":
        group.assignments.create(teacher=chris, starts_on=begin, ends_on=end)
    else:
        end = end or today + dt.timedelta(days=5)
        give_group_access(user=chris, group=group, starts_on=begin, ends_on=end, reason="vervanging", by=ineke)

    assert [set_.filter(pk=lesson.pk).exists() for set_ in lessons_for(chris)] == [expected, expected]


def lessons_for(user: User) -> list[Any]:
    return [Lesson.objects.visible_to(user), Lesson.objects.taught_by(user)]


@pytest.mark.parametrize(
    ("who", "sees"), [("anna", True), ("bram", True), ("ineke", True), ("dana", True), ("chris", False), ("sami", False)]
)
def test_who_sees_the_lesson_and_its_marks(
    who: str, sees: bool, lesson: Lesson, places: list[Enrolment], anna: User, request: pytest.FixtureRequest
) -> None:
    save_register(lesson=lesson, rows=[Row(places[0].pk, "absent")], by=anna)
    user = request.getfixturevalue(who)

    found = [model.objects.visible_to(user).exists() for model in (Lesson, Register, Mark, Claim)]

    assert found == [sees] * 4


def test_a_student_sees_the_own_marks_only(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    sign_register(lesson=lesson, rows=[], by=anna)
    account = student_account(places[0])

    assert [mark.enrolment_id for mark in Mark.objects.visible_to(account)] == [places[0].pk]
    assert lesson.day > LONG_AGO
