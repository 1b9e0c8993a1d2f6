"""The digest of a day: made once in the night, mailed, printable; it tells of a change that the seal of a register does not."""

import datetime as dt
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from attendance import rules
from attendance.actions import Row, sign_register
from attendance.actions.corrections import correct_mark
from attendance.actions.nightly import DAY, differences, mail_digests, make_digests
from attendance.actions.seal import seal_rows, verify_register
from attendance.models import Correction, DigestMail, Lesson, Mark, NightDigest, Register
from attendance.tasks import night_digest
from kvs.database import erasing
from kvs.models import Organisation, Role, User
from students.models import Enrolment, Group
from tests.attendance.test_views import page
from tests.factories import make_lesson, staff
from tests.people import signed_in

pytestmark = pytest.mark.django_db
Sign = Callable[..., Lesson]


def at(days_ago: int, hour: int = 12, minute: int = 0) -> dt.datetime:
    """A moment of school time."""
    return timezone.localtime().replace(hour=hour, minute=minute, second=0, microsecond=0) - dt.timedelta(days=days_ago)


def resigned(lesson: Lesson, when: dt.datetime, by: User) -> None:
    """Signed at another moment, as if it had been so from the beginning: whoever can write to the database can do this."""
    register = Register.objects.get(lesson=lesson)
    marks = list(Mark.objects.filter(lesson=lesson))
    seal_rows(lesson, register, marks, by=by, at=when)
    Mark.objects.bulk_update(marks, ["salt", "row_hash"])
    register.save()


@pytest.fixture
def sign(group: Group, places: list[Enrolment], anna: User, ineke: User) -> Sign:
    """Make a lesson and sign its register at a moment."""

    def act(when: dt.datetime) -> Lesson:
        lesson = make_lesson(group, ineke, starts_at=when - dt.timedelta(hours=2))
        sign_register(lesson=lesson, rows=[], by=anna)
        resigned(lesson, when, anna)
        return lesson

    return act


def verified() -> str:
    out = StringIO()
    call_command("verify_registers", stdout=out)
    return out.getvalue()


# --- made


def test_a_digest_for_every_day_on_which_something_was_signed(sign: Sign) -> None:
    first, second = sign(at(3, 10)), sign(at(3, 23, 59))
    third = sign(at(1, 0, 1))
    sign(at(0, 0, 0))  # today is not over

    made = make_digests(at(0, 2))

    assert [(row.day, len(row.registers)) for row in made] == [(at(3).date(), 2), (at(1).date(), 1)]
    lines = sorted(f"{lesson.pk} {Register.objects.get(lesson=lesson).digest}" for lesson in (first, second))
    assert (sorted(made[0].registers), made[0].previous) == (lines, "")
    assert made[1].registers == [f"{third.pk} {Register.objects.get(lesson=third).digest}"]
    assert made[1].previous == made[0].digest == rules.night_digest(at(3).date(), "", made[0].registers)
    assert made[1].digest == rules.night_digest(at(1).date(), made[0].digest, made[1].registers)
    assert make_digests(at(0, 3)) == []  # once
    assert [row.day for row in make_digests(at(-1, 2))] == [at(0).date()]


def test_it_waits_until_who_signs_at_midnight_is_stored(sign: Sign) -> None:
    sign(at(1))

    assert make_digests(at(0, 1, 59)) == []
    assert len(make_digests(at(0, 2, 0))) == 1


