"""Requests from intake to closing: what the database refuses, what follows from a decision, and who is told."""

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pdfua
import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from pypdf import PdfReader

from kvs.jobs import WORK, Run
from kvs.models import AuditEntry, Job, Location, Role, User
from kvs.pdf import pdf_available
from privacy import letters
from privacy.actions import notices
from privacy.actions import requests as actions
from privacy.models import PaperDossier, PrivacyRequest, RequestTask, Restriction
from reporting.models import DisclosedPerson, Disclosure
from students.models import Client, Student
from tests.factories import ask_privacy, limit, make_student, staff

NEEDS_PDF = pytest.mark.skipif(bool(pdf_available()), reason=pdf_available())


@pytest.fixture
def rania(north: Location, ineke: User) -> Student:
    return make_student(north, ineke, surname="Haddad")


def today() -> dt.date:
    return timezone.localdate()


def fresh(row: PrivacyRequest) -> PrivacyRequest:
    return PrivacyRequest.objects.get(pk=row.pk)


def decided(row: PrivacyRequest, by: User, decision: str = "granted", **facts: Any) -> PrivacyRequest:
    return actions.decide_request(request=row, version=fresh(row).version, decision=decision, by=by, **facts)


def sent(row: PrivacyRequest, by: User) -> PrivacyRequest:
    return actions.send_letter(request=row, version=fresh(row).version, sent_on=today(), how="post", by=by)


def executed(row: PrivacyRequest, by: User) -> PrivacyRequest:
    return actions.confirm_executed(request=row, version=fresh(row).version, done_on=today(), by=by)


def closed(row: PrivacyRequest, by: User) -> PrivacyRequest:
    return actions.close_request(request=row, version=fresh(row).version, by=by)


# --- in


def test_the_term_runs_from_the_day_it_came_in(rania: Student, ineke: User) -> None:
    received = today() - dt.timedelta(days=10)
    row = ask_privacy(rania, ineke, received_on=received)
    assert (row.state, row.due_on, row.last_day) == ("new", received + dt.timedelta(days=28), received + dt.timedelta(days=28))
    assert (row.subject_audit_id, row.taken_in_by_audit_id, row.handler_audit_id) == (rania.audit_id, ineke.audit_id, None)


def test_the_school_sets_its_own_term_and_the_law_stays_behind_it(rania: Student, ineke: User, dana: User) -> None:
    changes = {"answer_days": 31, "extension_days": 28, "execute_days": 3, "systems": []}
    actions.change_terms(version=1, by=dana, changes=changes)
    row = ask_privacy(rania, ineke, received_on=dt.date(2026, 2, 1))
    assert row.due_on == dt.date(2026, 3, 1)
    with pytest.raises(ValidationError):
        actions.change_terms(version=2, by=dana, changes={**changes, "answer_days": 32})
    with pytest.raises(ValidationError):
        actions.change_terms(version=1, by=dana, changes=changes)


def test_nothing_comes_in_from_the_future_or_twice(rania: Student, ineke: User) -> None:
    with pytest.raises(ValidationError):
        ask_privacy(rania, ineke, received_on=today() + dt.timedelta(days=1))
    ask_privacy(rania, ineke)
    with pytest.raises(ValidationError, match="al gevraagd"):
        ask_privacy(rania, ineke)
    ask_privacy(rania, ineke, kind="erasure")


def test_names_addresses_and_words_are_sealed(rania: Student, ineke: User, db: None) -> None:
    row = ask_privacy(rania, ineke, words="Mijn nieuwe adres is Kade 99")
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(r)::text FROM privacy_privacyrequest r WHERE id = %s", [row.pk])
        (stored,) = cursor.fetchone()
    assert [word for word in ("Haddad", "Kade", "Oosterveen") if word in stored] == []


