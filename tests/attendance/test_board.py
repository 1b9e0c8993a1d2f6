"""The code on the board: what it opens and what it does not, who shows it, and how a confirmation was given."""

import datetime as dt
import re

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from attendance import board, rules
from attendance.actions import CODE_PROBLEMS, confirm_presence, sign_register
from attendance.actions.planning import cancel_lesson
from attendance.models import Claim, Lesson, Mark, Means, shared_devices
from kvs.models import AccessEvent, Location, Organisation, Role, User, WebSession
from students import actions
from students.models import Enrolment, Group, Student
from tests.factories import make_group, make_lesson, make_student, place, staff
from tests.people import Browser, sign_in, signed_in

MINUTE = dt.timedelta(minutes=1)
START = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
THREE = 3  # minutes; 09:00 UTC is where a stretch begins


def account(student: Student, by: User) -> User:
    user = actions.open_account(student=student, by=by)
    student.refresh_from_db()
    return user


@pytest.fixture
def abdi(places: list[Enrolment], ineke: User) -> Student:
    student = places[0].programme.student
    account(student, ineke)
    return Student.objects.select_related("user").get(pk=student.pk)


@pytest.fixture
def me(abdi: Student) -> Browser:
    assert abdi.user
    return signed_in(abdi.user)


def now_shown(lesson: Lesson) -> board.Shown:
    return board.shown(lesson.pk, lesson.code, THREE, timezone.now())


def type_code(browser: Browser, lesson: Lesson, code: str) -> tuple[int, str]:
    response = browser.post(reverse("attendance:confirm"), {"lesson": str(lesson.pk), "code": code})
    return response.status_code, response.content.decode()


def require_codes() -> None:
    Organisation.objects.update(board_code_required=True)


# --- the code itself


@pytest.mark.parametrize(
    ("minutes_later", "said"),
    [
        (-9.1, "wrong"),  # two stretches ahead of the clock: nobody has seen it
        (-2.9, ""),  # the next one: another web server's clock is ahead
        (0, ""),
        (2.9, ""),
        (5.9, ""),  # the one before, until the next change
        (6.1, "old"),
        (80, "old"),
    ],
)
def test_how_long_a_code_works(minutes_later: float, said: str) -> None:
    """A code of 09:00, where a new one comes every three minutes."""
    lesson = Lesson(starts_at=START, code="CDFGHJKM")
    shown = board.shown(lesson.pk, lesson.code, THREE, START)

    def judge(typed: str) -> str:
        at = START + minutes_later * MINUTE
        return board.problem(typed, lesson=lesson.pk, lesson_code=lesson.code, starts_at=lesson.starts_at, minutes=THREE, now=at)

    assert [judge(shown.code), judge(shown.token)] == [said, said]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("{code}", ""),
        (" {spoken} ", ""),
        ("{token}", ""),
        ("{arabic}", ""),
        ("CDFGHJKN-{code}", "other_lesson"),
        ("{short}", "form"),
        ("{code}0", "form"),
        ("abcdef", "form"),
        ("CDFGHJKM-", "form"),
        ("²²²²²²", "form"),
        ("\x00", "form"),
        ("{next}", "wrong"),
    ],
)
def test_what_may_be_typed(typed: str, said: str) -> None:
    lesson = Lesson(starts_at=START, code="CDFGHJKM")
    shown = board.shown(lesson.pk, lesson.code, THREE, START)
    forms = {
        "code": shown.code,
        "spoken": shown.spoken,
        "token": shown.token,
        "arabic": "".join(chr(0x0660 + int(digit)) for digit in shown.code),
        "short": shown.code[1:],
        "next": f"{(int(shown.code) + 1) % 10**6:06}",
    }

    found = board.problem(
        typed.format(**forms), lesson=lesson.pk, lesson_code=lesson.code, starts_at=START, minutes=THREE, now=START
    )

    assert found == said


