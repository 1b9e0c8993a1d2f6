"""Rows for tests. Plain functions with sensible defaults; names are invented."""

import datetime as dt
import io
from itertools import count
from typing import Any

from django.utils import timezone
from PIL import Image

from attendance.actions import Row, sign_register
from attendance.actions.absence import report_absence
from attendance.actions.agreements import agree_reasons
from attendance.actions.follow_up import add_rule, find_signals, take_step
from attendance.actions.hours import add_outside_hours, set_opening_balance
from attendance.actions.planning import add_slot, plan_lesson
from attendance.models import (
    AbsenceLetter,
    AbsenceReport,
    AbsenceSettings,
    Closure,
    FollowUp,
    FollowUpStep,
    Lesson,
    ReasonAgreement,
    SignalRule,
)
from exams.actions import Cell, add_attempt, record_levels
from kvs import statements
from kvs.models import Location, Membership, PolicyVersion, Qualification, Role, Statement, User
from privacy.actions.announcements import draft_policy, publish_policy, publish_register
from privacy.actions.complaints import take_in_complaint
from privacy.actions.consents import say
from privacy.actions.finance import record_invoice
from privacy.actions.incidents import report_incident
from privacy.actions.requests import add_paper, add_representation, decide_request, take_in
from privacy.actions.restrictions import object_to, restrict
from privacy.actions.reviews import start_review
from privacy.models import (
    AccessReview,
    Announcement,
    Complaint,
    FinancialRecord,
    PolicyNotice,
    PrivacyRequest,
    RegisterVersion,
    Restriction,
    WithheldTask,
)
from reporting.actions import record_given
from reporting.models import Disclosure
from students import actions
from students.actions.consent_scans import add_scan
from students.actions.handouts import record_hand_outs
from students.models import Client, Consent, Enrolment, Group, Programme, Student, TeachingAssignment

PASSWORD = "fiets onder de oude brug 7"  # long enough to pass our own rules
LONG_AGO = dt.date(2020, 1, 1)
_serial = count(1000)  # of one length: no name is part of another


def make_user(**fields: Any) -> User:
    """An account that signs in with an address of its own and PASSWORD."""
    known = {"email": f"persoon{next(_serial)}@voorbeeld.test", "call_name": "Marijke", "infix": "de", "surname": "Vries"}
    stated = {"stated_until": timezone.localdate() + dt.timedelta(days=200)}  # without it nobody passes the gate
    user = User(**(known | stated | fields))
    user.set_password(PASSWORD)
    user.save(force_insert=True)
    return user


def staff(role: Role, location: Location | None = None, **user: Any) -> User:
    """An account with one membership, since long ago; an auditor's always has a last day."""
    made = make_user(**user)
    until = timezone.localdate() + dt.timedelta(days=30) if role == Role.AUDITOR else None
    Membership.objects.create(user=made, role=role, location=location, starts_on=LONG_AGO, ends_on=until)
    return made


def stated(user: User) -> list[Statement]:
    """`user` states both texts as they are now."""
    return statements.state(user=user, seen={text.kind: text.number for text in statements.current_texts().values()})


def make_student(location: Location, by: User, **fields: Any) -> Student:
    """A student taken in at `location`."""
    known = {"given_names": "Rania", "call_name": "Rania", "surname": f"Al-Khatib {next(_serial)}"}
    return actions.register_student(by=by, intake_location=location, **(known | fields))


def make_group(location: Location, by: User, **fields: Any) -> Group:
    """A group that runs since long ago."""
    known = {"name": f"NT2 groep {next(_serial)}", "starts_on": LONG_AGO, "capacity": 20}
    return actions.start_group(by=by, location=location, **(known | fields))


def place(student: Student, group: Group, by: User, **fields: Any) -> Enrolment:
    """A place in `group` since long ago, under a programme without duty."""
    programme = actions.start_programme(student=student, by=by, law="none", starts_on=LONG_AGO)
    return actions.enrol_student(programme=programme, group=group, by=by, **({"starts_on": LONG_AGO} | fields))