def test_all_contacts_are_told_and_nobody_else(rania: Student, ineke: User, dana: User, north: Location) -> None:
    second = staff(Role.PRIVACY_OFFICER, north, email="tweede@voorbeeld.test", call_name="Wil")
    former = staff(Role.PRIVACY_OFFICER, north, email="vroeger@voorbeeld.test")
    former.memberships.update(ends_on=today() - dt.timedelta(days=1))
    row = ask_privacy(rania, ineke, words="Ik ben boos")

    run_mail()

    assert {message.to[0] for message in mail.outbox} == {dana.email, second.email}
    for message in mail.outbox:
        text = f"{message.subject} {message.body}"
        assert row.reference in text
        assert [word for word in ("Haddad", "Rania", "inzage", "boos", "Oosterveen", rania.number) if word in text] == []


def run_mail() -> None:
    """Run the mail jobs that wait."""
    for job in Job.objects.filter(kind="privacy.tell_contacts", state="queued"):
        WORK[job.kind](Run(job))
        job.delete()


def test_reminders_are_sent_once_each(rania: Student, ineke: User, dana: User) -> None:
    asked = ask_privacy(rania, ineke, received_on=today() - dt.timedelta(days=21))
    Job.objects.all().delete()
    assert [notices.remind(), notices.remind()] == [1, 0]
    assert fresh(asked).reminders == 2
    run_mail()
    assert [message.to for message in mail.outbox] == [[dana.email]]
    PrivacyRequest.objects.filter(pk=asked.pk).update(state="withdrawn", closed_on=today(), reminders=0)
    assert notices.remind() == 0


# --- who asks


def test_a_pin_is_not_enough_to_hand_over_or_destroy(rania: Student, ineke: User, dana: User) -> None:
    row = ask_privacy(rania, ineke, identity="signed_in")
    assert row.state == "new"
    with pytest.raises(ValidationError):
        decided(row, dana)
    row = actions.establish_identity(request=row, version=1, method="seen", by=dana)
    assert (row.state, row.identity_by_audit_id, row.handler_audit_id) == ("handling", dana.audit_id, dana.audit_id)
    assert ask_privacy(rania, ineke, kind="rectification", identity="signed_in").state == "handling"
    with pytest.raises(IntegrityError), transaction.atomic():
        PrivacyRequest.objects.filter(pk=row.pk).update(identity="signed_in")


def test_who_cannot_be_identified_gets_nothing(rania: Student, ineke: User, dana: User) -> None:
    row = ask_privacy(rania, ineke)
    row = actions.establish_identity(request=row, version=1, method="none", doubt="Geen antwoord", by=dana)
    with pytest.raises(ValidationError, match="Wie we niet kennen"):
        decided(row, dana)
    row = decided(row, dana, "refused", grounds=["identity"], explanation="Wij weten niet wie u bent.")
    assert row.state == "decided"


def test_nobody_handles_the_own_request(dana: User) -> None:
    row = actions.take_in(
        kind="rectification", channel="portal", received_on=today(), person_kind="staff", name="Dana Kaya",
        subject_audit_id=dana.audit_id, identity="second_factor", by=dana, own=True,
    )  # fmt: skip
    with pytest.raises(ValidationError, match="eigen verzoek"):
        decided(row, dana)


# --- more time


@pytest.mark.parametrize(("ago", "fits"), [(27, True), (28, True), (29, False)])
def test_more_time_only_before_the_term_has_passed(rania: Student, ineke: User, dana: User, ago: int, fits: bool) -> None:
    row = ask_privacy(rania, ineke, identity="seen", received_on=today() - dt.timedelta(days=ago))
    if not fits:
        with pytest.raises(ValidationError):
            actions.extend_term(request=row, version=1, reason="complex", told_on=today(), by=dana)
        return
    row = actions.extend_term(request=row, version=1, reason="complex", told_on=today(), by=dana)
    assert row.last_day == row.due_on + dt.timedelta(days=28)
    with pytest.raises(ValidationError):
        actions.extend_term(request=row, version=2, reason="many", told_on=today(), by=dana)


