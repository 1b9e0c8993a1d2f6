"""A school with one of everything behind every address: what the generated tests walk through.

A new address joins by its row in tests/architecture/test_urls.py; one with other keys than one object's names them in MORE.
"""

import datetime as dt
import os
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils import timezone

from attendance.actions import Row, confirm_presence, save_register, sign_register
from attendance.actions.corrections import correct_mark
from attendance.actions.evidence import add_evidence
from attendance.actions.evidence_settings import count_proven_only
from attendance.actions.nightly import make_digests
from attendance.actions.papers import add_scan, match_scan
from attendance.actions.planning import plan_lesson
from attendance.models import Lesson, LessonEvidence, LessonScan
from exams.actions import Cell, add_attempt, record_levels
from kvs.cards import issue_card, issue_desk_code
from kvs.models import Job, JobState, Location, Organisation, Role, User
from privacy.actions.erasure import prepare_erasure, set_hold
from privacy.actions.exports import ask_export, make_export
from reporting.actions import ask_report, hand_over, make_report
from reporting.models import ReportRun
from reporting.report import reports
from students import actions
from students.actions import corrections
from students.models import Client, Enrolment, Group, InformTask, Programme, Student
from tests.architecture.test_urls import OBJECTS, OWN, PAGES, SHARED, named_addresses, patterns
from tests.factories import LONG_AGO, ask_privacy, complain, make_everything, make_student, picture, place, staff, teach
from tests.people import Browser, signed_in
from tests.students.importing import book, send

# address name -> keyword of the address -> key of WholeSchool.keys, or the word itself
MORE: dict[str, dict[str, str]] = {
    "factor_remove": {"pk": "1"},
    "attendance:came": {"pk": "lesson"},
    "attendance:proven_only_remove": {"pk": "proven_only"},
    "attendance:correct": {"pk": "signed_lesson", "enrolment": "enrolment"},
    "attendance:keep_away": {"pk": "lesson", "enrolment": "enrolment"},
    "students:correction_decide": {"pk": "proposal"},
    "attendance:own_reason": {"pk": "missed"},
    **{f"attendance:{name}": {"pk": "absence"} for name in ("absence_decide", "own_back", "own_withdraw")},
    **{
        f"students:{name}": {"pk": "import"}
        for name in (
            *("import", "import_progress", "import_layout", "import_decide", "import_start", "import_stop"),
            *("import_discard", "import_workbook", "import_take_back"),
        )
    },
    "students:inform_done": {},
    "students:import_other": {"pk": "import", "cell": "C2"},
    "role_times_edit": {"role": "teacher"},
    "attendance:ladder_step": {"kind": "talk"},
    "attendance:own_letter": {"pk": "absence_letter"},
    "privacy:statements_chapter": {"chapter": "why"},
    "statement_text": {"kind": "instruction"},
    "attendance:scans_match": {},
    "attendance:night": {"day": "night"},
    "attendance:evidence": {"pk": "online"},
    **{f"attendance:{name}": {"pk": "evidence"} for name in ("evidence_file", "evidence_remove")},
    **{f"attendance:{name}": {"pk": "scan"} for name in ("scan_file", "scan_remove")},
    "attendance:initials": {"pk": "lesson_scan"},
    "reporting:ask": {"code": "municipality"},
    "reporting:layout": {"code": "duo"},
    "reporting:layout_change": {"code": "duo"},
    "reporting:run": {"pk": "run"},
    "reporting:progress": {"pk": "run"},
    "reporting:file": {"pk": "run", "file": "page"},
    "reporting:hand_over": {"pk": "run"},
    "reporting:stop": {"pk": "run"},
    "privacy:review_sign": {"pk": "review"},
    "privacy:erasure_account": {"pk": "account"},
    "privacy:erasure_contact": {"pk": "case_manager"},
    **{
        f"privacy:{name}": {"pk": "erasure"}
        for name in (
            *("erasure", "erasure_progress", "erasure_approve"),
            *("erasure_certificate", "erasure_renew", "erasure_cancel"),
        )
    },
    "privacy:hold_release": {"pk": "hold"},
    "privacy:export_student": {"pk": "student"},
    **{f"privacy:{name}": {"pk": "export"} for name in ("export", "export_progress", "export_file", "export_hand_over")},
    **{f"privacy:{name}": {"pk": "own_export"} for name in ("own_export_progress", "own_export_file")},
    "privacy:consent_record": {"pk": "student", "about": "photo"},
    "privacy:consent_text": {"code": "photo"},
    "privacy:consent_scan_add": {"pk": "student", "event": "consent_event"},
    "privacy:period": {"code": "student_file"},
    **{f"privacy:{name}": {"pk": "policy"} for name in ("policy_version", "policy_file")},
    "privacy:policy_publish": {"pk": "policy_draft"},
    "privacy:announcement_lettered": {"pk": "announcement"},
    "privacy:own_notice": {"pk": "own_notice"},
    "privacy:register_version": {"number": "1"},
    "students:hand_out_remove": {"pk": "hand_out"},
    "privacy:invoice_remove": {"pk": "invoice"},
    "privacy:letter_file": {"pk": "privacy_request", "which": "besluit"},
    "privacy:complaint_file": {"pk": "complaint", "which": "ontvangst"},
    **{f"privacy:{name}": {"pk": "own_complaint"} for name in ("own_complaint", "own_complaint_letter")},
    "privacy:own_ask_kind": {"kind": "access"},
    **{f"privacy:{name}": {"pk": "own_request"} for name in ("own_request", "own_withdraw", "own_letter")},
}
BSN = "999990019"
SIGNED = dt.timedelta(days=2)  # how long ago the signed lesson was


