"""Versions of the school's own policy, and telling everybody of an important change: read is read, never consent."""

import datetime as dt
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import Settings

from kvs.jobs import run_job
from kvs.models import AccessEvent, AuditEntry, Job, Location, Organisation, PolicyVersion, Role, SealedFile, User
from kvs.plaintext import Block, blocks
from privacy.actions import announcements as actions
from privacy.actions.erasure import approve_erasure, prepare_erasure, run_erasure
from privacy.models import Announcement, PolicyNotice
from students.actions import end_enrolment, open_account
from students.actions.handouts import record_hand_outs
from students.models import HandOut, Student
from tests.factories import LONG_AGO, make_group, make_policy, make_student, place, staff
from tests.people import Browser, signed_in

pytestmark = pytest.mark.django_db
SUMMARY = "Wij bewaren uw dossier korter."
IMPORTANT: dict[str, Any] = {"number": "2.0", "effective_on": dt.date(2021, 1, 1), "is_important": True, "summary": SUMMARY}
PDF = b"%PDF-1.7 een reglement"


@pytest.fixture
def rania(north: Location, ineke: User) -> Student:
    """Placed, with an account and an address for mail."""
    student = make_student(north, ineke, call_name="Rania", surname="Haddad", email="rania@voorbeeld.test")
    place(student, make_group(north, ineke), ineke)
    open_account(student=student, by=ineke)
    return Student.objects.get(pk=student.pk)


@pytest.fixture
def me(rania: Student) -> Browser:
    assert rania.user
    browser = Browser()
    browser.force_login(rania.user)
    return browser


def page(browser: Browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def announced(by: User, **facts: Any) -> Announcement:
    make_policy(by, **(IMPORTANT | facts))
    return Announcement.objects.get()


# --- versions


@pytest.mark.parametrize(
    ("day", "number"),
    [("2019-12-31", None), ("2020-01-01", "1.0"), ("2020-12-31", "1.0"), ("2021-01-01", "2.0"), ("2030-01-01", "2.0")],
)
def test_the_version_of_a_day(day: str, number: str | None, school: Organisation, dana: User) -> None:
    make_policy(dana)
    make_policy(dana, number="2.0", effective_on=dt.date(2021, 1, 1))
    actions.draft_policy(number="3.0", effective_on=dt.date(2020, 6, 1), text="Concept", by=dana)
    found = PolicyVersion.objects.in_force(dt.date.fromisoformat(day))
    assert (found.number if found else None) == number


def test_two_versions_with_one_number_are_told_apart(school: Organisation, dana: User) -> None:
    """B: "V 5.0 en vervangt mei 2018 als versie 5.0"."""
    old = make_policy(dana, number="5.0", effective_on=dt.date(2018, 5, 25), text="Oud")
    new = make_policy(dana, number="5.0", effective_on=dt.date(2020, 12, 1), text="Nieuw", replaces=old)
    assert (old.title, new.title) == ("versie 5.0 van 25 mei 2018", "versie 5.0 van 1 december 2020")
    assert new.replaces_words == "versie 5.0 van 25 mei 2018"
    assert old.sha256 != new.sha256
    shown = page(Browser(), reverse("privacy:policy"))
    assert "Versie 5.0, geldt vanaf 1 december 2020." in shown
    assert "Vervangt versie 5.0 van 25 mei 2018." in shown
    assert reverse("privacy:policy_version", args=[old.pk]) in shown


def test_everybody_reads_it_without_a_cookie_and_html_stays_text(school: Organisation, dana: User) -> None:
    make_policy(dana, text="# Kop\n## Klein\n- een\n- twee\n\n<script>alert(1)</script>")
    answer = Browser().get(reverse("privacy:policy"))
    shown = answer.content.decode().split("<article")[1].split("</article>")[0]
    assert (answer.status_code, answer.cookies.output()) == (200, "")
    assert [part in shown for part in ("<h2>Kop</h2>", "<h3>Klein</h3>", "<li>een</li>", "&lt;script&gt;alert(1)")] == [True] * 4
    assert "<script" not in shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("een\ntwee\n\ndrie", [Block("paragraph", ("een", "twee")), Block("paragraph", ("drie",))]),
        ("# Kop\ntekst", [Block("heading", ("Kop",)), Block("paragraph", ("tekst",))]),
        ("- a\n- b\n\n- c", [Block("list", ("a", "b")), Block("list", ("c",))]),
        ("#geen kop\n# ", [Block("paragraph", ("#geen kop", "#"))]),
    ],
)
def test_plain_text_in_blocks(text: str, expected: list[Block]) -> None:
    assert blocks(text) == expected


