"""A student who wants to sign in by e-mail: the desk sends a link, the link proves the address, the card stays."""

import re

import pytest
from django.core import mail
from django.urls import reverse

from kvs.jobs import WORK, Run
from kvs.models import Job, Location, OneTimeLink, Role, User
from students.actions import forget_email, invite_by_email, open_account
from students.models import Student
from tests.factories import make_student, staff
from tests.people import Browser, signed_in

PASSWORD = "zeven groene paraplu's drogen"


@pytest.fixture
def rania(north: Location, ineke: User) -> Student:
    return make_student(north, ineke, call_name="Rania", surname="Haddad", email="rania@post.test")


def desk(student: Student) -> str:
    return reverse("students:card", args=[student.pk])


def token_in_mail() -> str:
    """Run the job that mails, and read the secret out of the e-mail."""
    job = Job.objects.get(kind="kvs.send_link")
    WORK[job.kind](Run(job))
    found = re.search(r"#(\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def test_from_the_desk_to_signed_in_by_email(rania: Student, ineke: User) -> None:
    assert signed_in(ineke).post(desk(rania), {"make": "email"}).status_code == 302
    user = User.objects.get(student=rania)
    assert (user.email, user.has_usable_password()) == ("rania@post.test", False)
    token = token_in_mail()
    assert mail.outbox[-1].to == ["rania@post.test"]

    browser = Browser()
    browser.post(reverse("one_time_link"), {"token": token})
    browser.post(reverse("new_password"), {"password1": PASSWORD, "password2": PASSWORD})
    fresh = Browser()
    fresh.post(reverse("account_login"), {"login": "rania@post.test", "password": PASSWORD})

    assert fresh.get(reverse("students:own_data")).status_code == 200


def test_without_the_link_the_address_opens_nothing(rania: Student, ineke: User) -> None:
    invite_by_email(student=rania, by=ineke)
    browser = Browser()

    browser.post(reverse("account_login"), {"login": "rania@post.test", "password": ""})

    assert browser.get(reverse("students:own_data")).status_code == 302


def test_ending_it_ends_password_links_and_sessions(rania: Student, ineke: User) -> None:
    user = invite_by_email(student=rania, by=ineke)
    user.set_password(PASSWORD)
    user.save()
    inside = signed_in(user)

    signed_in(ineke).post(desk(rania), {"make": "no_email"})

    user.refresh_from_db()
    assert (user.email, user.has_usable_password(), OneTimeLink.objects.count()) == (None, False, 0)
    assert inside.get(reverse("students:own_data")).status_code == 302


def test_another_address_ends_the_password_of_the_first(rania: Student, ineke: User) -> None:
    user = invite_by_email(student=rania, by=ineke)
    user.set_password(PASSWORD)
    user.save()
    Student.objects.filter(pk=rania.pk).update(email="nieuw@post.test")
    rania.refresh_from_db()

    invite_by_email(student=rania, by=ineke)

    user.refresh_from_db()
    assert (user.email, user.has_usable_password()) == ("nieuw@post.test", False)


def sentence(browser: Browser, student: Student) -> list[str]:
    page = browser.post(desk(student), {"make": "email"}, follow=True)
    return [str(message) for message in page.context["messages"]]


def test_what_the_desk_is_told(rania: Student, north: Location, ineke: User) -> None:
    husband = make_student(north, ineke, call_name="Omar", surname="Haddad", email="RANIA@post.test")
    none = make_student(north, ineke, call_name="Sara", surname="Haddad")
    colleague = make_student(north, ineke, call_name="Noor", surname="Visser", email="noor@post.test")
    account = open_account(student=colleague, by=ineke)
    account.memberships.create(role=Role.TEACHER, location=north)
    browser = signed_in(ineke)

    told = [sentence(browser, student) for student in (rania, husband, none, colleague)]

    assert told == [
        ["Rania Haddad krijgt een e-mail met een link om een wachtwoord te kiezen."],
        ["Iemand anders meldt zich met dit adres aan. Deze cursist gebruikt de kaart, of een ander adres."],
        ["Er staat geen e-mailadres in het dossier. Vul dat eerst in."],
        ["Dit account heeft ook andere rollen: de eigenaar meldt zich aan als medewerker."],
    ]
    assert OneTimeLink.objects.count() == 1


def test_strangers_and_other_roles_send_no_link(rania: Student, south: Location, north: Location, anna: User) -> None:
    strangers = [staff(Role.ADMINISTRATION, south), anna, staff(Role.FINANCE, north)]

    answers = [signed_in(user).post(desk(rania), {"make": "email"}).status_code for user in strangers]

    assert answers == [404, 403, 403]
    assert not OneTimeLink.objects.exists()


def test_forgetting_without_an_account_does_nothing(rania: Student, ineke: User) -> None:
    forget_email(student=rania, by=ineke)

    assert not User.objects.filter(student=rania).exists()