def keywords() -> dict[str, dict[str, str]]:
    """Address name -> keyword -> key: as the URL matrix says, or as an address that begins alike has it."""
    objects = {name: {"pk": kind} for name, (kind, _roles) in {**OBJECTS, **SHARED}.items()}
    known = {**{name: {} for name in PAGES}, **objects, **OWN, **MORE}
    routes = {name: str(pattern.pattern) for name, pattern in patterns()}
    alike = {routes[name].split("<")[0]: found for name, found in objects.items()}
    guessed = {name: alike[begin] for name, route in routes.items() if (begin := route.split("<")[0]) in alike and "<" in route}
    return {**guessed, **known}


KEYWORDS = keywords()


@dataclass
class WholeSchool:
    """Who is in it and the keys of what is in it."""

    office: User
    people: dict[Role, User]
    keys: dict[str, str] = field(default_factory=dict)

    def address(self, name: str) -> str:
        """The address `name` about the rows of this school. Raises KeyError when nobody said about which."""
        wanted = KEYWORDS[name]
        return reverse(name, kwargs={keyword: self.keys.get(key, key) for keyword, key in wanted.items()})

    def addresses(self) -> dict[str, str]:
        """All addresses of the project by name, as far as KEYWORDS knows what they are about."""
        only = os.environ.get("KVS_ONLY_PAGE")  # a broken copy is walked through on the page that broke (tests/mutations)
        return {name: self.address(name) for name in named_addresses() if name in KEYWORDS and only in (None, name)}

    def browsers(self) -> dict[Role, Browser]:
        """Everybody signed in."""
        return {role: signed_in(user) for role, user in self.people.items()}


def one_of_everyone(location: Location, student: User) -> dict[Role, User]:
    """An account per role at `location`; the student is the one whose file the rest is about."""
    made: dict[Role, User] = {Role.STUDENT: student}
    for role in [role for role in Role if role != Role.STUDENT]:
        made[role] = staff(role, location, call_name="", infix="", surname=f"Van {role}")
    return made


def make_school(location: Location, by: User) -> WholeSchool:
    """One of everything at `location`, in the state in which most can be done with it."""
    keys = make_everything(location, by)
    student = Student.objects.get(pk=keys["student"])
    group, programme = Group.objects.get(pk=keys["group"]), Programme.objects.get(pk=keys["programme"])
    duty = {"law": "wi2021", "route": "b1", "bsn_basis": "isi_delivery", "bsn": BSN}
    actions.change_programme(programme=programme, version=programme.version, by=by, changes=duty)
    people = one_of_everyone(location, actions.open_account(student=student, by=by))
    teach(people[Role.TEACHER], group, by)
    until = timezone.localdate() + dt.timedelta(days=30)
    actions.give_group_access(
        user=people[Role.AUDITOR], group=group, starts_on=LONG_AGO, ends_on=until, reason="Steekproef", by=by
    )
    issue_card(user=people[Role.STUDENT], by=by)
    issue_desk_code(user=people[Role.STUDENT], by=by)
    Organisation.objects.update(announced_at=timezone.now())  # the student has a notice to read
    school = WholeSchool(by, people, keys)
    add_lessons(school)
    add_proposals(school)
    add_report(school)
    add_import(school, location)
    add_erasures(school, location)
    add_exports(school)
    school.keys["own_request"] = str(ask_privacy(student, by, kind="rectification", identity="seen").pk)
    school.keys["own_complaint"] = str(complain(student, by).pk)
    return school