def test_the_database_refuses_a_silent_or_late_extension(rania: Student, ineke: User) -> None:
    row = ask_privacy(rania, ineke)
    later = row.due_on + dt.timedelta(days=28)
    for wrong in (
        {"extended_to": later, "last_day": later},
        {"extended_to": later, "last_day": later, "extension_reason": "busy", "extension_told_on": today()},
        {
            "extended_to": later,
            "last_day": later,
            "extension_reason": "many",
            "extension_told_on": row.due_on + dt.timedelta(days=1),
        },
        {"last_day": later},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            PrivacyRequest.objects.filter(pk=row.pk).update(**wrong)


# --- deciding


@pytest.mark.parametrize(
    "wrong",
    [
        {"decision": "refused"},
        {"decision": "refused", "grounds": ["legal_duty"]},
        {"decision": "refused", "grounds": ["effort"], "explanation": "Te veel werk"},
        {"decision": "refused", "grounds": ["compelling"], "explanation": "Wij vinden dat belangrijker"},
        {"decision": "refused", "grounds": ["law"], "explanation": "Een wet"},
        {"decision": "partly", "grounds": [], "explanation": "Een deel"},
        {"decision": "granted", "grounds": ["claims"]},
    ],
)
def test_the_database_refuses_a_refusal_without_a_ground_of_the_law(
    rania: Student, ineke: User, dana: User, wrong: dict[str, Any]
) -> None:
    row = ask_privacy(rania, ineke, kind="erasure", identity="seen")
    if wrong["decision"] != "granted":
        with pytest.raises(ValidationError), transaction.atomic():
            decided(row, dana, **wrong)
    row = fresh(row)
    row.state, row.decided_on = "decided", today()
    row.execute_by = None if wrong["decision"] == "refused" else today()
    for name, value in wrong.items():
        setattr(row, name, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_the_grounds_of_each_kind_are_accepted(rania: Student, ineke: User, dana: User) -> None:
    row = ask_privacy(rania, ineke, kind="erasure", identity="seen")
    for ground in ("needed", "legal_duty", "claims", "unfounded", "uavg41"):
        row = decided(row, dana, "refused", grounds=[ground], explanation="Daarom")
    row = decided(row, dana, "refused", grounds=["law"], law="Archiefwet 3", explanation="Daarom")
    assert row.ground_lines == [("een andere wet, genoemd in het besluit", "Archiefwet 3")]


def test_a_decision_is_changed_only_until_the_letter_is_sent(rania: Student, ineke: User, dana: User) -> None:
    row = ask_privacy(rania, ineke, identity="seen")
    decided(row, dana, "refused", grounds=["others"], explanation="Van een ander")
    row = decided(row, dana)
    assert (row.decision, row.grounds) == ("granted", [])
    sent(row, dana)
    with pytest.raises(ValidationError, match="staat vast"):
        decided(row, dana, "refused", grounds=["others"], explanation="Toch niet")


def test_two_officers_do_not_decide_over_each_other(rania: Student, ineke: User, dana: User) -> None:
    row = ask_privacy(rania, ineke, identity="seen")
    actions.decide_request(request=row, version=1, decision="granted", by=dana)
    with pytest.raises(ValidationError):
        actions.decide_request(request=row, version=1, decision="granted", by=ineke)


# --- what follows


def disclose(student: Student, recipient: str, client: Client | None, at: dt.datetime) -> None:
    made = Disclosure.objects.create(
        report="municipality", version=1, reference="AAAA-AAAA", recipient=recipient, client=client, format="pdf",
        sha256="0" * 64, channel="portal", at=at,
    )  # fmt: skip
    DisclosedPerson.objects.create(disclosure=made, audit_id=student.audit_id)


def test_erasure_makes_a_task_for_each_recipient_paper_file_and_system(
    rania: Student, ineke: User, dana: User, north: Location
) -> None:
    client, now = Client.objects.create(name="Gemeente Oosterveen"), timezone.now()
    for days in (40, 10):
        disclose(rania, "municipality", client, now - dt.timedelta(days=days))
    disclose(make_student(north, ineke), "municipality", Client.objects.create(name="Gemeente Elders"), now)
    paper = actions.add_paper(subject_audit_id=rania.audit_id, name="Haddad", place="Noord", cabinet="kast 3", by=ineke)
    actions.change_terms(
        version=1, by=dana, changes={"answer_days": 28, "extension_days": 28, "execute_days": 5, "systems": ["NT2 Admin"]}
    )

    row = decided(ask_privacy(rania, ineke, kind="erasure", identity="seen"), dana)
    row = decided(row, dana)

    assert [(task.kind, task.what, task.last_on) for task in row.tasks.all()] == [
        ("paper", "Noord, kast 3", None),
        ("recipient", "Gemeente Oosterveen", timezone.localdate(now - dt.timedelta(days=10))),
        ("system", "NT2 Admin", None),
    ]
    assert row.letter is not None
    assert "Gemeente Oosterveen" in row.letter
    assert "Gemeente Elders" not in row.letter

    with pytest.raises(ValidationError):
        end(row, "recipient", "disproportionate", dana)
    with pytest.raises(ValidationError):
        end(row, "paper", "disproportionate", dana, note="Te veel werk")
    end(row, "paper", "done", dana, how="shredded")
    paper.refresh_from_db()
    assert (paper.destroyed_on, paper.destroyed_by_audit_id) == (today(), dana.audit_id)
    with pytest.raises(ValidationError):
        end(row, "paper", "done", dana, how="shredded")
    end(row, "recipient", "disproportionate", dana, note="De gemeente bestaat niet meer")
    end(row, "system", "nothing", dana)
    assert row.tasks.open().count() == 0


def end(row: PrivacyRequest, kind: str, outcome: str, by: User, how: str = "", note: str = "") -> None:
    task = row.tasks.get(kind=kind)
    actions.confirm_task(task=task, outcome=outcome, how=how, note=note, done_on=today(), by=by)


def test_nothing_follows_from_a_refusal(rania: Student, ineke: User, dana: User) -> None:
    actions.add_paper(subject_audit_id=rania.audit_id, name="Haddad", place="Noord", cabinet="kast 3", by=ineke)
    row = ask_privacy(rania, ineke, kind="erasure", identity="seen")
    assert decided(row, dana).tasks.count() == 1
    assert decided(row, dana, "refused", grounds=["needed"], explanation="U volgt nog lessen").tasks.count() == 0


# --- closing


def test_it_closes_with_letter_and_done_and_not_before(rania: Student, ineke: User, dana: User) -> None:
    actions.add_paper(subject_audit_id=rania.audit_id, name="Haddad", place="Noord", cabinet="kast 3", by=ineke)
    row = decided(ask_privacy(rania, ineke, kind="rectification", identity="seen"), dana)
    RequestTask.objects.create(request=row, kind="system", what="Boekhouding")
    assert len(actions.what_is_missing(row)) == 3
    with pytest.raises(ValidationError):
        closed(row, dana)
    row = sent(row, dana)
    row = executed(row, dana)
    with pytest.raises(ValidationError, match="nog taken"):
        closed(row, dana)
    end(row, "system", "done", dana, how="self")
    row = closed(row, dana)
    assert (row.state, row.closed_on, row.is_open) == ("closed", today(), False)


@pytest.mark.parametrize("lacking", ["letter_sent_on", "executed_on"])
def test_the_database_refuses_to_close_without(rania: Student, ineke: User, dana: User, lacking: str) -> None:
    row = executed(sent(decided(ask_privacy(rania, ineke, kind="consent", identity="seen"), dana), dana), dana)
    missing: dict[str, Any] = {lacking: None} | ({"letter_sent_how": ""} if lacking == "letter_sent_on" else {})
    with pytest.raises(IntegrityError), transaction.atomic():
        PrivacyRequest.objects.filter(pk=row.pk).update(state="closed", closed_on=today(), **missing)
    PrivacyRequest.objects.filter(pk=row.pk).update(state="closed", closed_on=today())


def test_a_refusal_closes_with_its_letter(rania: Student, ineke: User, dana: User) -> None:
    row = ask_privacy(rania, ineke, kind="objection", identity="seen")
    row = sent(decided(row, dana, "refused", grounds=["compelling"], explanation="De gemeente betaalt"), dana)
    with pytest.raises(ValidationError):
        executed(row, dana)
    assert closed(row, dana).state == "closed"


def test_a_restriction_counts_as_done_when_it_stands(rania: Student, ineke: User, dana: User) -> None:
    row = sent(decided(ask_privacy(rania, ineke, kind="restriction", identity="seen"), dana), dana)
    with pytest.raises(ValidationError, match="nog niet uitgevoerd"):
        executed(row, dana)
    limit(rania, dana)
    assert Restriction.objects.filter(student=rania).count() == 1
    assert closed(executed(row, dana), dana).state == "closed"


def test_granted_and_not_done_raises_the_alarm(rania: Student, ineke: User, dana: User) -> None:
    row = decided(ask_privacy(rania, ineke, kind="rectification", identity="seen"), dana)
    mine = PrivacyRequest.objects.handled_by_role_of(dana)
    assert row.execute_by is not None
    assert list(mine.granted_not_done(row.execute_by)) == []
    assert list(mine.granted_not_done(row.execute_by + dt.timedelta(days=1))) == [row]
    executed(row, dana)
    assert list(mine.granted_not_done(row.execute_by + dt.timedelta(days=1))) == []


def test_taking_back_ends_it(rania: Student, ineke: User) -> None:
    row = ask_privacy(rania, ineke)
    for _twice in range(2):
        actions.withdraw_request(request=row, by=ineke)
    assert (fresh(row).state, fresh(row).version) == ("withdrawn", 2)
    ask_privacy(rania, ineke)


def test_the_audit_holds_no_value(rania: Student, ineke: User, dana: User) -> None:
    row = ask_privacy(rania, ineke, kind="erasure", identity="seen", words="Wis alles")
    decided(row, dana, "refused", grounds=["needed"], explanation="U volgt nog lessen")
    lines = AuditEntry.objects.filter(model="privacy.privacyrequest", object_pk=str(row.pk))
    assert "explanation" in {name for line in lines for name in line.fields}
    assert {line.subject_audit_id for line in lines} <= {rania.audit_id, None}


# --- the letter


def test_the_letter_has_what_the_law_asks(rania: Student, ineke: User, dana: User) -> None:
    row = ask_privacy(rania, ineke, kind="erasure", identity="seen")
    explanation = "Uw facturen <b>moeten</b> blijven."
    row = decided(row, dana, "partly", grounds=["legal_duty", "law"], law="AWR 52", explanation=explanation)
    letter = row.letter or ""
    for part in (
        row.reference, "Haddad", "Kade 1", "Wij doen een deel van wat u vraagt", "(artikel 17 AVG)",
        "Een wet verplicht de school om de gegevens te bewaren (artikel 17 lid 3 onder b AVG).", "(AWR 52)",
        "Uw facturen &lt;b&gt;moeten&lt;/b&gt; blijven.", "Autoriteit Persoonsgegevens", "AVG 77", "rechtbank", "zes weken",
        "UAVG 35", "Dana Kaya", "Taalschool Lindenhof",
    ):  # fmt: skip
        assert part in letter


@NEEDS_PDF
def test_the_letters_are_pdf_ua(rania: Student, ineke: User, dana: User, tmp_path: Path) -> None:
    row = ask_privacy(rania, ineke, kind="erasure", identity="seen")
    row = actions.extend_term(request=row, version=1, reason="many", told_on=today(), by=dana)
    row = decided(row, dana, "refused", grounds=["claims"], explanation="Er loopt een zaak")
    for page in (row.letter or "", letters.extension_letter(row, dana)):
        made = letters.as_pdf(page)
        (tmp_path / "letter.pdf").write_bytes(made)
        findings = pdfua.validate(str(tmp_path / "letter.pdf")).findings
        assert [finding.message for finding in findings if finding.severity >= pdfua.Severity.ERROR] == []
        text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)
        assert row.reference in text
        assert "Autoriteit Persoonsgegevens" in text


def test_paper_of_others_is_not_touched(rania: Student, ineke: User, dana: User, north: Location) -> None:
    other = make_student(north, ineke)
    actions.add_paper(subject_audit_id=other.audit_id, name="Ander", place="Noord", cabinet="kast 1", by=ineke)
    assert decided(ask_privacy(rania, ineke, kind="erasure", identity="seen"), dana).tasks.count() == 0
    assert PaperDossier.objects.present().count() == 1