def test_what_is_published_never_changes(school: Organisation, dana: User) -> None:
    row = make_policy(dana)
    for change in (
        lambda: PolicyVersion.objects.update(text="Anders"),
        lambda: PolicyVersion.objects.update(published_at=None),
        lambda: PolicyVersion.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    with pytest.raises(PolicyVersion.DoesNotExist):
        actions.change_policy(policy=row, version=row.version, by=dana, changes={"text": "Anders"})
    assert signed_in(dana).get(reverse("privacy:policy_change", args=[row.pk])).status_code == 404
    assert AuditEntry.objects.filter(model="kvs.policyversion", actor_audit_id=dana.audit_id).exists() is False  # no request


def test_a_version_from_draft_to_published_in_the_browser(dana: User) -> None:
    browser = signed_in(dana)
    typed = {"number": "3.0", "effective_on": "2020-01-01", "replaces_older": "versie 2.0 van 2018", "text": "", "version": "1"}
    answer = browser.post(reverse("privacy:policy_add"), typed)
    draft = PolicyVersion.objects.get()
    assert answer["Location"] == reverse("privacy:policy_draft", args=[draft.pk])
    address = reverse("privacy:policy_publish", args=[draft.pk])
    refused = browser.post(address, {"version": draft.version}, follow=True).content.decode()
    assert "Vul de tekst in of voeg de PDF toe" in refused
    browser.post(reverse("privacy:policy_change", args=[draft.pk]), typed | {"text": "Wat wij bewaren"})
    stale = browser.post(address, {"version": "1"}, follow=True).content.decode()
    assert "niet opgeslagen" in stale
    browser.post(address, {"version": PolicyVersion.objects.get().version})
    assert "Vervangt versie 2.0 van 2018." in page(Browser(), reverse("privacy:policy"))
    assert AuditEntry.objects.filter(model="kvs.policyversion", actor_audit_id=dana.audit_id).count() == 3


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"number": ""}, "verplicht"),
        ({"is_important": "on"}, "Zeg in gewoon Nederlands wat er verandert"),
        ({"effective_on": "gisteren"}, "datum"),
        ({"pdf": SimpleUploadedFile("x.pdf", b"MZ geen pdf")}, "Dit is geen PDF"),
    ],
)
def test_what_is_wrong_with_a_draft_is_said(wrong: dict[str, Any], sentence: str, dana: User) -> None:
    typed = {"number": "3.0", "effective_on": "2020-01-01", "text": "Blijft staan"}
    answer = signed_in(dana).post(reverse("privacy:policy_add"), typed | wrong)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert "Blijft staan" in answer.content.decode()
    assert PolicyVersion.objects.count() == 0


def test_one_version_a_day_and_not_before_what_it_replaces(school: Organisation, dana: User) -> None:
    first = make_policy(dana)
    for facts in ({"number": "1.1"}, {"number": "1.1", "effective_on": dt.date(2019, 1, 1), "replaces": first}):
        with pytest.raises(ValidationError), transaction.atomic():
            make_policy(dana, **facts)


def test_a_pdf_is_sealed_and_everybody_may_read_it(dana: User) -> None:
    browser = signed_in(dana)
    typed = {"number": "3.0", "effective_on": "2020-01-01", "version": "1"}
    browser.post(reverse("privacy:policy_add"), typed | {"pdf": SimpleUploadedFile("reglement.pdf", b"%PDF-oud")})
    draft = PolicyVersion.objects.get()
    browser.post(reverse("privacy:policy_change", args=[draft.pk]), typed | {"pdf": SimpleUploadedFile("n.pdf", PDF)})
    assert SealedFile.objects.count() == 1
    address = reverse("privacy:policy_file", args=[draft.pk])
    assert Browser().get(address).status_code == 404
    browser.post(reverse("privacy:policy_publish", args=[draft.pk]), {"version": "2"})
    answer = Browser().get(address)
    assert (answer.content, answer["Content-Type"]) == (PDF, "application/pdf")
    with connection.cursor() as cursor:
        cursor.execute("select content from kvs_sealedcontent")
        assert PDF not in bytes(cursor.fetchone()[0])