def add_lessons(school: WholeSchool) -> None:
    """The lesson of today is saved and confirmed, an earlier one signed."""
    teacher, student = school.people[Role.TEACHER], Student.objects.get(pk=school.keys["student"])
    enrolment = Enrolment.objects.get(pk=school.keys["enrolment"])
    lesson = Lesson.objects.get(pk=school.keys["lesson"])
    confirm_presence(lesson=lesson, student=student, by=school.people[Role.STUDENT])
    save_register(lesson=lesson, rows=[Row(enrolment.pk, "late", 15, 1)], by=teacher)
    begin = lesson.starts_at - SIGNED
    earlier = plan_lesson(
        group=lesson.group, starts_at=begin, ends_at=begin + dt.timedelta(hours=1), planned_minutes=55, by=teacher
    )
    sign_register(lesson=earlier, rows=[Row(enrolment.pk, "absent")], by=teacher)
    row = Row(enrolment.pk, "reported", version=1)
    correct_mark(lesson=earlier, row=row, reason="message", by=school.people[Role.COORDINATOR])
    school.keys["signed_lesson"] = str(earlier.pk)
    school.keys["missed"] = str(enrolment.marks.get(lesson=earlier).pk)
    client = Client.objects.get(pk=school.keys["client"])
    counted = count_proven_only(client=client, source="Contract 2026", by=school.office)
    school.keys["proven_only"] = str(counted.pk)
    (night,) = make_digests(timezone.localtime().replace(hour=12) + dt.timedelta(days=1))
    link = scanned(earlier, teacher)
    school.keys |= {"night": str(night.day), "scan": str(link.scan_id), "lesson_scan": str(link.pk)}
    add_scan(content=picture(), by=teacher)
    begin -= dt.timedelta(days=1)
    ends = begin + dt.timedelta(hours=1)
    online = plan_lesson(group=lesson.group, starts_at=begin, ends_at=ends, planned_minutes=55, delivery="online", by=teacher)
    school.keys |= {"online": str(online.pk), "evidence": str(shown(online, enrolment, teacher).pk)}


def shown(lesson: Lesson, enrolment: Enrolment, by: User) -> LessonEvidence:
    """The lesson, which was online, with a picture of the screen."""
    return add_evidence(lesson=lesson, kind="screenshot", content=picture(), enrolments=[enrolment.pk], by=by)


def scanned(lesson: Lesson, by: User) -> LessonScan:
    """The lesson with a scan of its list on paper."""
    (link,) = match_scan(scan=add_scan(content=picture(), by=by), lessons=[lesson], by=by)
    return link


def add_erasures(school: WholeSchool, location: Location) -> None:
    """The erasure of somebody else waits for a second person; a third person's file is held."""
    officer = school.people[Role.PRIVACY_OFFICER]
    waits, held = (make_student(location, school.office) for _person in range(2))
    school.keys["erasure"] = str(prepare_erasure(person=waits, reason="request", by=officer).pk)
    until = timezone.localdate() + dt.timedelta(days=30)
    school.keys["hold"] = str(set_hold(person=held, ground="claim", review_on=until, by=officer).pk)


def add_exports(school: WholeSchool) -> None:
    """The student's own copy is being made; one for the desk is ready."""
    student, officer = Student.objects.get(pk=school.keys["student"]), school.people[Role.PRIVACY_OFFICER]
    school.keys["own_export"] = str(ask_export(person=student, kind="access", by=school.people[Role.STUDENT]).pk)
    ready = ask_export(person=student, kind="portability", by=officer)
    make_export(export=ready, progress=lambda done, total, doing: None)
    school.keys["export"] = str(ready.pk)


def add_proposals(school: WholeSchool) -> None:
    """The student proposes two corrections; the school refuses one."""
    student, me = Student.objects.get(pk=school.keys["student"]), school.people[Role.STUDENT]
    refused = corrections.propose_correction(student=student, field="nationality", values={"nationality": "Eritrees"}, by=me)
    corrections.decide_correction(proposal=refused, version=student.version, accept=False, reason="unclear", by=school.office)
    asked = corrections.propose_correction(student=student, field="birth_place", values={"birth_place": "Asmara"}, by=me)
    school.keys["proposal"] = str(asked.pk)


