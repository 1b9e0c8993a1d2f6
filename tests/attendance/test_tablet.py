"""The class tablet: what it is for, and all it is not for."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from attendance import rules
from attendance.actions import sign_register
from attendance.models import Claim, Lesson, Mark, Means
from kvs import cards, student_door
from kvs.models import Location, Role, User, WebSession
from students import actions
from students.models import Enrolment, Group, Student
from tests.architecture.test_urls import patterns
from tests.factories import make_group, make_lesson, make_student, place, staff
from tests.people import Browser, signed_in

PIN = "482917"
MINUTE = dt.timedelta(minutes=1)
TABLET = "/klastablet/"


@pytest.fixture
def pupils(places: list[Enrolment], ineke: User) -> list[Student]:
    """The class with accounts and PINs."""
    return [with_pin(one.programme.student, ineke) for one in places]


def with_pin(student: Student, by: User) -> Student:
    cards.set_pin(user=actions.open_account(student=student, by=by), pin=PIN, by=by)
    return Student.objects.select_related("user").get(pk=student.pk)


@pytest.fixture
def address(lesson: Lesson) -> str:
    return reverse("attendance:tablet_open", args=[lesson.pk])


@pytest.fixture
def tablet(address: str, anna: User) -> Browser:
    """Anna's tablet, opened for the lesson."""
    browser = signed_in(anna)
    assert browser.post(address, {"action": "open"})["Location"] == TABLET
    return browser


def confirm(browser: Browser, student: Student, pin: str = PIN) -> tuple[int, str]:
    answer = browser.post(TABLET, {"number": student.number, "pin": pin})
    return answer.status_code, answer.content.decode()


# --- opening and closing


def test_strangers_open_no_tablet(address: str, north: Location, south: Location, ineke: User, pupils: list[Student]) -> None:
    for stranger in (staff(Role.TEACHER, north), staff(Role.TEACHER, south)):
        browser = signed_in(stranger)
        assert [browser.get(address).status_code, browser.post(address, {"action": "open"}).status_code] == [404, 404]
        assert browser.post(address, {"action": "end"}).status_code == 404
    assert pupils[0].user
    for user in (ineke, staff(Role.COORDINATOR, north), pupils[0].user):
        assert signed_in(user).post(address, {"action": "open"}).status_code == 403
    assert Browser().get(address).status_code == 302
    assert not WebSession.objects.filter(level="kiosk").exists()


def test_opening_ends_her_own_login_in_that_browser(tablet: Browser, lesson: Lesson, anna: User) -> None:
    row = WebSession.objects.get()
    assert (row.level, row.bound_to, row.user) == (WebSession.Level.KIOSK, lesson.pk, anna)
    assert row.expires_at == lesson.ends_at + rules.CONFIRM_AFTER
    assert (row.remembered_until, row.trusted_until) == (None, None)
    page = tablet.get(TABLET).content.decode()
    assert "Typ uw nummer en uw pincode." in page
    assert "Anna" not in page


def test_nothing_else_can_be_opened_on_it(tablet: Browser, lesson: Lesson, pupils: list[Student]) -> None:
    """Every address of the school, the doors included: nobody signs in on a class tablet."""
    marked = {name for name, entry in patterns() if getattr(entry.callback, "tablet_allowed", False)}
    assert marked == {"attendance:tablet", "attendance:tablet_close", "sign_in_language", "student_card"}
    keys = {"pk": str(lesson.pk)}
    for name, entry in patterns():
        if name in (*marked, "healthz", "readyz"):
            continue
        try:
            found = reverse(name, kwargs=keys if "<uuid:pk>" in str(entry.pattern) else {})
        except Exception:  # an address with other keys
            continue
        assert (name, tablet.get(found).headers.get("Location")) == (name, TABLET)
    door = tablet.post(reverse("student_login"), {"number": pupils[0].number, "pin": PIN})
    assert door["Location"] == TABLET
    assert tablet.get("/mijn/")["Location"] == TABLET


def test_another_language_keeps_the_number(tablet: Browser, pupils: list[Student]) -> None:
    answer = tablet.post(TABLET, {"number": "26-0042", "pin": "482", "language": "en"})

    page = answer.content.decode()
    assert (answer.status_code, 'value="26-0042"' in page, 'lang="en"' in page) == (200, True, True)
    assert "482" not in page.split('name="pin"')[1].split(">")[0]
    assert "Are you here?" in tablet.get(TABLET).content.decode()
    odd = tablet.post(TABLET, {"number": pupils[0].number, "pin": PIN, "language": "tlh"})
    assert odd.status_code == 302  # no language of ours: what was sent is a confirmation
    assert Mark.objects.get().student_at