def test_a_draft_is_nowhere_to_be_read(anna: User, chris: User, dana: User) -> None:
    draft = actions.draft_policy(number="9.9", effective_on=LONG_AGO, text="Concepttekst", pdf=PDF, by=dana)
    for browser in (Browser(), signed_in(anna), signed_in(chris)):
        assert browser.get(reverse("privacy:policy_version", args=[draft.pk])).status_code == 404
        assert browser.get(reverse("privacy:policy_file", args=[draft.pk])).status_code == 404
        assert "Concepttekst" not in page(browser, reverse("privacy:policy"))
    assert signed_in(dana).get(reverse("privacy:policy_file", args=[draft.pk])).status_code == 200
    signed_in(dana).post(reverse("privacy:policy_publish", args=[draft.pk]), {"act": "remove"})
    assert (PolicyVersion.objects.count(), SealedFile.objects.count()) == (0, 0)


def test_strangers_publish_nothing(anna: User, chris: User, sami: User, rania: Student, me: Browser, dana: User) -> None:
    draft = actions.draft_policy(by=dana, text="Tekst", **IMPORTANT)
    row = announced(dana, effective_on=dt.date(2022, 1, 1), text="Tekst")
    wim = staff(Role.MANAGEMENT, surname="Terpstra")
    for browser in (signed_in(anna), signed_in(chris), signed_in(sami), signed_in(wim), me):
        assert browser.post(reverse("privacy:policy_publish", args=[draft.pk]), {"version": "1"}).status_code == 403
        assert browser.post(reverse("privacy:announcement_lettered", args=[row.pk])).status_code == 403
    assert PolicyVersion.objects.published().count() == 1


# --- telling everybody


def test_every_active_person_has_one_notice_and_nobody_else(
    north: Location, south: Location, ineke: User, anna: User, chris: User, dana: User, rania: Student
) -> None:
    group = make_group(north, ineke)
    coming = make_student(north, ineke)
    place(coming, group, ineke, starts_on=timezone.localdate() + dt.timedelta(days=30))
    over = make_student(north, ineke)
    ended = place(over, group, ineke)
    end_enrolment(enrolment=ended, version=ended.version, ends_on=dt.date(2021, 1, 1), by=ineke)
    over.programmes.update(ends_on=dt.date(2021, 1, 1))
    make_student(north, ineke)  # registered, without a programme
    staff(Role.TEACHER, north).memberships.update(ends_on=dt.date(2021, 1, 1))
    staff(Role.TEACHER, north, is_active=False)

    row = announced(dana)

    assert set(row.notices.filter(student__isnull=False).values_list("student", flat=True)) == {rania.pk, coming.pk}
    assert set(row.notices.filter(user__isnull=False).values_list("user", flat=True)) == {
        ineke.pk,
        anna.pk,
        chris.pk,
        dana.pk,
    }
    assert AuditEntry.objects.filter(model="privacy.policynotice", subject_audit_id=rania.audit_id).count() == 1


def test_a_change_that_is_not_important_tells_nobody(rania: Student, me: Browser, dana: User) -> None:
    make_policy(dana)
    assert (Announcement.objects.count(), Job.objects.filter(kind="privacy.announce").count()) == (0, 0)
    assert Organisation.objects.get().announced_at is None


def test_the_mail_goes_once_to_each_and_says_nothing_of_a_person(rania: Student, dana: User, ineke: User) -> None:
    row = announced(dana)
    assert row.job
    run_job(row.job.pk)
    actions.mail_notices(announcement=row, progress=lambda done, total, doing: None)  # a second run
    assert sorted(sent.to[0] for sent in mail.outbox) == ["dana@voorbeeld.test", "ineke@voorbeeld.test", "rania@voorbeeld.test"]
    [sent] = [sent for sent in mail.outbox if sent.to == ["rania@voorbeeld.test"]]
    assert sent.subject == "De school verandert iets aan het gebruik van gegevens"
    assert "Hallo Rania," in sent.body
    assert "Deze mail vraagt geen toestemming." in sent.body
    assert [word for word in ("Haddad", rania.number, SUMMARY) if word in sent.body] == []
    assert Job.objects.get(pk=row.job.pk).total == 3