def test_digests_only_grow(sign: Sign) -> None:
    sign(at(1))
    (row,) = make_digests(at(0, 2))

    for change in (lambda: NightDigest.objects.update(digest="0" * 64), lambda: NightDigest.objects.filter(pk=row.pk).delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_the_digest_is_over_day_chain_and_lines_in_their_order() -> None:
    day, lines = dt.date(2026, 11, 24), ["a 1", "b 2"]
    known = rules.night_digest(day, "p", lines)

    others = [
        rules.night_digest(day + DAY, "p", lines),
        rules.night_digest(day, "q", lines),
        rules.night_digest(day, "p", lines[::-1]),
        rules.night_digest(day, "p", lines[:1]),
    ]
    assert known not in others
    # printf '2026-11-24\np\na 1\nb 2' | sha256sum
    assert known == "d20beb58779feae893b7e376d5e5b5ed3f162e655a294ac42208bea3840a0a57"


# --- compared


def test_who_seals_a_changed_register_anew_is_found_by_the_digest(sign: Sign, anna: User) -> None:
    quiet, changed = sign(at(1, 10)), sign(at(1, 15))
    make_digests(at(0, 2))
    assert "all fit" in verified()
    signed_at = Register.objects.get(lesson=changed).signed_at
    assert signed_at
    Mark.objects.filter(lesson=changed).update(minutes_attended=1)
    assert not verify_register(changed)

    resigned(changed, signed_at, anna)

    assert verify_register(changed)  # the seal of the register knows of nothing
    assert list(differences(NightDigest.objects.all())) == [(at(1).date(), changed.pk)]
    out = StringIO()
    with pytest.raises(CommandError, match="1 differ from 1 digests"):
        call_command("verify_registers", stdout=out)
    assert str(changed.pk) in out.getvalue()
    assert str(quiet.pk) not in out.getvalue()


def test_a_register_that_is_dated_back_or_forward_is_found(sign: Sign, anna: User) -> None:
    moved, late = sign(at(3, 10)), sign(at(1, 10))
    make_digests(at(0, 2))

    resigned(late, at(3, 15), anna)

    assert set(differences(NightDigest.objects.all())) == {(at(3).date(), late.pk), (at(1).date(), late.pk)}
    assert verify_register(moved)


def test_a_forged_digest_breaks_the_chain(sign: Sign) -> None:
    for days in (3, 2, 1):
        sign(at(days))
    nights = make_digests(at(0, 2))

    nights[1].registers = nights[1].registers[:0]
    assert set(differences(nights)) >= {(nights[1].day, None)}
    nights[1].digest = rules.night_digest(nights[1].day, nights[1].previous, nights[1].registers)
    assert (nights[2].day, None) in set(differences(nights))


def test_all_fits_says_so(sign: Sign) -> None:
    sign(at(1))
    make_digests(at(0, 2))

    assert verified() == "1 signed registers and 1 digests of days checked, all fit.\n"


# --- mailed


def test_it_is_mailed_once_and_names_nobody(
    sign: Sign, places: list[Enrolment], school: Organisation, mailoutbox: list[EmailMessage]
) -> None:
    sign(at(2))
    sign(at(1))
    make_digests(at(0, 2))
    assert mail_digests() == 0  # the school has no address yet
    Organisation.objects.update(email="kantoor@lindenhof.test")

    assert (mail_digests(), mail_digests(), DigestMail.objects.count()) == (2, 0, 2)

    (sent,) = mailoutbox
    assert sent.to == ["kantoor@lindenhof.test"]
    text = sent.subject + str(sent.body)
    for row in NightDigest.objects.all():
        assert row.digest in text
        assert f"{row.day:%Y-%m-%d}" in text
    names = [part for place in places for part in place.programme.student.full_name.split()] + ["Bakker", "Anna"]
    assert [name for name in names if name in text] == []


def test_a_mail_that_does_not_go_is_tried_again(sign: Sign, settings: Any, mailoutbox: list[EmailMessage]) -> None:
    Organisation.objects.update(privacy_email="fg@lindenhof.test")
    sign(at(1))
    make_digests(at(0, 2))
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
    assert (mail_digests(), DigestMail.objects.count()) == (0, 0)

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    assert mail_digests() == 1
    assert [message.to for message in mailoutbox] == [["fg@lindenhof.test"]]


def test_the_timetable_makes_and_mails(sign: Sign, mailoutbox: list[EmailMessage]) -> None:
    Organisation.objects.update(email="kantoor@lindenhof.test")
    sign(at(1))

    night_digest()
    night_digest()

    due = timezone.localtime().hour >= 2
    assert (NightDigest.objects.count(), len(mailoutbox)) == (int(due), int(due))


# --- read


@pytest.mark.parametrize(
    ("role", "code"),
    [
        (Role.ADMINISTRATION, 200),
        (Role.COORDINATOR, 200),
        (Role.MANAGEMENT, 200),
        (Role.PRIVACY_OFFICER, 200),
        (Role.TEACHER, 403),
        (Role.FINANCE, 403),
        (Role.SYSTEM_ADMINISTRATOR, 403),
    ],
)
def test_who_reads_the_digests(role: Role, code: int, sign: Sign) -> None:
    sign(at(1))
    make_digests(at(0, 2))
    browser = signed_in(staff(role))

    assert browser.get(reverse("attendance:nights")).status_code == code
    assert browser.get(reverse("attendance:night", args=[at(1).date()])).status_code == code


def test_a_day_shows_its_lines_and_what_changed_since(sign: Sign, places: list[Enrolment], anna: User, bram: User) -> None:
    same, changed = sign(at(1, 10)), sign(at(1, 15))
    (row,) = make_digests(at(0, 2))
    browser, address = signed_in(bram), reverse("attendance:night", args=[at(1).date()])
    text = page(browser.get(address))
    assert row.digest in text
    assert (same.code in text, "gewijzigd" in text) == (True, False)
    assert [place.programme.student.surname for place in places if place.programme.student.surname in text] == []

    resigned(changed, at(1, 16), anna)

    assert [line.fits for line in browser.get(address).context["sealed"]].count(False) == 1
    assert "gewijzigd" in page(browser.get(address))
    assert browser.get(reverse("attendance:night", args=["2026-13-40"])).status_code == 404
    assert browser.get(reverse("attendance:night", args=["2001-01-01"])).status_code == 404


def test_a_month_has_its_days(sign: Sign, bram: User) -> None:
    day = at(1).date()
    sign(at(1))
    make_digests(at(0, 2))

    text = page(signed_in(bram).get(reverse("attendance:nights"), {"maand": f"{day:%Y-%m}"}))

    assert NightDigest.objects.get().digest[:16] in text
    assert "Geen dagzegels" in page(signed_in(bram).get(reverse("attendance:nights"), {"maand": "2001-01"}))


# --- corrections


def corrected_yesterday(sign: Sign, bram: User) -> tuple[Lesson, Correction]:
    """A register signed three days ago, of which a row was corrected yesterday."""
    lesson = sign(at(3))
    mark = Mark.objects.filter(lesson=lesson).order_by("pk")[0]
    correct_mark(lesson=lesson, row=Row(mark.enrolment_id, "absent", version=mark.version), reason="message", by=bram)
    return lesson, Correction.objects.get()


def test_a_correction_is_in_the_digest_of_its_own_day(sign: Sign, bram: User) -> None:
    lesson, correction = corrected_yesterday(sign, bram)

    nights = make_digests(at(-1, 2))

    assert [(row.day, len(row.registers), row.corrections) for row in nights] == [
        (at(3).date(), 1, []),
        (at(0).date(), 0, [correction.row_hash]),
    ]
    assert list(differences(nights)) == []
    assert verify_register(lesson)


def test_a_correction_that_was_not_there_that_night_is_found(sign: Sign, bram: User) -> None:
    sign(at(0, 0, 30))
    make_digests(at(-1, 2))

    lesson, _correction = corrected_yesterday(sign, bram)  # dated on the day that has its digest already

    assert set(differences(NightDigest.objects.all())) == {(at(0).date(), lesson.pk)}


def test_a_correction_that_was_erased_with_its_person_is_no_difference(sign: Sign, bram: User) -> None:
    corrected_yesterday(sign, bram)
    nights = make_digests(at(-1, 2))

    with erasing():
        Mark.objects.filter(claims__correction__isnull=False).delete()

    assert (Correction.objects.count(), list(differences(nights))) == (0, [])
