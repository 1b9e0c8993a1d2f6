"""A forgotten password: one answer for everybody, one link, one use."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kvs import links
from kvs.jobs import Run
from kvs.models import Job, Membership, OneTimeLink, Role, User, WebSession
from tests.factories import LONG_AGO, PASSWORD, make_user
from tests.mailbox import deliver, secret_in
from tests.people import Browser, signed_in
from tests.scanner import scan

ASK = "/aanmelden/vergeten/"
NEW_PASSWORD = "zeven gele eenden zwemmen"


def ask(email: str, address: str = "203.0.113.9") -> Any:
    """The answer to asking for a new password from one network address."""
    return Browser().post(ASK, {"email": email}, REMOTE_ADDR=address)


def reset(body: str, password: str = NEW_PASSWORD) -> Browser:
    """Open the link of an e-mail and choose a password."""
    browser = Browser()
    browser.post(reverse("one_time_link"), {"token": secret_in(body)})
    assert browser.post(reverse("new_password"), {"password1": password, "password2": password}).status_code == 302
    return browser


def test_a_new_password_through_the_email(anna: User) -> None:
    elsewhere = signed_in(anna)
    ask("Anna@Voorbeeld.test")
    [body] = deliver()

    browser = reset(body)

    assert WebSession.objects.filter(user=anna).count() == 1  # also a browser that stays idle is out, at once
    assert browser.get(reverse("attendance:today"))["Location"] == reverse("mfa_index")  # a new password is one step of two
    assert elsewhere.get(reverse("attendance:today"))["Location"].startswith(reverse("account_login"))
    fresh = User.objects.get(pk=anna.pk)
    assert (fresh.check_password(NEW_PASSWORD), fresh.check_password(PASSWORD)) == (True, False)


def test_the_owner_is_told_that_the_password_changed(anna: User) -> None:
    ask(anna.email or "")
    [body] = deliver()
    reset(body)

    [told] = deliver()

    assert "zojuist veranderd" in told
    assert [message.to for message in mail.outbox] == [["anna@voorbeeld.test"]] * 2
    raw = b"\n".join(message.message().as_bytes() for message in mail.outbox).replace(b"anna@voorbeeld.test", b"")
    assert scan(raw, ["Bakker", "docent", "teacher", "Noord", str(anna.pk)]) == set()


def test_until_the_link_is_used_the_old_password_works(anna: User) -> None:
    ask(anna.email or "")
    deliver()

    answer = Browser().post(reverse("account_login"), {"login": anna.email, "password": PASSWORD})

    assert answer["Location"] == "/"


def test_known_and_unknown_get_one_answer_and_cost_the_same(anna: User) -> None:
    def cost(email: str) -> tuple[int, str, list[str], int]:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = ask(email)
        kinds = [query["sql"].split()[0] for query in queries.captured_queries]
        return answer.status_code, answer["Location"], kinds, Job.objects.count()

    ask("warm@voorbeeld.test")
    Job.objects.all().delete()
    known = cost("anna@voorbeeld.test")
    Job.objects.all().delete()

    assert cost("niemand@voorbeeld.test") == known
    assert known[0:2] == (302, reverse("password_sent"))
    assert known[3] == 1
    assert len(known[2]) > 3


def test_what_is_stored_of_an_unknown_address_is_nothing(school: object) -> None:
    ask("zeldzaam@voorbeeld.test")

    [job] = Job.objects.all()
    assert set(job.arguments) == {"user"}
    assert uuid.UUID(job.arguments["user"])
    assert deliver() == []


def closed(anna: User) -> None:
    User.objects.update(is_active=False)


def ended(anna: User) -> None:
    Membership.objects.update(ends_on=timezone.localdate() - dt.timedelta(days=1))


def invited_only(anna: User) -> None:
    anna.set_unusable_password()
    anna.save()


@pytest.mark.parametrize("gone", [closed, ended, invited_only])
def test_who_may_not_come_in_gets_no_mail_and_the_same_answer(anna: User, gone: Any) -> None:
    gone(anna)

    assert ask(anna.email or "")["Location"] == reverse("password_sent")
    assert deliver() == []
    assert OneTimeLink.objects.count() == 0


def test_a_student_with_a_card_gets_none(north: Any) -> None:
    student = make_user(email="cursist@voorbeeld.test", student_number="2026-0001")
    student.set_unusable_password()
    student.save()
    Membership.objects.create(user=student, role=Role.STUDENT, location=north, starts_on=LONG_AGO)

    ask("cursist@voorbeeld.test")

    assert deliver() == []


def test_a_newer_link_ends_the_older(anna: User) -> None:
    ask(anna.email or "")
    [first] = deliver()
    ask(anna.email or "")
    [second] = deliver()

    assert Browser().post(reverse("one_time_link"), {"token": secret_in(first)}).status_code == 422
    reset(second)


def test_the_link_lasts_an_hour(anna: User) -> None:
    ask(anna.email or "")
    deliver()

    link = OneTimeLink.objects.get()

    assert link.expires_at - link.issued_at == pytest.approx(dt.timedelta(hours=1), abs=dt.timedelta(seconds=1))


def test_asking_often_is_refused_for_that_address_alone(anna: User, bram: User) -> None:
    answers = [ask(email).status_code for email in (*["anna@voorbeeld.test"] * 4, "ANNA@voorbeeld.test", "bram@voorbeeld.test")]

    assert answers == [302, 302, 302, 422, 422, 302]
    assert [ask("niemand@voorbeeld.test").status_code for _ in range(4)] == [302, 302, 302, 422]


def test_thirty_colleagues_behind_one_address_all_get_a_link(anna: User) -> None:
    assert {ask(f"collega{number}@voorbeeld.test").status_code for number in range(30)} == {302}


@pytest.mark.parametrize(
    "typed", ["", "geen adres", "\x00", "x" * 5000 + "@voorbeeld.test", "a@b.test\r\nBcc: c@d.test", "😀@😀"]
)
def test_odd_input_is_refused_with_a_sentence(anna: User, typed: str) -> None:
    answer = ask(typed)

    assert answer.status_code == 422
    assert 'class="field-error"' in answer.content.decode()
    assert Job.objects.count() == 0


@pytest.mark.parametrize("typed", ["", "\x00", "x", "x" * 5000, "#", "https://x.test/#", "😀", "../../"])
def test_an_odd_code_is_refused_with_a_sentence(school: object, typed: str) -> None:
    answer = Browser().post(reverse("one_time_link"), {"token": typed})

    assert answer.status_code == 422
    assert 'class="notice notice-error error-summary"' in answer.content.decode()


def test_the_whole_link_may_be_pasted(anna: User) -> None:
    ask(anna.email or "")
    [body] = deliver()

    answer = Browser().post(reverse("one_time_link"), {"token": f" http://localhost:8000/aanmelden/link/#{secret_in(body)} "})

    assert answer["Location"] == reverse("new_password")


def test_the_link_leads_to_the_school_whatever_host_the_asker_named(anna: User) -> None:
    ask(anna.email or "")
    [body] = deliver()

    assert "https://localhost/aanmelden/link/#" in body


def test_a_mail_server_that_refuses_leaves_no_secret(anna: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    ask(anna.email or "")
    [job] = Job.objects.all()

    with pytest.raises(OSError, match="refused"):
        links.send_reset(Run(job))

    link = OneTimeLink.objects.get()
    assert (link.token_index, link.sent_at) == (None, None)


def test_expired_links_are_deleted(anna: User, bram: User) -> None:
    for email in ("anna@voorbeeld.test", "bram@voorbeeld.test"):
        ask(email)
    deliver()
    past = timezone.now() - dt.timedelta(minutes=1)
    OneTimeLink.objects.filter(user=anna).update(issued_at=past - dt.timedelta(hours=1), expires_at=past)

    links.delete_expired_links()

    assert [link.user for link in OneTimeLink.objects.all()] == [bram]


def test_who_is_signed_in_is_not_asked(anna: User) -> None:
    assert signed_in(anna).get(ASK)["Location"] == "/"
