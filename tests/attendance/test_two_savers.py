"""Two teachers press save at the same moment: two real HTTP clients behind a barrier, twenty rounds (decisions.md 5)."""

import datetime as dt
import json
import re
import threading
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from attendance.actions.seal import verify_register
from attendance.models import Claim, Lesson, Mark
from kvs.models import Location, User
from students.models import Enrolment, Group
from tests.factories import make_lesson, make_student, place
from tests.people import signed_in

ROUNDS = 20


@pytest.fixture
def behind_a_proxy(settings: Settings) -> None:
    """The live server of the tests speaks no TLS; as in production, a proxy in front does."""
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


class Teacher:
    """A browser of its own: one session cookie, one open page."""

    def __init__(self, user: User, address: str) -> None:
        cookie = signed_in(user).cookies[django_settings.SESSION_COOKIE_NAME].value
        self.headers = {
            "Cookie": f"{django_settings.SESSION_COOKIE_NAME}={cookie}",
            "X-Requested-With": "fetch",
            "X-Forwarded-Proto": "https",
            "Referer": address.replace("http:", "https:"),
        }
        self.address = address
        self.answer: dict[str, Any] = {}

    def open(self) -> None:
        """Load the page; its form token is needed to post."""
        with urllib.request.urlopen(urllib.request.Request(self.address, headers=self.headers)) as response:
            found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', response.read().decode())
        assert found
        self.token = found[1]

    def save(self, rows: dict[str, tuple[str, int]], barrier: threading.Barrier, action: str = "save") -> None:
        """Post (state, minutes) per enrolment as a page does that saw no marks yet, when everybody is ready."""
        fields = {"csrfmiddlewaretoken": self.token, "action": action}
        for enrolment, (state, minutes) in rows.items():
            fields |= {f"{enrolment}-state": state, f"{enrolment}-minutes": str(minutes), f"{enrolment}-version": "0"}
        body = urllib.parse.urlencode(fields).encode()
        request = urllib.request.Request(self.address, data=body, headers=self.headers)
        barrier.wait(timeout=20)
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                self.answer = json.loads(response.read())
        except urllib.error.HTTPError as refused:
            with refused:
                self.answer = json.loads(refused.read()) | {"status": refused.code}


def together(*calls: Any) -> None:
    """Do all calls at once, each in its own thread."""
    threads = [threading.Thread(target=call[0], args=call[1:]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=40)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("behind_a_proxy")
def test_two_savers_lose_nothing_in_twenty_rounds(
    live_server: LiveServer, group: Group, north: Location, anna: User, marijke: User, ineke: User
) -> None:
    both, hers, mine = (place(make_student(north, ineke), group, ineke) for _number in range(3))
    for number in range(ROUNDS):
        lesson = make_lesson(group, ineke, starts_at=timezone.now() - dt.timedelta(hours=2 * number + 1))
        _one_round(live_server, lesson, (anna, marijke), (both, hers, mine))


def _one_round(
    live_server: LiveServer, lesson: Lesson, users: tuple[User, User], places: tuple[Enrolment, Enrolment, Enrolment]
) -> None:
    address = f"{live_server.url}/lessen/{lesson.pk}/"
    first, second = (Teacher(user, address) for user in users)
    first.open()
    second.open()
    both, hers, mine = (str(place.pk) for place in places)
    barrier = threading.Barrier(2)
    together(
        (first.save, {both: ("absent", 0), hers: ("reported", 0)}, barrier),
        (second.save, {both: ("late", 10), mine: ("absent", 0)}, barrier),
    )
    stored = {str(mark.enrolment_id): mark.state for mark in Mark.objects.filter(lesson=lesson)}
    clashes = [*first.answer["conflicts"], *second.answer["conflicts"]]
    said = Claim.objects.filter(mark__lesson=lesson, mark__enrolment=places[0]).values_list("state", flat=True)
    assert stored == {both: clashes[0]["theirs"]["state"], hers: "reported", mine: "absent"}
    assert [clash["enrolment"] for clash in clashes] == [both]
    assert sorted(said) == ["absent", "late"]
    assert Claim.objects.filter(mark__lesson=lesson).count() == 4


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("behind_a_proxy")
def test_saving_while_the_other_signs_never_changes_a_sealed_register(
    live_server: LiveServer, group: Group, north: Location, anna: User, marijke: User, ineke: User
) -> None:
    enrolment = place(make_student(north, ineke), group, ineke)
    for number in range(ROUNDS):
        lesson = make_lesson(group, ineke, starts_at=timezone.now() - dt.timedelta(hours=2 * number + 1))
        address = f"{live_server.url}/lessen/{lesson.pk}/"
        signer, saver = (Teacher(user, address) for user in (anna, marijke))
        signer.open()
        saver.open()
        barrier = threading.Barrier(2)
        together(
            (signer.save, {str(enrolment.pk): ("present", 0)}, barrier, "sign"),
            (saver.save, {str(enrolment.pk): ("absent", 0)}, barrier),
        )
        mark = Mark.objects.get(lesson=lesson)
        if signer.answer["signed_at"]:  # she was first: the other is refused and told
            assert (mark.state, saver.answer["status"], verify_register(lesson)) == ("present", 422, True)
        else:  # he was first: she is asked
            assert (mark.state, len(signer.answer["conflicts"])) == ("absent", 1)