def test_it_is_told_at_once_and_says_from_when(rania: Student, me: Browser, dana: User) -> None:
    """A: "Als er belangrijke wijzigingen aangebracht worden": at publication, and the day in force stands in all of it."""
    first = timezone.localdate() + dt.timedelta(days=40)
    row = announced(dana, effective_on=first)
    assert row.job
    run_job(row.job.pk)
    [sent] = [sent for sent in mail.outbox if sent.to == ["rania@voorbeeld.test"]]
    from_then = f"gelden vanaf {date_format(first, 'j F Y')}."
    assert from_then in sent.body
    on_screen = f"Dit geldt vanaf {date_format(first, 'j F Y')}."
    assert on_screen in page(me, reverse("attendance:portal"))
    assert on_screen in page(me, reverse("privacy:own_notice", args=[PolicyNotice.objects.get(student=rania).pk]))
    assert on_screen in page(signed_in(dana), reverse("privacy:announcement", args=[row.pk]))


def test_who_comes_before_the_day_in_force_is_told_by_the_night(rania: Student, north: Location, dana: User, ineke: User) -> None:
    first = timezone.localdate() + dt.timedelta(days=40)
    row = announced(dana, effective_on=first)
    before = PolicyNotice.objects.count()
    assert actions.tell_newcomers(today=timezone.localdate()) == 0

    newcomer = make_student(north, ineke, email="yusuf@voorbeeld.test")
    place(newcomer, make_group(north, ineke), ineke)
    assert actions.tell_newcomers(today=first) == 0  # handed out at the intake from now on
    assert actions.tell_newcomers(today=first - dt.timedelta(days=1)) == 1
    assert actions.tell_newcomers(today=first - dt.timedelta(days=1)) == 0
    assert PolicyNotice.objects.count() == before + 1

    row.refresh_from_db()
    assert row.job
    run_job(row.job.pk)
    assert [sent.to for sent in mail.outbox if "yusuf@voorbeeld.test" in sent.to] == [["yusuf@voorbeeld.test"]]


def test_an_important_version_that_holds_already_warns_before_it_is_published(dana: User) -> None:
    officer, warning = signed_in(dana), "mensen horen het achteraf"
    today = timezone.localdate()
    for effective_on, expected in ((today, 1), (today + dt.timedelta(days=1), 0)):
        draft = actions.draft_policy(by=dana, **(IMPORTANT | {"text": "# Kort", "effective_on": effective_on}))
        assert page(officer, reverse("privacy:policy_draft", args=[draft.pk])).count(warning) == expected


def test_who_no_mail_reaches_gets_a_letter(rania: Student, north: Location, ineke: User, dana: User, settings: Settings) -> None:
    without = make_student(
        north, ineke, surname="Zonder Mail", street="Kade", house_number="3", postcode="1234 AB", city="Oosterveen"
    )
    place(without, make_group(north, ineke), ineke)
    row = announced(dana)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens: every mail is refused
    actions.mail_notice(row.notices.get(student=rania).pk)
    assert row.notices.get(student=rania).refused

    browser = signed_in(dana)
    shown = page(browser, reverse("privacy:announcement_letters", args=[row.pk]))
    assert ("Zonder Mail" in shown, "Haddad" in shown, "Kade 3" in shown) == (True, True, True)
    assert "Deze brief vraagt geen toestemming." in shown
    assert AccessEvent.objects.filter(subject_audit_id=without.audit_id, viewer_audit_id=dana.audit_id).count() == 1
    browser.post(reverse("privacy:announcement_lettered", args=[row.pk]))
    assert row.notices.filter(letter_on=timezone.localdate()).count() == 2
    assert "Er is geen brief nodig" in page(browser, reverse("privacy:announcement_letters", args=[row.pk]))


def test_an_officer_of_one_location_prints_the_letters_of_that_one(
    north: Location, south: Location, ineke: User, dana: User
) -> None:
    for place_, name in ((north, "Noorderling"), (south, "Zuiderling")):
        student = make_student(place_, ineke, surname=name)
        place(student, make_group(place_, ineke), ineke)
    row = announced(dana)
    shown = page(signed_in(staff(Role.PRIVACY_OFFICER, south)), reverse("privacy:announcement_letters", args=[row.pk]))
    assert ("Zuiderling" in shown, "Noorderling" in shown) == (True, False)