def test_it_closes_with_its_button_alone(tablet: Browser) -> None:
    assert tablet.post(reverse("attendance:tablet_close"))["Location"] == reverse("account_login")
    assert not WebSession.objects.filter(level="kiosk").exists()
    assert tablet.get(TABLET)["Location"] == reverse("student_login")


def test_the_teacher_ends_it_from_her_own_browser(tablet: Browser, address: str, anna: User, pupils: list[Student]) -> None:
    other = signed_in(anna)
    assert "Er is 1 klastablet open voor deze les." in other.get(address).content.decode()

    assert other.post(address, {"action": "end"}).status_code == 302

    assert confirm(tablet, pupils[0])[0] == 302  # to the door
    assert not Claim.objects.exists()
    assert other.get(address).status_code == 200  # she herself is still in


def test_it_ends_by_itself(tablet: Browser, pupils: list[Student]) -> None:
    now = timezone.now()
    WebSession.objects.filter(level="kiosk").update(started_at=now - 2 * MINUTE, expires_at=now - MINUTE)
    assert tablet.get(TABLET)["Location"] == reverse("student_login")
    assert confirm(tablet, pupils[0])[0] == 302
    assert not Claim.objects.exists()


def test_it_ends_with_the_teacher_of_the_lesson(tablet: Browser, anna: User) -> None:
    anna.memberships.all().delete()
    assert tablet.get(TABLET)["Location"] == reverse("student_login")


def test_a_browser_that_is_no_tablet_has_no_tablet_page(anna: User, pupils: list[Student]) -> None:
    for browser in (Browser(), signed_in(anna)):
        assert browser.get(TABLET)["Location"] == reverse("student_login")
        assert confirm(browser, pupils[0])[0] == 302
        browser.post(reverse("attendance:tablet_close"))
    assert not Claim.objects.exists()
    assert WebSession.objects.filter(level="full").count() == 1  # closing what is none signs nobody out


def test_a_lesson_that_is_over_gets_no_tablet_and_a_signed_one_does(
    group: Group, anna: User, ineke: User, lesson: Lesson, places: list[Enrolment]
) -> None:
    over = make_lesson(group, ineke, starts_at=timezone.now() - 300 * MINUTE)
    sign_register(lesson=lesson, rows=[], by=anna)
    browser = signed_in(anna)
    opened = [
        browser.post(reverse("attendance:tablet_open", args=[one.pk]), {"action": "open"}).status_code for one in (over, lesson)
    ]
    assert opened == [422, 302]
    assert WebSession.objects.filter(level="kiosk").count() == 1


# --- confirming


def test_number_and_pin_confirm_and_the_page_is_at_its_start_again(tablet: Browser, pupils: list[Student]) -> None:
    first, second = pupils[:2]
    assert confirm(tablet, first)[0] == 302

    claim = Claim.objects.get()
    assert (claim.means, claim.device, claim.mark.enrolment.programme.student) == (Means.TABLET, "", first)
    page = tablet.get(TABLET).content.decode()
    assert f"{first.call_name}, u bent er." in page
    assert "<strong>1</strong> van 3 bevestigd" in page
    assert first.number not in page
    again = tablet.get(TABLET).content.decode()
    assert not [one.call_name for one in pupils if one.call_name in again]  # no list of names, and the last one is gone
    assert confirm(tablet, second)[0] == 302
    assert Mark.objects.filter(student_at__isnull=False).count() == 2


def test_nobody_is_signed_in_by_it(tablet: Browser, pupils: list[Student]) -> None:
    confirm(tablet, pupils[0])
    assert set(WebSession.objects.values_list("level", flat=True)) == {"kiosk"}
    assert tablet.get("/mijn/")["Location"] == TABLET


def test_wrong_pins_slow_one_account_never_the_tablet(tablet: Browser, pupils: list[Student]) -> None:
    slow, other = pupils[:2]
    for _time in range(5):
        status, page = confirm(tablet, slow, "111222")
        assert (status, "Kijk naar uw nummer en uw pincode." in page or "nummer" in page) == (422, True)
    status, page = confirm(tablet, slow)
    assert (status, "Wacht 5 minuten." in page) == (422, True)
    assert "482917" not in page

    assert confirm(tablet, other)[0] == 302
    assert Claim.objects.count() == 1


def test_who_is_not_in_this_lesson_gets_a_sentence(tablet: Browser, north: Location, ineke: User) -> None:
    stranger = make_student(north, ineke)
    place(stranger, make_group(north, ineke), ineke)
    stranger = with_pin(stranger, ineke)

    status, page = confirm(tablet, stranger)

    assert (status, Claim.objects.count()) == (422, 0)
    assert "U staat niet op de presentielijst van deze les. Vraag het uw docent." in page or "U staat niet op" in page


