"""A school of any size, the same each time, made by the database itself: no row goes through Python but the BSNs."""

import datetime as dt
import uuid
from typing import Any, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.utils import timezone
from stdnum.nl import bsn as elfproef

from attendance.models import Claim, Lesson, Mark, Register
from kvs.models import Location, Membership, Organisation, Role, User
from kvs.sentinel import write_sentinel
from students.actions import bsn_index
from students.models import Client, Contract, Enrolment, Group, Programme, Student, TeachingAssignment

CLASS = 20
CLIENT_OF_A_CLASS, CLIENT_OF_ALL = "Gemeente Kleindorp", "Gemeente Grootstad"  # the first class, and everybody else
LESSONS_BEFORE = 50  # of each group, all signed
GROUPS_PER_TEACHER = 5
MONTH_STUDENTS, MONTH_LESSONS = 25, 20  # of the group whose month is drawn (issue 4, section 6)
MONTH_MARKS = MONTH_STUDENTS * MONTH_LESSONS
WITH_BSN = 900  # the test range has 909 valid numbers (decisions.md 37)
STARTS = "DATE '2020-01-01'"
CALL_NAMES = ("Abdi", "Amina", "Chen", "Daniela", "Ewa", "Farhad", "Goran", "Hevîn", "Lwam", "Olena", "Rania", "Yusuf")
SURNAMES = ("Warsame", "El Idrissi", "Meiling", "Ilieva", "Szczepańska", "Ahmadzai", "Petrović", "Yıldız", "Haile", "Osman")


class Size(NamedTuple):
    """How large a school."""

    groups: int

    @property
    def students(self) -> int:
        """Twenty in each group."""
        return self.groups * CLASS

    @property
    def marks(self) -> int:
        """Everybody in every lesson of the own group."""
        return self.students * LESSONS_BEFORE


SMALL = Size(groups=50)  # 1,000 students, 50,000 marks
LARGE = Size(groups=1000)  # 20,000 students, 1,000,000 marks


def build(size: Size) -> None:
    """Fill an empty database and check that all of it arrived. Raises AssertionError."""
    write_sentinel()
    Organisation.objects.create(name="Taalschool Lindenhof", is_demo=True)
    for name in ("Noord", "Zuid"):
        Location.objects.create(name=name)
    office = User.objects.create(
        email="kantoor@voorbeeld.test", call_name="Ineke", surname="Hofstra", stated_until=dt.date(2999, 1, 1)
    )
    Membership.objects.create(user=office, role=Role.ADMINISTRATION, starts_on=dt.date(2020, 1, 1))
    _people(size)
    _lessons(size)
    _marks()
    _numbers()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")  # a school in use was not written a second ago: else the first page waits for the disk
    found = [model._default_manager.count() for model in (Student, Enrolment, Mark, Claim, Lesson, Register)]
    lessons = size.groups * LESSONS_BEFORE
    assert found == [size.students, size.students, size.marks, size.marks, lessons + size.groups, lessons], found


def _people(size: Size) -> None:
    serial = f"generate_series(0, {size.students - 1}) AS n"
    call_name, surname = _pick(CALL_NAMES, "n"), _pick(SURNAMES, "n / 12")
    number = "'S-' || lpad(n::text, 6, '0')"
    place = "(SELECT id FROM kvs_location ORDER BY name OFFSET n % 2 LIMIT 1)"
    folded = f"translate(lower({call_name} || ' ' || {surname}), 'îńćıź', 'incız')"
    fill(
        Student,
        serial,
        id=_id("student", "n"),
        audit_id=_id("audit", "n"),
        number=number,
        call_name=call_name,
        surname=surname,
        sort_key=f"translate(lower({surname}), 'îńćıź', 'incız') || ' ' || lower({call_name}) || n",
        search_text=f"' ' || {folded} || ' ' || lower({number})",
        intake_location_id=place,
        registered_on=STARTS,
    )
    fill(Programme, serial, id=_id("programme", "n"), student_id=_id("student", "n"), law="'wi2021'", starts_on=STARTS)
    for name in (CLIENT_OF_A_CLASS, CLIENT_OF_ALL):
        Client.objects.create(name=name)
    client = f"(SELECT id FROM students_client ORDER BY name = '{CLIENT_OF_ALL}' OFFSET (n >= {CLASS})::int LIMIT 1)"
    agreed = {"course": "'integration'", "starts_on": STARTS}
    fill(Contract, serial, id=_id("contract", "n"), programme_id=_id("programme", "n"), client_id=client, **agreed)
    groups = f"generate_series(0, {size.groups - 1}) AS n"
    fill(Group, groups, id=_id("group", "n"), name="'NT2 groep ' || n", location_id=place, starts_on=STARTS)
    teacher = f"n / {GROUPS_PER_TEACHER}"
    teachers = f"generate_series(0, {(size.groups - 1) // GROUPS_PER_TEACHER}) AS n"
    fill(
        User,
        teachers,
        id=_id("teacher", "n"),
        audit_id=_id("teacher audit", "n"),
        email="'docent' || n || '@voorbeeld.test'",
        call_name="'Docent'",
        surname="'Nummer ' || n",
        stated_until="date '2999-01-01'",
    )
    role = {"role": "'teacher'", "location_id": "NULL", "starts_on": STARTS}
    fill(Membership, teachers, id=_id("membership", "n"), user_id=_id("teacher", "n"), **role)
    teaches = {"teacher_id": _id("teacher", teacher), "group_id": _id("group", "n"), "starts_on": STARTS}
    fill(TeachingAssignment, groups, id=_id("assignment", "n"), **teaches)
    places = {"programme_id": _id("programme", "n"), "group_id": _id("group", f"n / {CLASS}"), "starts_on": STARTS}
    fill(Enrolment, serial, id=_id("enrolment", "n"), **places)