def make_everything(location: Location, by: User, *, hours_later: int = 0) -> dict[str, str]:
    """One of each at `location`; their primary keys by kind. The lesson of two hours begins now, or so much later."""
    student, group = make_student(location, by), make_group(location, by)
    enrolment = place(student, group, by)
    client = Client.objects.create(name=f"Gemeente Oosterveen {next(_serial)}")
    contract = actions.add_contract(programme=enrolment.programme, by=by, client=client, starts_on=LONG_AGO)
    attempt = add_attempt(
        programme=enrolment.programme, by=by, part="nt2_1_le", level="b1", taken_on=timezone.localdate(), told_by="student"
    )
    level = Cell({"level": "a2_1"})
    record_levels(day=timezone.localdate(), kind="interim", cells={(enrolment.programme.pk, "reading"): level}, by=by)
    now = timezone.now()
    begin = now + dt.timedelta(hours=hours_later)
    lesson = plan_lesson(group=group, starts_at=begin, ends_at=begin + dt.timedelta(hours=2), planned_minutes=110, by=by)
    old = {"hour_class": "classroom", "year": 2020, "minutes": 90, "source": "paper"}
    done = {"kind": "participation", "day": LONG_AGO, "minutes": 120, "provider": "Buurthuis Oost"}
    proven = {"evidence": "statement", "reference": "12-11-2020"}
    day = timezone.localdate()
    slot = add_slot(group=group, by=by, weekday=0, begins=dt.time(6), ends=dt.time(7), starts_on=day)
    closure = Closure.objects.create(name="Studiedag", location=location, starts_on=day, ends_on=day)
    limited = make_student(location, by)
    actions.start_programme(student=limited, by=by, law="none", starts_on=LONG_AGO)  # nobody was marked in it for half a year
    made = {
        "location": location,
        "student": student,
        "lesson": lesson,
        "slot": slot,
        "closure": closure,
        "group": group,
        "enrolment": enrolment,
        "programme": enrolment.programme,
        "client": client,
        "contract": contract,
        "attempt": attempt,
        "balance": set_opening_balance(contract=contract, by=by, **old),
        "outside": add_outside_hours(programme=enrolment.programme, by=by, **done, **proven),
        "case_manager": client.case_managers.create(surname="Jansen"),
        **follow_ups(enrolment, client, by, hours_later),
        "account": (colleague := staff(Role.TEACHER, location)),
        "role": colleague.memberships.get(),
        "restriction": limit(limited, by),
        "incident": report_incident(kind="lost", discovered_at=now, description="Een map", by=by),
        "objection": object_to(student=limited, purpose="quality", by=by),
        "invoice": invoice(enrolment.programme, by),
        "absence": leave(student, by),
        "agreement": agree(client, by),
        "withheld": WithheldTask.objects.create(month=a_month(next(_serial)), number=1, last_on=timezone.localdate()),
    }
    made["consent_event"] = consent(student, by).events.get()
    made["consent_scan"] = add_scan(event=made["consent_event"], content=picture(), by=by)
    made["given"] = give(student, by)
    stated(colleague)
    Qualification.objects.create(user=colleague, register="bvnt2", number="12345", valid_until=timezone.localdate())
    made["review"] = AccessReview.objects.open().first() or start_review(by=staff(Role.MANAGEMENT, location))
    made |= requests_of_everyone(location, by)
    made |= told_about(enrolment.programme, by)
    return {kind: str(row.pk) for kind, row in made.items()}


def note_reasons() -> AbsenceSettings:
    """The school notes reasons of absence, since long ago."""
    return AbsenceSettings.objects.update_or_create(pk=1, defaults={"reasons_from": LONG_AGO})[0]


def leave(student: Student, by: User, days_ahead: int = 40) -> AbsenceReport:
    """A day of holiday that `student` asks for, in a school that notes reasons."""
    note_reasons()
    begin = timezone.localtime() + dt.timedelta(days=days_ahead)
    asked = report_absence(student=student, starts_at=begin, ends_at=begin + dt.timedelta(hours=8), reason="holiday", by=by)
    AbsenceReport.objects.filter(pk=asked.pk).update(status="asked", party="student")
    return asked


