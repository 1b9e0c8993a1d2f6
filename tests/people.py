"""The cast. Anna teaches at North, Chris is the stranger who teaches at South; every view test has a stranger."""

import uuid
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from kvs.factors import PROOF
from kvs.models import Location, Organisation, Role, User
from kvs.sentinel import write_sentinel
from tests.factories import staff


@pytest.fixture(scope="session", autouse=True)
def static_folder() -> None:
    """whitenoise looks for it, for a live server before anything of a single test."""
    django_settings.STATIC_ROOT.mkdir(exist_ok=True)


@pytest.fixture(autouse=True)
def fast_and_fresh(settings: Settings) -> None:
    """Hashing passwords is slow on purpose, limits of an earlier test would hold in the next, static files are not collected."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": uuid.uuid4().hex}}


@pytest.fixture
def school(db: None) -> Organisation:
    write_sentinel()
    return Organisation.objects.create(name="Taalschool Lindenhof")


@pytest.fixture
def north(school: Organisation) -> Location:
    return Location.objects.create(name="Noord")


@pytest.fixture
def south(school: Organisation) -> Location:
    return Location.objects.create(name="Zuid")


@pytest.fixture
def anna(north: Location) -> User:
    """Teaches at North."""
    return staff(Role.TEACHER, north, call_name="Anna", infix="", surname="Bakker", email="anna@voorbeeld.test")


@pytest.fixture
def bram(north: Location) -> User:
    """Coordinates North."""
    return staff(Role.COORDINATOR, north, call_name="Bram", infix="", surname="Smit", email="bram@voorbeeld.test")


@pytest.fixture
def ineke(north: Location) -> User:
    """Administration of North."""
    return staff(Role.ADMINISTRATION, north, call_name="Ineke", infix="", surname="Hofstra", email="ineke@voorbeeld.test")


@pytest.fixture
def chris(south: Location) -> User:
    """The stranger: teaches at South."""
    return staff(Role.TEACHER, south, call_name="Chris", infix="", surname="Jansen", email="chris@voorbeeld.test")


@pytest.fixture
def dana(school: Organisation) -> User:
    """Privacy officer, all locations."""
    return staff(Role.PRIVACY_OFFICER, call_name="Dana", infix="", surname="Kaya", email="dana@voorbeeld.test")


@pytest.fixture
def sami(school: Organisation) -> User:
    """System administrator: sees no student."""
    return staff(Role.SYSTEM_ADMINISTRATOR, call_name="Sami", infix="", surname="Peeters", email="sami@voorbeeld.test")


class Browser(Client):
    """A browser that comes in over TLS, as production settings demand."""

    def request(self, **request: Any) -> Any:
        return super().request(**{**request, "wsgi.url_scheme": "https", "SERVER_PORT": "443"})


def signed_in(user: User) -> Browser:
    """A browser in which `user` is signed in and has shown the second step."""
    client = Browser()
    sign_in(client, user)
    return client


def sign_in(client: Browser, user: User) -> None:
    """Sign `user` in there, second step included."""
    client.force_login(user)
    session = client.session
    session[PROOF] = str(user.pk)
    session.save()