def _lessons(size: Size) -> None:
    """Lesson 0 of every group has begun, without a register; the others lie a day apart behind it. The groups of a teacher
    have their lessons one after the other.
    """
    begin = timezone.now().replace(second=0, microsecond=0) - dt.timedelta(minutes=30)
    starts_at = f"TIMESTAMPTZ '{begin.isoformat()}' - d * INTERVAL '1 day' - (n % {GROUPS_PER_TEACHER}) * INTERVAL '150 minutes'"
    fill(
        Lesson,
        f"generate_series(0, {size.groups - 1}) AS n, generate_series(0, {LESSONS_BEFORE}) AS d",
        id=_id("lesson", "n || '-' || d"),
        group_id=_id("group", "n"),
        location_id=f"(SELECT location_id FROM students_group WHERE id = {_id('group', 'n')})",
        teacher_id=_id("teacher", f"n / {GROUPS_PER_TEACHER}"),
        day=f"(({starts_at}) AT TIME ZONE 'Europe/Amsterdam')::date",
        starts_at=starts_at,
        ends_at=f"{starts_at} + INTERVAL '150 minutes'",
        planned_minutes="135",
        # Eight letters without 0 and 1: a number of base 16, shifted into A to P.
        code="translate(lpad(to_hex(n * 100 + d), 8, '0'), '0123456789abcdef', 'ABCDEFGHIJKLMNOP')",
    )


def _marks(of: str = "l.starts_at < now() - INTERVAL '12 hours'") -> None:
    """Of the lessons for which the condition `of` holds: one in ten is absent, one in ten late. Seals are of the right form
    only: verifying is not measured here.
    """
    lottery = "('x' || substr(md5(e.id::text || l.id::text), 1, 2))::bit(8)::int"
    state = f"CASE WHEN {lottery} < 25 THEN 'absent' WHEN {lottery} < 50 THEN 'late' ELSE 'present' END"
    source = f"attendance_lesson l JOIN students_enrolment e ON e.group_id = l.group_id WHERE {of}"
    fill(
        Mark,
        source,
        id="md5('mark' || e.id::text || l.id::text)::uuid",
        lesson_id="l.id",
        enrolment_id="e.id",
        state=state,
        minutes_missed=f"CASE WHEN {state} = 'late' THEN 15 ELSE 0 END",
        minutes_attended=f"CASE {state} WHEN 'late' THEN 120 WHEN 'absent' THEN 0 ELSE 135 END",
        teacher_at="l.ends_at",
        salt="md5(e.id::text)",
        row_hash="md5(l.id::text) || md5(e.id::text)",
    )
    claim = {"party": "'teacher'", "at": "teacher_at", "state": "state", "minutes_missed": "minutes_missed"}
    made = f"attendance_mark m JOIN attendance_lesson l ON l.id = m.lesson_id WHERE {of}"
    fill(Claim, made, mark_id="m.id", by_audit_id=_id("teacher audit", "0"), **claim)
    signed = dict.fromkeys(("saved_at", "signed_at"), "l.ends_at") | dict.fromkeys(
        ("saved_by_id", "signed_by_id"), "l.teacher_id"
    )
    hashes = "(SELECT array_agg(row_hash) FROM attendance_mark m WHERE m.lesson_id = l.id)"
    fill(
        Register,
        f"attendance_lesson l WHERE {of}",
        lesson_id="l.id",
        **signed,
        row_hashes=hashes,
        digest="md5(l.id::text) || md5(l.id::text)",
    )