def test_a_code_belongs_to_one_lesson_and_counts_down() -> None:
    one, other = Lesson(code="CDFGHJKM"), Lesson(code="CDFGHJKN")
    first = board.shown(one.pk, one.code, THREE, START + MINUTE)

    assert first.code != board.shown(other.pk, other.code, THREE, START + MINUTE).code
    assert first.seconds == 120
    assert (len(first.code), first.token) == (6, f"CDFGHJKM-{first.code}")


@pytest.mark.parametrize(
    ("required", "delivery", "needed"),
    [(False, "classroom", False), (True, "classroom", True), (True, "online", False), (True, "elearning_home", False)],
)
def test_when_a_code_is_needed(required: bool, delivery: str, needed: bool) -> None:
    assert rules.board_code_needed(required, delivery) == needed


# --- the student


def test_a_code_confirms_and_is_remembered(lesson: Lesson, me: Browser) -> None:
    assert type_code(me, lesson, now_shown(lesson).spoken)[0] == 302

    claim = Claim.objects.get()
    assert (claim.means, claim.party, claim.mark.state) == (Means.CODE, "student", "present")


def test_without_a_code_the_own_login_is_enough(lesson: Lesson, me: Browser) -> None:
    assert type_code(me, lesson, "")[0] == 302
    assert Claim.objects.get().means == Means.PLAIN


def test_a_school_may_require_the_code(lesson: Lesson, me: Browser) -> None:
    require_codes()
    assert '<details class="board-code" open>' in me.get(reverse("attendance:portal")).content.decode()

    status, shown = type_code(me, lesson, " ")

    assert (status, Claim.objects.count()) == (422, 0)
    assert "Typ de code die op het bord staat." in shown
    assert type_code(me, lesson, now_shown(lesson).code)[0] == 302


@pytest.mark.parametrize("problem", ["old", "other_lesson", "wrong", "form"])
def test_a_code_that_does_not_fit_gets_one_sentence_and_stays(problem: str, lesson: Lesson, me: Browser) -> None:
    old = board.shown(lesson.pk, lesson.code, THREE, timezone.now() - 9 * MINUTE).code
    right = now_shown(lesson).code
    typed = {"old": old, "other_lesson": f"CCCCCCCC-{right}", "wrong": f"{(int(right) + 7) % 10**6:06}", "form": "12"}[problem]

    status, shown = type_code(me, lesson, typed)

    assert (status, Claim.objects.count()) == (422, 0)
    sentences = [str(sentence) for sentence in CODE_PROBLEMS.values() if f">{sentence}</p>" in shown]
    assert sentences == [str(CODE_PROBLEMS[problem])]
    assert f'value="{typed}"' in shown
    assert f'aria-describedby="code-error-{lesson.pk}"' in shown


@pytest.mark.parametrize("typed", ["x" * 2000, "\x00", "{{ 7|add:7 }}", "<b>"])
def test_nonsense_stays_as_it_was_typed(typed: str, lesson: Lesson, me: Browser) -> None:
    status, shown = type_code(me, lesson, typed)

    assert (status, Claim.objects.count()) == (422, 0)
    assert f'value="{escape(typed)}"' in shown


def test_six_digits_are_not_walked_through(lesson: Lesson, me: Browser, places: list[Enrolment], ineke: User) -> None:
    right = now_shown(lesson).code
    wrong = [f"{(int(right) + number) % 10**6:06}" for number in range(1, 11)]
    assert {type_code(me, lesson, code)[0] for code in wrong} == {422}

    status, shown = type_code(me, lesson, now_shown(lesson).code)

    assert (status, Claim.objects.count()) == (422, 0)
    assert "Wacht 5 minuten." in shown
    other = signed_in(account(places[1].programme.student, ineke))
    assert type_code(other, lesson, now_shown(lesson).code)[0] == 302  # who guesses keeps nobody else out