def test_a_signature_does_not_end_confirming(tablet: Browser, pupils: list[Student], lesson: Lesson, anna: User) -> None:
    sign_register(lesson=lesson, rows=[], by=anna)
    assert confirm(tablet, pupils[0])[0] == 302
    assert f"{pupils[0].call_name}, u bent er." in tablet.get(TABLET).content.decode()
    claim = Claim.objects.get(party="student")
    assert (claim.means, claim.mark.student_at) == (Means.TABLET, claim.at)
    shown = signed_in(anna).get(reverse("attendance:register", args=[lesson.pk])).content.decode()
    assert shown.count("na het tekenen") == 1


# --- a card in place of the number


@pytest.fixture
def token(pupils: list[Student], ineke: User) -> str:
    """The secret on the card of the first of the class."""
    assert pupils[0].user
    return cards.issue_card(user=pupils[0].user, by=ineke)


def scanned(browser: Browser, token: str, by: str) -> str:
    """Read a card: by the camera, whose page posts the secret, or by a reader that types the address on the card."""
    if by == "camera":
        answer = browser.post(reverse("student_card"), {"token": token})
    else:
        answer = browser.post(TABLET, {"number": f"https://school.example/kaart/#{token}", "pin": ""})
    assert answer["Location"] == TABLET
    return browser.get(TABLET).content.decode()


@pytest.mark.parametrize("by", ["camera", "reader"])
def test_a_card_and_the_pin_confirm(tablet: Browser, pupils: list[Student], token: str, by: str) -> None:
    page = scanned(tablet, token, by)
    assert f"Hallo {pupils[0].call_name}. Typ uw pincode." in page
    assert ('name="number"' in page, token in page) == (False, False)
    assert not Claim.objects.exists()  # a card alone is nobody's word

    assert tablet.post(TABLET, {"pin": PIN}).status_code == 302

    claim = Claim.objects.get()
    assert (claim.means, claim.mark.enrolment.programme.student) == (Means.TABLET, pupils[0])
    page = tablet.get(TABLET).content.decode()
    assert (f"{pupils[0].call_name}, u bent er." in page, 'name="number"' in page) == (True, True)
    assert set(WebSession.objects.values_list("level", flat=True)) == {"kiosk"}


def test_a_card_with_another_pin_is_refused_and_counted_by_card(tablet: Browser, pupils: list[Student], token: str) -> None:
    scanned(tablet, token, "camera")
    for _time in range(5):
        assert tablet.post(TABLET, {"pin": "111222"}).status_code == 422
    assert "Wacht 5 minuten." in tablet.post(TABLET, {"pin": PIN}).content.decode()
    assert not Claim.objects.exists()
    tablet.post(TABLET, {"action": "again"})
    assert confirm(tablet, pupils[0])[0] == 302  # the number has a count of its own


def test_the_next_student_finds_the_start(tablet: Browser, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scanned(tablet, token, "reader")
    assert tablet.post(TABLET, {"action": "again"})["Location"] == TABLET
    assert 'name="number"' in tablet.get(TABLET).content.decode()
    assert 'name="number"' not in scanned(tablet, token, "reader")
    later = timezone.now() + dt.timedelta(seconds=student_door.CARD_ON_TABLET + 1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert 'name="number"' in tablet.get(TABLET).content.decode()
    assert tablet.post(TABLET, {"pin": PIN}).status_code == 422
    assert not Claim.objects.exists()


@pytest.mark.parametrize("by", ["camera", "reader"])
def test_a_card_that_ended_says_so(tablet: Browser, pupils: list[Student], token: str, ineke: User, by: str) -> None:
    assert pupils[0].user
    cards.revoke_cards(user=pupils[0].user, by=ineke)
    for dead in (token, "x" * 300, ""):
        page = scanned(tablet, dead, by)
        assert ("Deze kaart werkt niet meer." in page, 'name="number"' in page) == (True, True)


def test_a_card_of_another_class_gets_a_sentence(tablet: Browser, north: Location, ineke: User) -> None:
    stranger = make_student(north, ineke)
    place(stranger, make_group(north, ineke), ineke)
    stranger = with_pin(stranger, ineke)
    assert stranger.user
    scanned(tablet, cards.issue_card(user=stranger.user, by=ineke), "camera")
    answer = tablet.post(TABLET, {"pin": PIN})
    assert (answer.status_code, Claim.objects.count()) == (422, 0)
    assert "U staat niet op de presentielijst van deze les." in answer.content.decode()


@pytest.mark.parametrize("odd", ["#", "#\x00", "", "\x00", "'; drop", "9" * 50])
def test_odd_numbers(tablet: Browser, odd: str) -> None:
    assert tablet.post(TABLET, {"number": odd, "pin": "\x00"}).status_code == (302 if "#" in odd else 422)