def agree(client: Client, by: User, *reasons: str, starts_on: dt.date = LONG_AGO) -> ReasonAgreement:
    """`client` hears these reasons of absence; without any, of a holiday."""
    source = "Overeenkomst, artikel 7"
    return agree_reasons(client=client, reasons=reasons or ("holiday",), source=source, starts_on=starts_on, by=by)


def follow_ups(enrolment: Enrolment, client: Client, by: User, hours_later: int) -> dict[str, Any]:
    """A rule of the client, and a follow-up after the talk and the first letter."""
    rule = make_rule(by, client=client, threshold=1)
    made = follow_up(enrolment, by, hours_later)
    for outcome in ("agreed", "handed"):
        climb(made, outcome, by)
    return {"signal_rule": rule, "follow_up": made, "absence_letter": AbsenceLetter.objects.get(step__follow_up=made)}


def make_rule(by: User, **fields: Any) -> SignalRule:
    """The rule of the school that looks at lessons missed, unless `fields` say otherwise."""
    known: dict[str, Any] = {"client": None, "kind": "lessons", "threshold": 3, "weeks": 4, "counts": "unexcused"}
    return add_rule(by=by, **(known | {"active": True, "source": "Overeenkomst, artikel 5"} | fields))


def climb(row: FollowUp, outcome: str, by: User, **facts: Any) -> FollowUpStep:
    """Take the next step of a follow-up today."""
    version = FollowUp.objects.values_list("version", flat=True).get(pk=row.pk)
    return take_step(follow_up=row, version=version, outcome=outcome, by=by, **({"done_on": timezone.localdate()} | facts))


def follow_up(enrolment: Enrolment, by: User, hours_later: int = 0) -> FollowUp:
    """The follow-up of one missed lesson, five days ago (or so many hours later), found today by a rule that must be there."""
    teacher = staff(Role.TEACHER, enrolment.group.location)
    teach(teacher, enrolment.group, by)
    lesson = make_lesson(enrolment.group, by, starts_at=timezone.now() - dt.timedelta(days=5, hours=-hours_later))
    sign_register(lesson=lesson, rows=[Row(enrolment.pk, "absent")], by=teacher)
    find_signals(today=timezone.localdate(), by=by)
    return FollowUp.objects.get(programme=enrolment.programme)


def told_about(programme: Programme, by: User) -> dict[str, Any]:
    """A policy in force that `programme` was given on paper, a draft of the next, and a notice to the student of the change."""
    policy = PolicyVersion.objects.in_force() or make_policy(by)
    if not RegisterVersion.objects.exists():
        publish_register(is_important=False, summary="", by=by)
    told: dict[str, Any] = {"policy": policy, "handed_on": timezone.localdate(), "how": "paper"}
    record_hand_outs(programmes=[programme], kinds=["policy", "annex"], by=by, **told)
    announcement, _made = Announcement.objects.get_or_create(policy=policy)
    return {
        "policy": policy,
        "policy_draft": draft_policy(number="2.0", effective_on=timezone.localdate(), text="# Later", by=by),
        "hand_out": programme.hand_outs.get(kind="policy"),
        "announcement": announcement,
        "own_notice": PolicyNotice.objects.create(announcement=announcement, student=programme.student),
    }


def make_policy(by: User, **facts: Any) -> PolicyVersion:
    """A published version of the privacy policy, in force since long ago."""
    known: dict[str, Any] = {"number": "1.0", "effective_on": LONG_AGO, "text": "# Wat wij bewaren\n\nUw naam."}
    draft = draft_policy(by=by, **(known | facts))
    return publish_policy(policy=draft, version=draft.version, by=by)


def requests_of_everyone(location: Location, by: User) -> dict[str, Any]:
    """A granted request with a task, a representative and a paper file, all about one student at `location`."""
    student = make_student(location, by)
    representation = add_representation(
        subject_audit_id=student.audit_id,
        subject_name=student.full_name,
        name="Hala Haddad",
        kind="curator",
        document="court",
        by=by,
    )
    paper = add_paper(subject_audit_id=student.audit_id, name=student.list_name, place="Noord", cabinet="kast 3", by=by)
    asked = ask_privacy(student, by, kind="erasure", identity="seen")
    decided = decide_request(request=asked, version=asked.version, decision="granted", by=by)
    return {
        "privacy_request": decided,
        "privacy_task": decided.tasks.get(),
        "paper": paper,
        "complaint": complain(student, by),
        "representation": representation,
    }


