"""What every e-mail template says about a person: the first name, and nothing else."""

from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from kvs.environment import PROJECT
from kvs.mail import send_mail
from kvs.models import Location, Organisation, Role, User
from tests.canaries import canaries_for
from tests.factories import LONG_AGO, staff
from tests.scanner import fold, scan

TO_THE_SCHOOL = {"night_digest"}  # to an address that is nobody's
TEMPLATES = sorted(path.stem for path in (PROJECT / "templates/email").glob("*.txt"))


@pytest.fixture
def planted(north: Location) -> tuple[User, list[str]]:
    """Somebody with a canary in every text of the account, and what may not be found of it."""
    found = {name: canary for name, canary in canaries_for(User, 1).items() if name in ("call_name", "infix", "surname")}
    user = staff(Role.PRIVACY_OFFICER, north, **{name: canary.value for name, canary in found.items()})
    needles = [canary.needle for name, canary in found.items() if name != "call_name"]
    assert all(needles)
    return user, [*needles, str(user.pk), str(user.audit_id), "privacy_officer", "functionaris", "Noord"]


def message_of(template: str, user: User) -> Any:
    send_mail(
        template, user, address="https://localhost/aanmelden/link/#SECRET", until=timezone.now(), number=3, from_day=LONG_AGO
    )
    return mail.outbox[-1].message()


def test_there_are_templates() -> None:
    assert len(TEMPLATES) >= 4


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_an_email_says_the_first_name_alone(template: str, language: str, planted: tuple[User, list[str]]) -> None:
    user, needles = planted
    user.language = language
    message = message_of(template, user)

    address = message["To"]
    del message["To"]
    assert address == user.email
    assert scan(message.as_bytes(), [*needles, user.email or ""]) == set()
    greeted = set() if template in TO_THE_SCHOOL else {user.call_name}
    assert scan(message.as_bytes(), [user.call_name]) == greeted
    assert fold(user.call_name) not in fold(message["Subject"])
    assert "SECRET" not in message["Subject"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_an_email_is_plain_text_in_the_name_of_the_school(template: str, planted: tuple[User, list[str]]) -> None:
    message = message_of(template, planted[0])

    assert message.get_content_type() == "text/plain"
    assert message["From"] == "Taalschool Lindenhof <kvs@localhost>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert len(str(message["Subject"]).splitlines()) == 1
    assert max(len(line) for line in str(mail.outbox[-1].body).splitlines()) < 200


@pytest.mark.parametrize("name", ["School\r\nBcc: x@y.test", 'De "Linde"', "مدرسة", "Écôle <x>"])
def test_an_odd_name_of_the_school_adds_no_header(name: str, planted: tuple[User, list[str]]) -> None:
    Organisation.objects.update(name=name)
    message = message_of("invite", planted[0])

    assert message["Bcc"] is None
    assert message["From"].endswith("<kvs@localhost>")
    assert mail.outbox[-1].recipients() == [planted[0].email]
