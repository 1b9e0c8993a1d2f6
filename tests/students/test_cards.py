"""The desk: a card and a one-time code for one student, cards for a group, and the account they belong to."""

import datetime as dt
import re

import pytest
import segno
from django.urls import reverse
from django.utils import timezone

from kvs import cards
from kvs.models import AccessEvent, Card, DeskCode, Location, Membership, Role, User, WebSession
from students.actions import change_student, open_account
from students.models import Group, Student
from tests.factories import make_group, make_student, place, stated
from tests.people import Browser, signed_in


@pytest.fixture
def rania(north: Location, ineke: User) -> Student:
    return make_student(north, ineke, call_name="Rania", surname="Haddad")


@pytest.fixture
def group(north: Location, ineke: User, rania: Student) -> Group:
    made = make_group(north, ineke, name="A1 ochtend")
    place(rania, made, ineke)
    place(make_student(north, ineke, call_name="Omar", surname="Aziz"), made, ineke)
    return made


def desk(student: Student) -> str:
    return reverse("students:card", args=[student.pk])


def sheet(group: Group) -> str:
    return reverse("students:group_cards", args=[group.pk])


def once(browser: Browser, address: str) -> str:
    """The word that makes a form good for one sending."""
    found = re.search(r'name="once" value="([^"]+)"', browser.get(address).content.decode())
    assert found
    return found[1]


def make(browser: Browser, student: Student, what: str) -> str:
    """The page after a press on a button at the desk."""
    response = browser.post(desk(student), {"make": what, "once": once(browser, desk(student))})
    assert response.status_code == 200
    return str(response.content.decode())


def code_on(page: str) -> str:
    found = re.search(r'class="desk-code">(\d{6})<', page)
    assert found
    return found[1]


def test_the_whole_way_from_the_desk_to_signed_in(rania: Student, ineke: User) -> None:
    page = make(signed_in(ineke), rania, "both")
    student = Browser()

    student.post("/aanmelden/cursist/code/", {"number": rania.number, "code": code_on(page)})
    student.post("/aanmelden/cursist/pincode/", {"pin": "590318", "again": "590318"})

    assert student.get("/apparaten/").status_code == 200
    user = User.objects.get(student__pk=rania.pk)
    assert (user.full_name, user.student_number, user.has_usable_password()) == ("Rania Haddad", rania.number, False)
    assert Membership.objects.get(user=user).location == rania.intake_location


@pytest.mark.parametrize(("what", "has_card", "has_code"), [("both", 1, 1), ("card", 1, 0), ("code", 0, 1)])
def test_each_button_makes_what_it_says(rania: Student, ineke: User, what: str, has_card: int, has_code: int) -> None:
    page = make(signed_in(ineke), rania, what)

    assert (Card.objects.count(), DeskCode.objects.count()) == (has_card, has_code)
    assert (page.count('class="id-card"'), page.count('class="desk-code"')) == (has_card, has_code)


def test_a_second_card_ends_the_first_and_its_sessions(rania: Student, ineke: User) -> None:
    browser = signed_in(ineke)
    make(browser, rania, "card")
    user = User.objects.get(student=rania)
    signed_in(user)

    make(browser, rania, "card")

    assert (Card.objects.live().count(), Card.objects.count(), WebSession.objects.filter(user=user).count()) == (1, 2, 0)


def test_reloading_the_printed_card_does_not_end_it(rania: Student, ineke: User) -> None:
    browser = signed_in(ineke)
    sent = {"make": "both", "once": once(browser, desk(rania))}
    browser.post(desk(rania), sent)
    before = list(Card.objects.values_list("pk", "revoked_at"))

    response = browser.post(desk(rania), sent)

    assert response.status_code == 302
    assert list(Card.objects.values_list("pk", "revoked_at")) == before
    assert "Er is niets gemaakt" in browser.get(desk(rania)).content.decode()


def test_lost_card_and_phone_are_ended_and_the_pin_stays(rania: Student, ineke: User) -> None:
    user = open_account(student=rania, by=ineke)
    cards.set_pin(user=user, pin="590318", by=user)
    cards.issue_card(user=user, by=ineke)
    phone = signed_in(user)

    signed_in(ineke).post(desk(rania), {"make": "nothing"})

    assert Card.objects.live().count() == 0
    assert phone.get("/apparaten/").status_code == 302
    assert cards.pin_fits(User.objects.get(pk=user.pk), "590318") is True


@pytest.mark.parametrize("what", ["", "x", "\x00", "both"])
def test_a_form_that_is_not_ours_makes_nothing(rania: Student, ineke: User, what: str) -> None:
    assert signed_in(ineke).post(desk(rania), {"make": what, "once": "x"}).status_code == 302
    assert (Card.objects.count(), DeskCode.objects.count(), User.objects.filter(student__isnull=False).count()) == (0, 0, 0)


def test_the_card_of_staff_who_learn_here_is_refused_in_words(rania: Student, ineke: User) -> None:
    user = open_account(student=rania, by=ineke)
    Membership.objects.create(user=user, role=Role.TEACHER)
    browser = signed_in(ineke)

    browser.post(desk(rania), {"make": "both", "once": once(browser, desk(rania))})

    assert "alleen voor cursisten" in browser.get(desk(rania)).content.decode()
    assert Card.objects.count() == 0