def add_month() -> str:
    """A group of 25 with 20 signed lessons last month, of students who are in other groups too; the key of the group."""
    begin = (timezone.localtime() + dt.timedelta(hours=4)).replace(second=0, microsecond=0)  # free in the groups of _lessons
    first = (begin.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
    starts_at = f"TIMESTAMPTZ '{first.isoformat()}' + d * INTERVAL '1 day'"
    place = "(SELECT id FROM kvs_location ORDER BY name LIMIT 1)"
    group, one = _id("group", "'month'"), "(VALUES (1)) AS one"
    fill(Group, one, id=group, name="'NT2 maand'", location_id=place, capacity=str(MONTH_STUDENTS), starts_on=STARTS)
    students = f"generate_series(0, {MONTH_STUDENTS - 1}) AS n"
    placed = {"programme_id": _id("programme", "n"), "group_id": group, "starts_on": STARTS}
    fill(Enrolment, students, id=_id("month enrolment", "n"), **placed)
    fill(
        Lesson,
        f"generate_series(0, {MONTH_LESSONS - 1}) AS d",
        id=_id("month lesson", "d"),
        group_id=group,
        location_id=place,
        teacher_id=_id("teacher", "0"),
        day=f"(({starts_at}) AT TIME ZONE 'Europe/Amsterdam')::date",
        starts_at=starts_at,
        ends_at=f"{starts_at} + INTERVAL '150 minutes'",
        planned_minutes="135",
        code="translate(lpad(to_hex(d), 8, 'f'), '0123456789abcdef', 'ABCDEFGHIJKLMNOP')",
    )
    _marks(f"l.group_id = {group}")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {group}")
        return str(cursor.fetchone()[0])


def add_rounds(teachers: int, rounds: int) -> list[list[uuid.UUID]]:
    """More lessons without a register, of one group of each teacher, long before the others; their keys per round."""
    begin = timezone.now().replace(second=0, microsecond=0) - dt.timedelta(days=LESSONS_BEFORE + 20)
    starts_at = f"TIMESTAMPTZ '{begin.isoformat()}' - d * INTERVAL '1 day'"
    group, key = f"(n * {GROUPS_PER_TEACHER})", _id("round", "n || '-' || d")
    fill(
        Lesson,
        f"generate_series(0, {teachers - 1}) AS n, generate_series(0, {rounds - 1}) AS d",
        id=key,
        group_id=_id("group", group),
        location_id=f"(SELECT location_id FROM students_group WHERE id = {_id('group', group)})",
        teacher_id=_id("teacher", "n"),
        day=f"(({starts_at}) AT TIME ZONE 'Europe/Amsterdam')::date",
        starts_at=starts_at,
        ends_at=f"{starts_at} + INTERVAL '150 minutes'",
        planned_minutes="135",
        code="translate('e' || lpad(to_hex(n * 100 + d), 7, '0'), '0123456789abcdef', 'ABCDEFGHIJKLMNOP')",
    )
    with connection.cursor() as cursor:
        series = f"generate_series(0, {rounds - 1}) AS d, generate_series(0, {teachers - 1}) AS n"
        cursor.execute(f"SELECT {key} FROM {series} ORDER BY d, n")
        keys = [row[0] for row in cursor.fetchall()]
    return [keys[start : start + teachers] for start in range(0, len(keys), teachers)]


def _numbers() -> None:
    """Sealed BSNs, through the model: reading a list must not pay for opening them."""
    valid = [number for number in range(999990000, 1000000000) if elfproef.is_valid(str(number))][:WITH_BSN]
    for programme, number in zip(Programme.objects.order_by("pk")[:WITH_BSN], valid, strict=True):
        programme.bsn, programme.bsn_index, programme.bsn_basis = str(number), bsn_index(str(number)), "isi_delivery"
        programme.save(update_fields=["bsn", "bsn_index", "bsn_basis"])


def fill(model: type[models.Model], source: str, **columns: str) -> None:
    """INSERT … SELECT: `columns` are SQL expressions over `source`; the others get the model's default."""
    known = {field.column: columns.get(str(field.column)) or _default(field) for field in _stored(model)}
    assert not columns.keys() - known.keys(), f"{model.__name__} has no such column"
    with connection.cursor() as cursor:
        names, values = ", ".join(f'"{name}"' for name in known), ", ".join(known.values())
        cursor.execute(f"INSERT INTO {model._meta.db_table} ({names}) SELECT {values} FROM {source}")


def _stored(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    return [field for field in model._meta.concrete_fields if not isinstance(field, models.BigAutoField)]


def _default(field: "models.Field[Any, Any]") -> str:
    if field.has_default() and isinstance(field.default, bool | int | str):
        return f"'{field.default}'"
    if field.null:
        return "NULL"
    if isinstance(field, ArrayField):
        return "'{}'"
    assert isinstance(field, models.CharField), f"{field} needs a value"
    return "''"


def _id(kind: str, expression: str) -> str:
    return f"md5('{kind}' || ({expression}))::uuid"


def _pick(words: tuple[str, ...], index: str) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"(ARRAY[{listed}])[1 + ({index}) % {len(words)}]"
