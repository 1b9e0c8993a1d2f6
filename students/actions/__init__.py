"""What changes people, programmes, contracts, groups and places. Each action is one transaction and returns the row."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext as _

from kvs import cards, ledger, links
from kvs.access import permission
from kvs.editing import changed
from kvs.fields import blind_index
from kvs.models import Location, Membership, Role, User
from students import rules
from students.actions.health import check_no_health
from students.actions.restrictions import check_unrestricted
from students.models import (
    CaseManager,
    Client,
    Contract,
    Enrolment,
    Exemption,
    FieldSource,
    Group,
    GroupAccess,
    Programme,
    Student,
    TeachingAssignment,
)
from students.models.groups import hold_timetable

NOTES = ("availability", "work_experience")  # free text in which people explain themselves
SOURCE_GROUPS: dict[str, tuple[str, ...]] = {
    FieldSource.Group.NAME: ("given_names", "call_name", "infix", "surname", "gender"),
    FieldSource.Group.BIRTH: (
        "birth_year",
        "birth_month",
        "birth_day",
        "birth_place",
        "birth_country",
        "nationality",
        "arrived_on",
        "residence_permit",
        "residence_permit_until",
    ),
    FieldSource.Group.CONTACT: ("street", "house_number", "postcode", "city", "phone", "email", "contact_language", "no_survey"),
    FieldSource.Group.BACKGROUND: (
        "other_languages",
        "education_level",
        "school_years",
        "work_experience",
        "availability",
    ),
}
Period = tuple[dt.date, dt.date | None]  # first and last day, both included; None: open
NUMBER_LOCK = 4201  # advisory lock: two intakes at once must not get one student number


def bsn_index(bsn: str) -> str:
    """The keyed look-up value of a BSN of nine digits."""
    return blind_index("bsn", bsn)


@transaction.atomic
def register_student(*, by: User, intake_location: Location, source: str = FieldSource.Source.SCHOOL, **fields: Any) -> Student:
    """Take in somebody new under the next student number of this year. Raises ValidationError for a note about health.

    `source` says who told us (FieldSource.Source); for a third party `organisation` names it.
    """
    organisation = fields.pop("organisation", "")
    check_no_health({name: fields.get(name) for name in NOTES})
    student = new_student(number=next_numbers(1)[0], intake_location=intake_location, **fields)
    student.save(force_insert=True)
    note_sources([(student, group) for group in filled_groups(student)], source, organisation)
    return student


def new_student(**fields: Any) -> Student:
    """A student with all that follows from the fields, not saved yet."""
    student = Student(**fields)
    _derive(student)
    return student


def filled_groups(student: Student) -> list[str]:
    """The groups of fields (FieldSource.Group) of which something is known."""
    return [group for group, names in SOURCE_GROUPS.items() if any(getattr(student, name) for name in names)]


@transaction.atomic
def change_student(
    *,
    student: Student,
    version: int,
    by: User,
    changes: Mapping[str, Any],
    source: str = FieldSource.Source.SCHOOL,
    organisation: str = "",
    rectified: bool = False,
) -> Student:
    """Change fields of a student. Raises ValidationError "stale" when somebody saved since `version` was read.

    `rectified`: the student said so (art. 16 AVG); an import never overwrites such a group of fields (decisions.md 30).
    """
    row = changed(Student.objects.all(), student.pk, version, {})
    different = {name: value for name, value in changes.items() if getattr(row, name) != value}
    check_unrestricted(row, Student, different)
    check_no_health({name: different[name] for name in NOTES if name in different})
    for name, value in different.items():
        setattr(row, name, value)
    _derive(row)
    row.save()
    touched = [group for group, names in SOURCE_GROUPS.items() if set(names) & set(different)]
    note_sources([(row, group) for group in touched], source, organisation, rectified=rectified)
    keep_account_in_step(row)
    return row


def keep_account_in_step(student: Student) -> None:
    """The account greets by the same name and signs in by the same number (decisions.md 15)."""
    user = student.user
    if user is None:
        return
    wanted = {
        "call_name": (student.call_name or student.given_names)[:80],
        "infix": student.infix,
        "surname": student.surname[:120],
        "student_number": student.number,
    }
    changed = [name for name, value in wanted.items() if getattr(user, name) != value]
    for name in changed:
        setattr(user, name, wanted[name])
    if changed:
        user.save(update_fields=changed)


@transaction.atomic
def open_account(*, student: Student, by: User) -> User:
    """The account a student signs in with, made when there is none; opened again when it was over or closed.

    Without a password: a card or the number with a PIN (kvs.cards). Raises ValidationError.
    """
    row = Student.objects.select_for_update().get(pk=student.pk)
    if row.user is None:
        row.user = User(student_number=row.number)
        row.user.set_unusable_password()
        row.user.save(force_insert=True)
        row.save(update_fields=["user"])
    keep_account_in_step(row)
    if not row.user.is_active and not row.user.memberships.exclude(role=Role.STUDENT).exists():
        row.user.is_active = True  # the night had closed it after the last place
        row.user.save(update_fields=["is_active"])
    if not row.user.has_role(Role.STUDENT):
        membership = Membership(user=row.user, role=Role.STUDENT, location=row.intake_location)
        membership.full_clean(exclude=["user", "location"])
        membership.save(force_insert=True)
    account: User = User.objects.get(pk=row.user.pk)  # afresh: an instance remembers its memberships
    return account


@transaction.atomic
def invite_by_email(*, student: Student, by: User) -> User:
    """Let a student sign in with e-mail and a password too: the address in the file gets a one-time link, which proves it.

    Until the link is used the account has no password, so nobody gets in by the address alone. Raises ValidationError
    when the file has no address, somebody else signs in with it (families share one), or the account is more than a student's.
    """
    if not student.email:
        raise ValidationError(_("There is no e-mail address in the file. Fill it in first."))
    user = open_account(student=student, by=by)
    if not user.is_only(Role.STUDENT):
        raise ValidationError(_("This account has other roles too: its owner signs in as staff."))
    if User.objects.exclude(pk=user.pk).filter(email__iexact=student.email).exists():
        raise ValidationError(_("Somebody else signs in with this address. This student uses the card, or another address."))
    if user.email != student.email:
        forget_email(student=student, by=by)
        user.email = student.email
        user.save(update_fields=["email"])
    links.invite(user=user, by=by)
    return user


@transaction.atomic
def forget_email(*, student: Student, by: User) -> None:
    """End signing in by e-mail: the password and every link die, and every device is signed out. The card stays."""
    user = User.objects.select_for_update().filter(student=student).first()
    if user is None or not user.is_only(Role.STUDENT):
        return
    links.take_back(user=user, by=by)
    user.email = None
    user.set_unusable_password()
    user.save(update_fields=["email", "password"])
    cards.end_sessions(user=user)


@transaction.atomic
def start_programme(*, student: Student, by: User, bsn: str | None = None, **fields: Any) -> Programme:
    """Start a programme; a BSN (nine digits) only together with its ground. Raises ValidationError."""
    programme = Programme(student=student, bsn=bsn or None, bsn_index=bsn_index(bsn) if bsn else None, **fields)
    programme.full_clean()
    programme.save(force_insert=True)
    return programme


@transaction.atomic
def change_programme(*, programme: Programme, version: int, by: User, changes: Mapping[str, Any]) -> Programme:
    """Change a programme. Taking the ground away takes the BSN away in the same act."""
    row = changed(Programme.objects.select_related("student"), programme.pk, version, changes)
    check_unrestricted(row.student, Programme, changes)
    if not row.bsn_basis:
        row.bsn = None
    row.bsn_index = bsn_index(row.bsn) if row.bsn else None
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def record_exemption(*, programme: Programme, version: int, by: User, kind: str, body: str, decided_on: dt.date) -> Exemption:
    """Record or correct that somebody was exempted. `version` is 0 when there was nothing yet; raises ValidationError."""
    check_unrestricted(programme.student, Programme, ["law"])  # an exemption says how a programme stands under its law
    values = {"kind": kind, "body": body, "decided_on": decided_on.isoformat()}
    if decided_on > timezone.localdate():
        raise ValidationError({"decided_on": _("This day has not come yet.")})
    if version:
        row = changed(Exemption.objects.all(), Exemption.objects.get(programme=programme).pk, version, values)
        row.save()
        return row
    return Exemption.objects.create(programme=programme, **values)


@transaction.atomic
def add_contract(*, programme: Programme, by: User, **fields: Any) -> Contract:
    """Agree something for a programme. Raises ValidationError when another contract covers part of the period."""
    check_unrestricted(programme.student, Contract, fields)
    contract = Contract(programme=programme, **fields)
    _check_contract(contract)
    contract.save(force_insert=True)
    return contract


@transaction.atomic
def change_contract(*, contract: Contract, version: int, by: User, changes: Mapping[str, Any]) -> Contract:
    """Change what was agreed. Raises ValidationError."""
    row = changed(Contract.objects.select_related("programme__student"), contract.pk, version, changes)
    check_unrestricted(row.programme.student, Contract, changes)
    _check_contract(row)
    row.save()
    return row


def _check_contract(contract: Contract) -> None:
    if contract.case_manager and contract.case_manager.client_id != contract.client_id:
        raise ValidationError({"case_manager": _("This case manager works for another client.")})
    check_period(contract.starts_on, contract.ends_on)
    contract.full_clean()


@transaction.atomic
def enrol_student(
    *, programme: Programme, group: Group, starts_on: dt.date, by: User, ends_on: dt.date | None = None
) -> Enrolment:
    """Place a student in a group. Raises ValidationError when the group does not run then or is full."""
    hold_timetable()
    check_unrestricted(programme.student, Enrolment, ["group"])
    enrolment = Enrolment(programme=programme, group=group, starts_on=starts_on, ends_on=ends_on)
    _check_place(enrolment)
    enrolment.save(force_insert=True)
    return enrolment


@transaction.atomic
def end_enrolment(*, enrolment: Enrolment, version: int, ends_on: dt.date, by: User) -> Enrolment:
    """Let a student leave a group after `ends_on`."""
    hold_timetable()
    longer = enrolment.ends_on is not None and ends_on > enrolment.ends_on
    row = changed(Enrolment.objects.select_related("programme__student"), enrolment.pk, version, {"ends_on": ends_on})
    check_unrestricted(row.programme.student, Enrolment, ["ends_on"])
    if longer:  # a place that goes on again takes one of the group
        _check_place(row)
    else:
        check_period(row.starts_on, row.ends_on)
        row.full_clean()
    row.save()
    return row


@transaction.atomic
def move_to_group(*, enrolment: Enrolment, version: int, group: Group, starts_on: dt.date, by: User) -> Enrolment:
    """Let a student go on in another group from `starts_on`; the old place ends the day before."""
    end_enrolment(enrolment=enrolment, version=version, ends_on=starts_on - dt.timedelta(days=1), by=by)
    return enrol_student(programme=enrolment.programme, group=group, starts_on=starts_on, by=by)


def check_period(starts_on: dt.date, ends_on: dt.date | None) -> None:
    """Raise ValidationError for a period that runs backwards: PostgreSQL refuses it before any constraint can speak."""
    if ends_on and ends_on < starts_on:
        raise ValidationError({"ends_on": _("The last day cannot be before the first day.")})


def _check_place(enrolment: Enrolment) -> None:
    group = Group.objects.select_for_update().get(pk=enrolment.group_id)  # two intakes must not share the last place
    check_period(enrolment.starts_on, enrolment.ends_on)
    enrolment.full_clean()
    taken = list(group.enrolments.exclude(pk=enrolment.pk).values_list("starts_on", "ends_on"))
    check_room(group, taken, enrolment.starts_on, enrolment.ends_on)


def check_room(group: Group, taken: Iterable[Period], starts_on: dt.date, ends_on: dt.date | None) -> None:
    """Raise ValidationError when the group does not run on these days, or when the places in `taken` fill it."""
    last = ends_on or starts_on
    if starts_on < group.starts_on or (group.ends_on and last > group.ends_on):
        raise ValidationError({"starts_on": _("The group %(group)s does not run on that day.") % {"group": group.name}})
    if _most_at_once(taken, starts_on, ends_on) >= group.capacity:
        raise ValidationError(
            {"group": _("%(group)s is full: all %(capacity)d places are taken.") % {"group": group, "capacity": group.capacity}}
        )


def most_placed(group: Group, since: dt.date) -> int:
    """The most students placed in `group` at once on `since` or a later day."""
    return _most_at_once(group.enrolments.values_list("starts_on", "ends_on"), since, dt.date.max)


def _most_at_once(taken: Iterable[Period], starts_on: dt.date, ends_on: dt.date | None) -> int:
    """The most places in `taken` on any of these days. It can only rise on a day on which a place begins."""
    last = ends_on or dt.date.max
    others = [(start, end or dt.date.max) for start, end in taken]
    days = {starts_on, *(start for start, _end in others if starts_on <= start <= last)}
    return max(sum(start <= day <= end for start, end in others) for day in days)


@transaction.atomic
def start_group(*, by: User, **fields: Any) -> Group:
    """A new group. Raises ValidationError when the name is taken."""
    group = Group(**fields)
    group.full_clean()
    group.save(force_insert=True)
    return group


@transaction.atomic
def change_group(*, group: Group, version: int, by: User, changes: Mapping[str, Any]) -> Group:
    """Change a group. Raises ValidationError."""
    row = changed(Group.objects.all(), group.pk, version, changes)
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def assign_teacher(
    *, teacher: User, group: Group, starts_on: dt.date, by: User, ends_on: dt.date | None = None
) -> TeachingAssignment:
    """Let somebody teach a group: it opens the group's students in that period. Raises ValidationError."""
    assignment = TeachingAssignment(teacher=teacher, group=group, starts_on=starts_on, ends_on=ends_on)
    check_period(starts_on, ends_on)
    assignment.full_clean()
    assignment.save(force_insert=True)
    return assignment


