"""Fills a database with sealed values of every kind, for tests/kvs/test_rotation.py; run as a program of its own.

fill     rows in every kind of sealed column
look     prints what a look through all of them opens to: it must never change
serve    as a web process that keeps running: writes a draft for every line it reads, and answers how many open
"""

import hashlib
import secrets
import sys

import django

if __name__ == "__main__":
    django.setup()

from django.core.files.base import ContentFile
from django.utils import timezone

from kvs import cards, drafts, files, links
from kvs.fields import seal, unseal
from kvs.models import Draft, Location, OneTimeLink, Organisation, Role, SealedFile, User
from kvs.sentinel import write_sentinel
from kvs.sessions import SessionStore
from students import actions
from students.models import Programme
from tests.factories import LONG_AGO, make_student, staff

BSN = "999990019"
DRAFTS = 700


def draft(user: User, number: int) -> Draft:
    path = hashlib.sha256(str(number).encode()).hexdigest()
    return Draft(user=user, path_hash=path, data=seal(f"line={number}", drafts.CONTEXT), made_at=timezone.now())


def fill() -> None:
    write_sentinel()
    Organisation.objects.create(name="Taalschool Lindenhof")
    north = Location.objects.create(name="Noord")
    ineke = staff(Role.ADMINISTRATION, north, email="ineke@voorbeeld.test")
    student = make_student(north, ineke, residence_permit="Asiel")
    actions.start_programme(
        student=student, by=ineke, law="wi2021", route="b1", starts_on=LONG_AGO, bsn=BSN, bsn_basis="isi_delivery"
    )
    pupil = staff(Role.STUDENT, email="rania@voorbeeld.test")
    print(cards.issue_card(user=pupil, by=ineke))
    cards.issue_desk_code(user=pupil, by=ineke)
    OneTimeLink.objects.create(user=ineke, kind="invite", expires_at=timezone.now() + links.LIFETIMES[OneTimeLink.Kind.INVITE])
    session = SessionStore()
    session["word"] = "kept"
    session.create()
    files.store_file(ContentFile(b"report " * 1000).read(), kind="report", content_type="text/plain", people=[], by=ineke)
    Draft.objects.bulk_create([draft(ineke, number) for number in range(DRAFTS)])


def look() -> None:
    opened = [unseal(data, drafts.CONTEXT) for data in Draft.objects.values_list("data", flat=True)]
    opened += [files.open_file(file).decode()[:6] for file in SealedFile.objects.all()]
    opened += [str(bsn) for bsn in Programme.objects.values_list("bsn", flat=True)]
    opened += [str(Programme.objects.filter(bsn_index=actions.bsn_index(BSN)).count())]
    print(hashlib.sha256("\n".join(sorted(opened)).encode()).hexdigest())


def serve() -> None:
    ineke = User.objects.get(email="ineke@voorbeeld.test")
    for _line in sys.stdin:
        draft(ineke, secrets.randbits(64)).save()
        print(len([unseal(data, drafts.CONTEXT) for data in Draft.objects.values_list("data", flat=True)]), flush=True)


if __name__ == "__main__":
    {"fill": fill, "look": look, "serve": serve}[sys.argv[1]]()