def test_the_banner_stands_on_every_page_until_it_was_read(rania: Student, me: Browser, anna: User, dana: User) -> None:
    start = reverse("attendance:portal")
    assert "Gelezen" not in page(me, start)
    announced(dana)
    notice = PolicyNotice.objects.get(student=rania)
    for browser, address in ((me, start), (me, reverse("students:own_data")), (signed_in(anna), reverse("attendance:today"))):
        shown = page(browser, address)
        assert SUMMARY in shown
        assert "Met deze knop zegt u alleen dat u het hebt gelezen. Het is geen toestemming." in shown
    me.get(reverse("privacy:own_notice", args=[notice.pk]))
    notice.refresh_from_db()
    assert notice.read_at is None  # looking is not saying so
    me.post(reverse("privacy:own_notice", args=[notice.pk]))
    first = PolicyNotice.objects.get(pk=notice.pk).read_at
    me.post(reverse("privacy:own_notice", args=[notice.pk]))
    assert PolicyNotice.objects.get(pk=notice.pk).read_at == first
    assert SUMMARY not in page(me, start)
    assert SUMMARY in page(signed_in(anna), reverse("attendance:today"))


def test_reading_is_never_consent(rania: Student, me: Browser, dana: User) -> None:
    """Nothing but the moment of reading is written, and the words say what it is not."""
    announced(dana)
    before = Student.objects.values().get(pk=rania.pk)
    notice = PolicyNotice.objects.get(student=rania)
    me.post(reverse("privacy:own_notice", args=[notice.pk]))
    assert Student.objects.values().get(pk=rania.pk) == before
    assert str(PolicyNotice._meta.get_field("read_at").verbose_name) == "gelezen (dit is geen toestemming)"
    assert "geen toestemming" in page(me, reverse("privacy:own_notice", args=[notice.pk]))


def test_nobody_reads_for_somebody_else(rania: Student, me: Browser, anna: User, chris: User, dana: User) -> None:
    announced(dana)
    notice = PolicyNotice.objects.get(student=rania)
    address = reverse("privacy:own_notice", args=[notice.pk])
    for browser in (signed_in(anna), signed_in(chris), signed_in(dana)):
        assert (browser.get(address).status_code, browser.post(address).status_code) == (404, 404)
    assert PolicyNotice.objects.get(pk=notice.pk).read_at is None


def test_without_an_announcement_no_page_asks_for_notices(anna: User) -> None:
    browser = signed_in(anna)
    browser.get(reverse("students:groups"))
    with CaptureQueriesContext(connection) as before:
        browser.get(reverse("students:groups"))
    Organisation.objects.update(announced_at=timezone.now())
    with CaptureQueriesContext(connection) as after:
        browser.get(reverse("students:groups"))
    assert len(after) == len(before) + 1


def test_the_database_knows_one_person_and_one_thing(rania: Student, dana: User) -> None:
    row = announced(dana)
    for wrong in (
        lambda: PolicyNotice.objects.create(announcement=row),
        lambda: PolicyNotice.objects.create(announcement=row, student=rania, user=dana),
        lambda: PolicyNotice.objects.create(announcement=row, student=rania),
        lambda: PolicyNotice.objects.filter(student=rania).update(refused=True, mailed_at=timezone.now()),
        lambda: Announcement.objects.create(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()


def test_notices_and_hand_outs_go_with_the_person(rania: Student, dana: User, ineke: User) -> None:
    announced(dana)
    policy = PolicyVersion.objects.get()
    programmes = list(rania.programmes.all())
    record_hand_outs(programmes=programmes, kinds=["policy"], policy=policy, handed_on=LONG_AGO, how="paper", by=ineke)
    wim = staff(Role.MANAGEMENT, surname="Terpstra")
    erasure = prepare_erasure(person=rania, reason="request", by=dana)
    assert {"privacy.PolicyNotice", "students.HandOut"} <= {line["model"] for line in erasure.plan if line["action"] == "delete"}
    approve_erasure(erasure=erasure, by=wim)
    erasure.refresh_from_db()
    run_erasure(erasure=erasure, progress=lambda done, total, doing: None)
    assert (PolicyNotice.objects.filter(student__isnull=False).count(), HandOut.objects.count()) == (0, 0)
    assert PolicyVersion.objects.count() == 1