def add_report(school: WholeSchool) -> None:
    """A finished report for the municipality, one file of it handed over."""
    run = ask_for_report(school)
    make_report(run, lambda done, total, doing: None)
    assert run.job_id
    Job.objects.filter(pk=run.job_id).update(state=JobState.DONE, attempt=1, finished_at=timezone.now())
    hand_over(file=run.files.get(format="xlsx"), channel="portal", by=school.people[Role.MANAGEMENT], despite="asked")
    school.keys |= {"run": str(run.pk), "page": str(run.files.get(format="html").pk)}


def add_import(school: WholeSchool, location: Location) -> None:
    """A spreadsheet that waits for decisions, and somebody to inform."""
    content = book(
        [["Haddad", "Rania", "03-04-88"], ["Kaya", "Mina", "12-03-1991"]], head=("Achternaam", "Voornaam", "Geb.datum")
    )
    school.keys["import"] = str(send(signed_in(school.office), content, location=location.pk).pk)
    student = Student.objects.get(pk=school.keys["student"])
    InformTask.objects.create(student=student, organisation="Gemeente Oosterveen", due_on=timezone.localdate())


def ask_for_report(school: WholeSchool) -> ReportRun:
    """A report for the municipality that waits to be made."""
    client = Client.objects.get(pk=school.keys["client"])
    month = (timezone.localdate() - SIGNED).replace(day=1)
    asked = {"client": client, "month": month, "reasons": "holiday"}  # an agreement of make_everything
    return ask_report(report=reports()["municipality"], asked=asked, by=school.people[Role.MANAGEMENT])


def grow(school: WholeSchool, location: Location, rows: int) -> None:
    """`rows` more of everything: in the same group, on the same student and client, and elsewhere at the location."""
    by, client = school.office, Client.objects.get(pk=school.keys["client"])
    student, group = Student.objects.get(pk=school.keys["student"]), Group.objects.get(pk=school.keys["group"])
    for number in range(1, rows + 1):
        other = make_everything(location, by, hours_later=3 * number)  # its student sits in this group too
        teach(school.people[Role.TEACHER], Group.objects.get(pk=other["group"]), by)
        give_until = timezone.localdate() + dt.timedelta(days=9)
        actions.give_group_access(
            user=staff(Role.TEACHER, location), group=group, starts_on=LONG_AGO, ends_on=give_until, reason="Vervanging", by=by
        )
        me = actions.open_account(student=Student.objects.get(pk=other["student"]), by=by)
        newcomer = Student.objects.get(pk=other["student"])
        issue_card(user=me, by=by)
        corrections.propose_correction(student=newcomer, field="birth_place", values={"birth_place": "Keren"}, by=me)
        second = place(newcomer, group, by)
        actions.add_contract(programme=second.programme, by=by, client=client, starts_on=LONG_AGO)
        confirm_presence(lesson=Lesson.objects.get(pk=school.keys["lesson"]), student=newcomer, by=me)
        _more_of_the_student(student, Group.objects.get(pk=other["group"]), by)
        client.case_managers.create(surname=f"Pietersen {number}")
        _earlier_lesson(school, number)
        ask_for_report(school)
        hand_over(
            file=ReportRun.objects.get(pk=school.keys["run"]).files.get(format="csv", table=1),
            channel="paper",
            by=school.people[Role.MANAGEMENT],
            despite="asked",
        )


def _more_of_the_student(student: Student, group: Group, by: User) -> None:
    programme = actions.start_programme(student=student, by=by, law="none", starts_on=LONG_AGO)
    for back in (0, 30):
        day = timezone.localdate() - dt.timedelta(days=back)
        add_attempt(programme=programme, by=by, part="nt2_2_sp", level="b2", taken_on=day)
        record_levels(day=day, kind="intake", cells={(programme.pk, "speaking"): Cell({"level": "b1_1"})}, by=by)
    actions.add_contract(programme=programme, by=by, starts_on=LONG_AGO)
    actions.enrol_student(programme=programme, group=group, by=by, starts_on=LONG_AGO)


def _earlier_lesson(school: WholeSchool, number: int) -> None:
    lesson, teacher = Lesson.objects.get(pk=school.keys["lesson"]), school.people[Role.TEACHER]
    begin = lesson.starts_at - dt.timedelta(days=2, hours=2 * number)
    other = plan_lesson(
        group=lesson.group, starts_at=begin, ends_at=begin + dt.timedelta(hours=1), planned_minutes=60, by=teacher
    )
    sign_register(lesson=other, rows=[], by=teacher)
    scanned(other, teacher)
    shown(Lesson.objects.get(pk=school.keys["online"]), Enrolment.objects.get(pk=school.keys["enrolment"]), teacher)
    add_scan(content=picture(), by=teacher)