def test_who_gets_at_the_desk(
    rania: Student, group: Group, anna: User, bram: User, ineke: User, chris: User, dana: User, sami: User, south: Location
) -> None:
    stranger = User.objects.create(email="elders@voorbeeld.test")
    Membership.objects.create(user=stranger, role=Role.ADMINISTRATION, location=south)
    stated(stranger)
    own = open_account(student=rania, by=ineke)
    expected = {ineke: 200, bram: 200, stranger: 404, anna: 403, chris: 403, dana: 403, sami: 403, own: 403}

    for address in (desk(rania), sheet(group)):
        found = {user: signed_in(user).get(address).status_code for user in expected}
        assert found == expected
        sent = {user: signed_in(user).post(address, {"make": "card"}).status_code for user in (stranger, anna, own)}
        assert sent == {stranger: 404, anna: 403, own: 403}
    assert Card.objects.count() == 0


def test_opening_the_pages_makes_nothing_and_is_recorded(rania: Student, group: Group, ineke: User) -> None:
    browser = signed_in(ineke)
    browser.get(desk(rania))
    browser.get(sheet(group))

    assert (Card.objects.count(), DeskCode.objects.count(), User.objects.filter(student__isnull=False).count()) == (0, 0, 0)
    seen = AccessEvent.objects.filter(viewer_audit_id=ineke.audit_id, subject_audit_id=rania.audit_id)
    assert sorted(seen.values_list("kind", flat=True)) == ["detail", "list"]


def test_cards_of_a_group_hold_name_and_number_and_nothing_else(rania: Student, group: Group, ineke: User) -> None:
    change_student(student=rania, version=1, by=ineke, changes={"birth_year": 1987, "city": "Oosterveen", "phone": "0612345678"})
    browser = signed_in(ineke)
    chosen = [str(student.pk) for student in Student.objects.all()]

    page = browser.post(sheet(group), {"student": chosen, "once": once(browser, sheet(group))}).content.decode()

    printed = re.findall(r'<li class="id-card".*?</li>', page, re.DOTALL)
    words = [" ".join(re.sub(r"<[^>]+>", " ", card).split()) for card in printed]
    assert sorted(words) == sorted(
        f"Taalschool Lindenhof {student.full_name} {student.number} Pincode testserver/aanmelden/cursist/"
        for student in Student.objects.all()
    )
    assert Card.objects.live().count() == 2
    exported = AccessEvent.objects.filter(kind="export").values_list("subject_audit_id", flat=True)
    assert set(exported) == set(Student.objects.values_list("audit_id", flat=True))


def test_the_qr_code_holds_this_school_and_the_secret_behind_the_hash(rania: Student, ineke: User) -> None:
    browser = signed_in(ineke)

    response = browser.post(desk(rania), {"make": "card", "once": once(browser, desk(rania))})

    [printed] = response.context["cards"]
    page, _, token = printed["address"].partition("#")
    assert page == "https://testserver/kaart/"
    assert cards.card_of(token) == Card.objects.live().get()
    drawing = segno.make(printed["address"], micro=False, error="m").svg_inline(
        omitsize=True, svgclass="qr", lineclass=None, border=2
    )
    assert response.content.decode().count(drawing) == 1
    assert token not in response.content.decode()  # in the drawing only, not in the text of the page


def test_those_without_a_card_are_ticked_and_nobody_chosen_makes_none(rania: Student, group: Group, ineke: User) -> None:
    browser = signed_in(ineke)
    make(browser, rania, "card")
    page = browser.get(sheet(group)).content.decode()
    assert (page.count('name="student"'), page.count(" checked")) == (2, 1)

    page = browser.post(sheet(group), {"once": once(browser, sheet(group))}).content.decode()

    assert "U hebt niemand gekozen" in page
    assert Card.objects.count() == 1


def test_a_student_of_another_group_cannot_be_slipped_in(group: Group, ineke: User, north: Location, south: Location) -> None:
    outsider = make_student(south, ineke)
    browser = signed_in(ineke)

    browser.post(sheet(group), {"student": [str(outsider.pk), "x", "\x00"], "once": once(browser, sheet(group))})

    assert Card.objects.count() == 0


def test_opening_an_account_twice_makes_one(rania: Student, ineke: User) -> None:
    first = open_account(student=rania, by=ineke)

    assert open_account(student=rania, by=ineke) == first
    assert Membership.objects.filter(user=first).count() == 1


def test_a_card_opens_a_closed_account_again(rania: Student, ineke: User) -> None:
    user = open_account(student=rania, by=ineke)
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    Membership.objects.filter(user=user).update(starts_on=yesterday, ends_on=yesterday)

    assert open_account(student=rania, by=ineke).is_only(Role.STUDENT)


def test_the_account_follows_the_name(rania: Student, ineke: User) -> None:
    user = open_account(student=rania, by=ineke)

    change_student(student=rania, version=1, by=ineke, changes={"call_name": "Rana"})

    assert User.objects.get(pk=user.pk).call_name == "Rana"
