"""Sixty teachers sign their registers at one stroke: no error, no lost mark (issue 4, section 6: within the same minute).

Real HTTP to the web server of production (two processes of four threads) behind a barrier, twenty rounds.
"""

import os
import re
import statistics
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from typing import NamedTuple

from django.conf import settings

from attendance.models import Mark, Register
from kvs import embedded, environment, serve
from kvs.environment import PROJECT
from kvs.models import User
from tests.benchmarks import school
from tests.people import signed_in
from tests.running import free_port

TEACHERS, ROUNDS = 60, 20
AIM = 60  # seconds for a round: opening the page, marking, signing
QUIET = subprocess.DEVNULL
CHANGES = ("absent", "late")  # of the first two students; the others are proposed as present


class Answer(NamedTuple):
    """How one signing went: seconds, and the trouble if there was any."""

    seconds: float
    trouble: str = ""


class Teacher:
    """A browser with its own session."""

    def __init__(self, email: str, port: int) -> None:
        cookie = signed_in(User.objects.get(email=email)).cookies[settings.SESSION_COOKIE_NAME].value
        self.site = f"http://localhost:{port}"
        self.headers = {
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}",
            "X-Requested-With": "fetch",
            "X-Forwarded-Proto": "https",
            "Referer": f"https://localhost:{port}/",
        }

    def sign(self, lesson: uuid.UUID, barrier: threading.Barrier, answers: list[Answer]) -> None:
        """Open the register; when all are ready post it with the signature."""
        address = f"{self.site}/lessen/{lesson}/"
        barrier.wait(timeout=60)
        began = time.perf_counter()
        try:
            page = self._ask(address)
            answer = self._ask(address, urllib.parse.urlencode(filled(page)).encode())
        except (urllib.error.URLError, OSError, AssertionError) as trouble:
            answers.append(Answer(time.perf_counter() - began, repr(trouble)))
            return
        signed = '"signed_at": "' in answer and '"conflicts": []' in answer
        answers.append(Answer(time.perf_counter() - began, "" if signed else answer[:200]))

    def _ask(self, address: str, body: bytes | None = None) -> str:
        request = urllib.request.Request(address, data=body, headers=self.headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return str(answer.read().decode())


def filled(page: str) -> dict[str, str]:
    """What the page posts when the first two students are changed and the teacher signs."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    rows = re.findall(r'name="([0-9a-f-]{36})-version"', page)
    assert token
    assert len(rows) == school.CLASS, len(rows)
    fields = {"csrfmiddlewaretoken": token[1], "action": "sign"}
    for place, row in enumerate(rows):
        state = CHANGES[place] if place < len(CHANGES) else "present"
        fields |= {f"{row}-state": state, f"{row}-minutes": "10" if state == "late" else "", f"{row}-version": "0"}
    return fields


def main() -> int:
    """Build, sign, print. Exit code 1 for any error, any lost mark, or a round above the aim."""
    embedded.prepare(environment.var_folder(), always=True)
    school.build(school.Size(groups=TEACHERS * school.GROUPS_PER_TEACHER))
    rounds = school.add_rounds(TEACHERS, ROUNDS)
    port = free_port()
    environ = os.environ | {"KVS_TRUSTED_PROXIES": "1"}
    web = subprocess.Popen(serve.web(f"127.0.0.1:{port}"), cwd=PROJECT, env=environ, stdout=QUIET, stderr=QUIET)
    try:
        while not serve.answers_http(port):
            time.sleep(0.2)
        teachers = [Teacher(f"docent{number}@voorbeeld.test", port) for number in range(TEACHERS)]
        return _rounds(teachers, rounds)
    finally:
        web.terminate()
        web.wait()


def _rounds(teachers: list[Teacher], rounds: list[list[uuid.UUID]]) -> int:
    times, troubles, slowest = [], [], 0.0
    for lessons in rounds:
        barrier = threading.Barrier(len(teachers))
        answers: list[Answer] = []
        threads = [
            threading.Thread(target=teacher.sign, args=(lesson, barrier, answers))
            for teacher, lesson in zip(teachers, lessons, strict=True)
        ]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        slowest = max(slowest, time.perf_counter() - began)
        times += [answer.seconds for answer in answers]
        troubles += [answer.trouble for answer in answers if answer.trouble]
    signed = [lesson for lessons in rounds for lesson in lessons]
    marks = Mark.objects.filter(lesson__in=signed)
    counts = [marks.filter(state=state).count() for state in ("absent", "late", "present")]
    expected = [len(signed), len(signed), len(signed) * (school.CLASS - 2)]
    whole = Register.objects.filter(lesson__in=signed, signed_at__isnull=False).count()
    print(f"{len(teachers)} teachers, {len(rounds)} rounds; slowest round {slowest:.1f} s, aim {AIM} s; {len(troubles)} errors")
    print(f"open and sign: {statistics.median(times):.2f} s median, {max(times):.2f} s at most")
    for trouble in troubles[:5]:
        print(f"  {trouble}")
    assert (counts, whole) == (expected, len(signed)), (counts, expected, whole)
    return 1 if troubles or slowest > AIM else 0
