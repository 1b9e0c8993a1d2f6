"""A school with everything the file for DUO has to tell apart: 2025, seen in October."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from django.utils.translation import override

from attendance.actions import Row as Marked
from attendance.actions import save_register, sign_register
from attendance.models import Lesson
from kvs.models import Location, Organisation, User
from reporting import actions as reporting
from reporting import profile
from reporting.actions import LANGUAGE
from reporting.models import ColumnProfile
from reporting.report import Content, Report
from reporting.reports.duo import REPORT
from students import actions
from students.demo import spare_bsns
from students.models import Client, Programme
from tests.factories import LONG_AGO, make_group, make_lesson, make_student, teach
from tests.reporting.conftest import LINK, OCTOBER, FixedSchool, at, municipality

BSN = dict(zip(("moved", "borrower", "odd", "late"), spare_bsns(), strict=False))
CODES = {"literacy": "A1", "integration": "I1", "nt2": "N1"}
WI2021 = {"law": "wi2021", "bsn_basis": "isi_delivery"}
LOAN = {"law": "none", "has_duo_loan": True, "bsn_basis": "loan_invoice"}


class DuoSchool(FixedSchool):
    """With ways to add somebody and something."""

    teacher: User
    office: User

    def add(self, name: str, *, programme: dict[str, Any], contracts: Sequence[dict[str, Any]], **student: Any) -> Programme:
        """Somebody with a place in the group since long ago."""
        made = make_student(self.group.location, self.office, **{"given_names": "", "call_name": "", **student})
        started = actions.start_programme(student=made, by=self.office, starts_on=LONG_AGO, **programme)
        self.people[name] = made
        self.places[name] = actions.enrol_student(programme=started, group=self.group, by=self.office, starts_on=LONG_AGO)
        for contract in contracts:
            actions.add_contract(programme=started, by=self.office, **contract)
        return started

    def lesson(self, when: dt.datetime, minutes: int, present: Sequence[str], *, signed: bool = True, **lesson: Any) -> Lesson:
        """A lesson with these students present and all others absent."""
        made = make_lesson(self.group, self.office, starts_at=when, minutes=minutes, **lesson)
        rows = [Marked(place.pk, "present" if name in present else "absent") for name, place in self.places.items()]
        if signed:
            sign_register(lesson=made, rows=rows, by=self.teacher)
        else:
            save_register(lesson=made, rows=rows, rest_present=False, by=self.teacher)
        return made

    def client(self, name: str) -> Client:
        """A municipality."""
        return municipality(name)


def contract(first: str, last: str | None = "2026-06-30", **fields: Any) -> dict[str, Any]:
    """A contract of 300 hours, unless told otherwise."""
    ends_on = dt.date.fromisoformat(last) if last else None
    return {"starts_on": dt.date.fromisoformat(first), "ends_on": ends_on, "hours": 300} | fields


@pytest.fixture(name="duo")
def make_duo(north: Location, anna: User, ineke: User, school: Organisation) -> DuoSchool:
    """Two clients in one month, a borrower without duty, a self-payer, a name like a formula; lessons of every kind."""
    Organisation.objects.update(bow_number="0012345")
    group = make_group(north, ineke, name="NT2 B1 dag 2")
    teach(anna, group, ineke)
    made = DuoSchool(group, municipality("Gemeente Utrecht"), municipality("Gemeente Zeist"))
    made.teacher, made.office = anna, ineke
    made.add(
        "moved",
        programme={**WI2021, "bsn": BSN["moved"]},
        contracts=[
            contract("2024-11-01", "2025-10-14", client=made.utrecht, hours=100),
            contract("2025-10-15", client=made.zeist, hours=200),
        ],
        call_name="Siti",
        infix="van den",
        surname="Wisselaar",
    )
    lender, other = {**LOAN, "bsn": BSN["borrower"]}, {**WI2021, "bsn": BSN["odd"]}
    made.add("borrower", programme=lender, contracts=[contract("2025-09-01", course="nt2")], surname="Lener")
    made.add("odd", programme=other, contracts=[contract("2025-01-01", client=made.utrecht)], surname=LINK)
    made.add("alone", programme={"law": "none"}, contracts=[contract("2025-01-01")], surname="Zelfbetaler")
    everyone = tuple(made.places)
    made.lesson(dt.datetime(2024, 12, 30, 9, tzinfo=at(1).tzinfo), 120, everyone)  # last year
    made.lesson(at(9, month=9), 100, everyone)
    made.lesson(at(10), 150, everyone)
    made.lesson(at(12), 90, everyone, signed=False)
    made.lesson(at(20), 90, ("moved", "alone"))
    made.lesson(at(21), 64, ("moved", "borrower"), subject="ona")
    made.lesson(at(22), 60, everyone, delivery="online")
    made.lesson(at(23), 45, ("borrower",), subject="knm", delivery="elearning_school")
    made.lesson(at(3, month=11), 200, everyone)  # after the month
    return made


def new_version(report: Report, by: User, *, codes: dict[str, str] | None = None, **facts: Any) -> ColumnProfile:
    """The next version of a layout, with codes for the kind of course and other facts."""
    newest = ColumnProfile.objects.filter(report=report.code).order_by("-version").first() or profile.known(report)
    columns = [
        {name: getattr(part, name) for name in ("position", "head", "source", "required", "max_length", "confirmed", "basis")}
        | {"codes": (codes or {}) if part.source == "course" else part.codes}
        for part in newest.parts
    ]
    kept = {name: getattr(newest, name) for name in profile.FACTS} | facts
    return reporting.change_layout(report=report, version=newest.version, by=by, facts=kept, columns=columns)


@pytest.fixture(name="coded")
def make_coded(duo: DuoSchool, ineke: User) -> DuoSchool:
    """The same school, with codes that DUO gave."""
    new_version(REPORT, ineke, codes=CODES)
    return duo


def made(by: User, month: dt.date = OCTOBER, *, leave_out: bool = False) -> Content:
    """The report, in the language of reports."""
    with override(LANGUAGE):
        return REPORT.build({"month": month, "leave_out": leave_out}, by, lambda done, total, doing: None)