def give(student: Student, by: User, **facts: Any) -> Disclosure:
    """What was told to DUO by telephone about the exams of `student`, just now."""
    known: dict[str, Any] = {"recipient": "duo", "categories": ["exams"], "purpose": "duo_exams", "channel": "phone"}
    asked: dict[str, Any] = {"at": timezone.now(), "identity": "called_back", "asked_by": "Karin Post", "note": "Over de datum"}
    return record_given(student=student, by=by, **(known | asked | facts))


def complain(student: Student, by: User, **facts: Any) -> Complaint:
    """A complaint of `student` about data, by letter, today."""
    known: dict[str, Any] = {"about": "data", "channel": "letter", "received_on": timezone.localdate(), "person_kind": "student"}
    who: dict[str, Any] = {"name": student.full_name, "subject_audit_id": student.audit_id, "contact": "Kade 1, Oosterveen"}
    return take_in_complaint(by=by, **({"words": "Mijn cijfers hingen op de deur"} | known | who | facts))


def consent(student: Student, by: User, purpose: str = "photo", client: Client | None = None, *, yes: bool = True) -> Consent:
    """A word of `student` about a purpose, on a signed paper of today."""
    return say(
        student=student,
        purpose=purpose,
        client=client,
        yes=yes,
        on=timezone.localdate(),
        way="paper",
        place="kast 3",
        by=by,
        version=None,
    )


def ask_privacy(student: Student, by: User, **facts: Any) -> PrivacyRequest:
    """A request about the data of `student`, by letter, today."""
    known: dict[str, Any] = {"kind": "access", "channel": "letter", "received_on": timezone.localdate(), "person_kind": "student"}
    who: dict[str, Any] = {"name": student.full_name, "subject_audit_id": student.audit_id, "contact": "Kade 1, Oosterveen"}
    return take_in(by=by, **(known | who | facts))


def limit(student: Student, by: User, *categories: str) -> Restriction:
    """A restriction of these categories (default: exams) from today."""
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    return restrict(student=student, categories=categories or ("exams",), ground="accuracy", review_on=tomorrow, by=by)


def a_month(number: int) -> dt.date:
    """The first day of another month for each number."""
    return dt.date(2000 + number // 12 % 100, number % 12 + 1, 1)


def invoice(programme: Programme, by: User, **facts: Any) -> FinancialRecord:
    """An invoice of ten hours, recorded today."""
    known: dict[str, Any] = {
        "number": f"F{next(_serial)}",
        "issued_on": timezone.localdate(),
        "amount_cents": 12_500,
        "minutes": 600,
    }
    return record_invoice(student=programme.student, programme=programme, by=by, **(known | facts))


def picture(colour: str = "white", size: tuple[int, int] = (60, 80), kind: str = "JPEG", **facts: Any) -> bytes:
    """A photo as somebody sends it up."""
    made = io.BytesIO()
    Image.new("RGB", size, colour).save(made, kind, **facts)
    return made.getvalue()


def teach(teacher: User, group: Group, by: User, **fields: Any) -> TeachingAssignment:
    """Let `teacher` teach `group` since long ago."""
    return actions.assign_teacher(teacher=teacher, group=group, by=by, **({"starts_on": LONG_AGO} | fields))


def make_lesson(group: Group, by: User, *, starts_at: dt.datetime | None = None, minutes: int = 90, **fields: Any) -> Lesson:
    """A lesson of `minutes` that began half an hour ago, unless `starts_at` says otherwise."""
    begin = starts_at or timezone.now() - dt.timedelta(minutes=30)
    end = begin + dt.timedelta(minutes=minutes)
    return plan_lesson(group=group, starts_at=begin, ends_at=end, planned_minutes=minutes, by=by, **fields)
