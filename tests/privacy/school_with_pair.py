"""A school of two namesakes for tests/privacy/test_restore.py; run as a program of its own.

fill     the namesakes with everything that hangs on them; prints the number of X
erase    X, as two people do
look     says how much of each namesake the database finds, and whether an import would be warned
"""

import sys

import django

if __name__ == "__main__":
    django.setup()

from kvs import ledger
from kvs.models import LedgerEntry, Location, Organisation, Role, User
from kvs.sentinel import write_sentinel
from privacy.subject import about, subject_of
from students.models import Student
from tests.factories import staff
from tests.privacy.erasing import BSNS, erase, make_pair


def fill() -> None:
    write_sentinel()
    Organisation.objects.create(name="Taalschool Lindenhof")
    north = Location.objects.create(name="Noord")
    pair = make_pair(north, staff(Role.ADMINISTRATION, north, email="ineke@voorbeeld.test"))
    for email in ("officer@voorbeeld.test", "second@voorbeeld.test"):
        staff(Role.PRIVACY_OFFICER, email=email)
    print(pair.x.number)


def erase_x() -> None:
    officer, second = (User.objects.get(email=f"{name}@voorbeeld.test") for name in ("officer", "second"))
    print(erase(Student.objects.get(birth_day=1), officer, second).state)


def look() -> None:
    for day in (1, 2):
        people = Student.objects.filter(birth_day=day)
        print(day, *(sum(rows.count() for _, rows in about(subject_of(person))) for person in people))
    print(LedgerEntry.objects.count(), *(ledger.was_erased("bsn", bsn) for bsn in BSNS[:2]))


if __name__ == "__main__":
    {"fill": fill, "erase": erase_x, "look": look}[sys.argv[1]]()