def test_right_codes_use_nothing_up(lesson: Lesson, me: Browser) -> None:
    assert {type_code(me, lesson, now_shown(lesson).code)[0] for _time in range(12)} == {302}


def test_a_student_of_another_lesson_gets_nowhere_with_the_code(
    lesson: Lesson, north: Location, ineke: User, me: Browser
) -> None:
    student = make_student(north, ineke)
    group = make_group(north, ineke)
    place(student, group, ineke)
    own = make_lesson(group, ineke)
    stranger = signed_in(account(student, ineke))

    assert type_code(stranger, lesson, now_shown(lesson).code)[0] == 404
    status, shown = type_code(stranger, own, now_shown(lesson).token)

    assert (status, Claim.objects.count()) == (422, 0)
    assert "Deze code is van een andere les." in shown


def test_how_it_was_given_is_never_changed(lesson: Lesson, me: Browser) -> None:
    type_code(me, lesson, now_shown(lesson).code)

    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.update(means=Means.TABLET)


def test_only_students_confirm_by_a_means(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    sign_register(lesson=lesson, rows=[], by=anna)
    mark = Mark.objects.all()[0]

    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.create(mark=mark, party="teacher", by_audit_id=anna.audit_id, state="present", means=Means.CODE)


def test_a_code_does_not_open_a_lesson_that_is_over(group: Group, abdi: Student, ineke: User) -> None:
    lesson = make_lesson(group, ineke, starts_at=timezone.now() - 200 * MINUTE)
    assert abdi.user

    with pytest.raises(ValidationError) as refused:
        confirm_presence(lesson=lesson, student=abdi, by=abdi.user, code=now_shown(lesson).code)
    assert refused.value.code == "late"


# --- one browser, two students


def test_two_students_in_one_browser_are_shown_to_the_teacher(
    lesson: Lesson, places: list[Enrolment], anna: User, ineke: User
) -> None:
    users = [account(one.programme.student, ineke) for one in places]
    shared, own = Browser(), Browser()
    for browser, user in ((shared, users[0]), (shared, users[1]), (own, users[2])):
        sign_in(browser, user)
        assert type_code(browser, lesson, "")[0] == 302
        browser.post(reverse("account_logout"))

    marks = Mark.objects.filter(lesson=lesson).with_means()
    assert shared_devices(marks) == {places[0].pk, places[1].pk}
    page = signed_in(anna).get(reverse("attendance:register", args=[lesson.pk])).content.decode()
    rows = re.split(r'id="line-', page)[1:]
    assert ["zelfde toestel" in row for row in rows] == [True, True, False]


def test_a_browser_is_known_within_one_lesson_only(lesson: Lesson, places: list[Enrolment], ineke: User, me: Browser) -> None:
    other = make_lesson(lesson.group, ineke, starts_at=lesson.starts_at - 30 * MINUTE, minutes=25)
    assert [type_code(me, one, "")[0] for one in (lesson, other)] == [302, 302]

    devices = set(Claim.objects.values_list("device", flat=True))
    assert len(devices) == 2
    assert all(re.fullmatch("[0-9a-f]{64}", device) for device in devices)


def test_the_word_of_a_browser_dies_within_the_hour(lesson: Lesson, me: Browser) -> None:
    type_code(me, lesson, "")
    me.post(reverse("account_logout"))

    row = WebSession.objects.get()
    assert (row.level, row.user) == (WebSession.Level.ANONYMOUS, None)
    assert row.expires_at <= timezone.now() + 61 * MINUTE


# --- the board


@pytest.fixture
def address(lesson: Lesson) -> str:
    return reverse("attendance:board", args=[lesson.pk])


def test_strangers_open_no_board(address: str, anna: User, north: Location, south: Location, ineke: User, me: Browser) -> None:
    assert signed_in(anna).get(address).status_code == 200
    for stranger in (staff(Role.TEACHER, north), staff(Role.TEACHER, south)):
        assert signed_in(stranger).get(address).status_code == 404
    for user in (ineke, staff(Role.COORDINATOR, north), staff(Role.SYSTEM_ADMINISTRATOR)):
        assert signed_in(user).get(address).status_code == 403
    assert me.get(address).status_code == 403
    assert Browser().get(address).status_code == 302
    assert signed_in(anna).post(address).status_code == 405


def test_the_board_shows_a_code_and_who_is_there(address: str, lesson: Lesson, anna: User, abdi: Student, me: Browser) -> None:
    type_code(me, lesson, "")

    page = signed_in(anna).get(address).content.decode()

    assert now_shown(lesson).spoken in page
    assert "<svg" in page
    assert [name in page for name in ("Abdi", "Warsame", "Chen", "Olena")] == [True, False, False, False]
    assert "<strong>1</strong> van 3" in page
    seen = AccessEvent.objects.filter(viewer_audit_id=anna.audit_id).values_list("subject_audit_id", flat=True)
    assert list(seen) == [abdi.audit_id]


def test_the_board_says_why_there_is_no_code(address: str, lesson: Lesson, anna: User, ineke: User, group: Group) -> None:
    early = make_lesson(group, ineke, starts_at=timezone.now() + 80 * MINUTE)
    late = make_lesson(group, ineke, starts_at=timezone.now() - 300 * MINUTE)
    off = make_lesson(group, ineke, starts_at=timezone.now() - 60 * MINUTE, minutes=20)
    cancel_lesson(lesson=off, version=1, by=ineke)
    browser = signed_in(anna)

    pages = [browser.get(reverse("attendance:board", args=[one.pk])).content.decode() for one in (early, late, off)]

    assert not [page for page in pages if "board-digits" in page]
    assert "vanaf 15 minuten voor de les" in pages[0]
    assert "meer dan een uur geleden" in pages[1]
    assert "Deze les is vervallen." in pages[2]


def test_the_code_stays_when_the_register_is_signed(address: str, lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    sign_register(lesson=lesson, rows=[], by=anna)
    assert "board-digits" in signed_in(anna).get(address).content.decode()


def test_a_screen_that_asks_by_itself_keeps_no_session_awake(address: str, anna: User) -> None:
    browser = signed_in(anna)
    before = timezone.now() - 20 * MINUTE
    WebSession.objects.update(last_seen=before)

    assert browser.get(address, headers={"X-Requested-With": "poll"}).status_code == 200
    assert browser.get(f"{address}?vanzelf").status_code == 200
    assert WebSession.objects.get().last_seen == before
    assert browser.get(address).status_code == 200
    assert WebSession.objects.get().last_seen > before


def test_the_board_asks_a_constant_number_of_questions(
    address: str, lesson: Lesson, anna: User, north: Location, ineke: User, me: Browser
) -> None:
    type_code(me, lesson, "")
    browser = signed_in(anna)
    browser.get(address)

    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            browser.get(address)
        return len(found)

    few = asked()
    for _one in range(5):
        student = make_student(north, ineke)
        place(student, lesson.group, ineke)
        confirm_presence(lesson=lesson, student=student, by=account(student, ineke))
    assert asked() == few


def test_the_school_chooses_how_long_a_code_stands(ineke: User, address: str, lesson: Lesson, anna: User) -> None:
    Organisation.objects.update(board_code_minutes=10)
    page = signed_in(anna).get(address).content.decode()
    assert board.shown(lesson.pk, lesson.code, 10, timezone.now()).spoken in page

    with pytest.raises(IntegrityError), transaction.atomic():
        Organisation.objects.update(board_code_minutes=16)


def test_who_scanned_comes_to_the_door_for_students() -> None:
    """The browser keeps what stands behind the # on the way: the door must be asked for by the address itself."""
    page = reverse("attendance:confirm")
    assert Browser().get(page)["Location"] == f"{reverse('student_login')}?next={page}"
