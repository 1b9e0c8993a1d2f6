"""The door for students, for tests: a student with a PIN, an attempt, a card, a remembered phone."""

import datetime as dt

from django.urls import reverse
from django.utils import timezone

from kvs import cards
from kvs.models import Location, Role, User, WebSession
from tests.factories import staff
from tests.people import Browser

PIN = "482917"
NUMBER = "2025-0147"
DOOR = "/aanmelden/cursist/"
HOME = "/apparaten/"  # a page everybody may open who is signed in
WRONG = "Kijk naar uw nummer en uw pincode. Probeer het nog een keer."
WAIT = "Wacht 5 minuten. Probeer het dan nog een keer."
SIX = "Typ 6 cijfers."
ONE_ADDRESS = "203.0.113.9"


def student(north: Location, number: str, **names: str) -> User:
    """A student with PIN."""
    user = staff(Role.STUDENT, north, email=None, student_number=number, **names)
    cards.set_pin(user=user, pin=PIN, by=user)
    user.refresh_from_db()
    return user


def enter(browser: Browser | None = None, number: str = NUMBER, pin: str = PIN, **more: str) -> tuple[int, str, str]:
    """Status, place to go and page after one attempt from the school's address."""
    response = (browser or Browser()).post(DOOR, {"number": number, "pin": pin, **more}, REMOTE_ADDR=ONE_ADDRESS)
    return response.status_code, response.headers.get("Location", ""), response.content.decode()


def show_card(browser: Browser, token: str) -> str:
    """Where posting the secret of a card leads."""
    return str(browser.post("/kaart/", {"token": token})["Location"])


def remembered_phone(user: User) -> Browser:
    """A phone on which `user` ticked "this is my phone" and signed out."""
    phone = Browser()
    assert enter(phone, user.student_number or "", phone="on")[0] == 302
    phone.post(reverse("account_logout"))
    return phone


def away(minutes: int) -> None:
    """Let every session be unused for this long."""
    WebSession.objects.update(last_seen=timezone.now() - dt.timedelta(minutes=minutes))