@transaction.atomic
def give_group_access(*, user: User, group: Group, starts_on: dt.date, ends_on: dt.date, reason: str, by: User) -> GroupAccess:
    """Open one group for a substitute or auditor until a date. A second grant replaces the first. Raises ValidationError for
    a reason that says something about somebody's health.
    """
    check_no_health({"reason": reason})
    access, _created = GroupAccess.objects.update_or_create(
        user=user,
        permission=permission("students", "view_group"),
        content_object=group,
        defaults={"starts_on": starts_on, "ends_on": ends_on, "reason": reason, "granted_by": by},
    )
    return access


def _derive(student: Student) -> None:
    student.sort_key = rules.sort_key(student.surname, student.call_name or student.given_names)[:300]
    student.search_text = rules.search_text(
        given_names=student.given_names,
        call_name=student.call_name,
        infix=student.infix,
        surname=student.surname,
        number=student.number,
    )[:600]


def next_numbers(count: int) -> list[str]:
    """The next `count` student numbers of this year, kept from others until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBER_LOCK])
    year = timezone.localdate().year
    used = Student.objects.filter(number__regex=rf"^{year}-\d+$")
    last = used.order_by(Length("number").desc(), "-number").values_list("number", flat=True).first()  # 10000 after 9999
    numbers: list[str] = []
    while len(numbers) < count:
        next_ones: list[str] = []
        for _each in range(count - len(numbers)):
            last = rules.next_number(year, last)
            next_ones.append(last)
        # Nobody gets the number an old list has for somebody who was erased.
        taken = {number for _purpose, number in ledger.erased_among(("number", it) for it in next_ones)}
        numbers += [number for number in next_ones if number not in taken]
    return numbers


def note_sources(touched: Iterable[tuple[Student, str]], source: str, organisation: str = "", *, rectified: bool = False) -> None:
    """Record who told us these groups of fields of these students."""
    noted: dict[str, Any] = {"source": source, "organisation": organisation, "on": timezone.localdate()}
    if rectified:  # once rectified stays rectified, also when the school changes something in that group later
        noted["rectified"] = True
    FieldSource.objects.bulk_create(
        [FieldSource(student=student, group=group, **noted) for student, group in touched],
        update_conflicts=True,
        unique_fields=["student", "group"],
        update_fields=list(noted),
    )


@transaction.atomic
def change_case_manager(*, case_manager: CaseManager, version: int, by: User, changes: Mapping[str, Any]) -> CaseManager:
    """Change a case manager. Raises ValidationError."""
    row = changed(CaseManager.objects.all(), case_manager.pk, version, changes)
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def change_client(*, client: Client, version: int, by: User, changes: Mapping[str, Any]) -> Client:
    """Change a client. Raises ValidationError."""
    row = changed(Client.objects.all(), client.pk, version, changes)
    row.full_clean()
    row.save()
    return row
