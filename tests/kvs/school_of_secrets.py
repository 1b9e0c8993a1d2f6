"""Fills a database with sealed values of every kind, for tests/kvs/test_rotation.py; run as a program of its own.

fill     rows in every kind of sealed column; prints what only their holders know
look     prints what a look through all of them opens to: it must never change
enter    signs in with each kind of second step, and prints what the first page answers
serve    as a web process that keeps running: writes a draft for every line it reads, and answers how many open
"""

import hashlib
import json
import secrets
import sys

import django
from django.conf import settings
from django.test.utils import setup_test_environment

if __name__ == "__main__":
    django.setup()
    setup_test_environment()
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.CACHES["default"]["KEY_PREFIX"] = secrets.token_hex()  # what another run used up says nothing here

from cryptography.hazmat.primitives import serialization
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from kvs import cards, drafts, files, links
from kvs.environment import keys_folder
from kvs.fields import seal, unseal
from kvs.models import Draft, Location, OneTimeLink, Organisation, Role, SealedFile, User
from kvs.sentinel import write_sentinel
from students import actions
from students.models import Programme
from tests import passkeys
from tests.factories import LONG_AGO, make_student, staff
from tests.second_step import by_code, by_password, code_of, recovery_code, with_app

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
    cards.issue_card(user=pupil, by=ineke)
    cards.issue_desk_code(user=pupil, by=ineke)
    OneTimeLink.objects.create(user=ineke, kind="invite", expires_at=timezone.now() + links.LIFETIMES[OneTimeLink.Kind.INVITE])
    files.store_file(ContentFile(b"report " * 1000).read(), kind="report", content_type="text/plain", people=[], by=ineke)
    Draft.objects.bulk_create([draft(ineke, number) for number in range(DRAFTS)])
    print(json.dumps(second_steps(staff(Role.TEACHER, north, email="anna@voorbeeld.test"))))


def second_steps(anna: User) -> dict[str, str]:
    """Give her a passkey, an app and recovery codes; what her phone and her paper know."""
    phone = passkeys.Device()
    passkeys.add(by_password(anna), phone)
    app = with_app(anna)
    plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    known = {"key": phone.key.private_bytes(*plain).decode(), "id": phone.id.hex(), "handle": phone.handle}
    return {**known, "app": app, "code": recovery_code(anna)}


def enter() -> None:
    known = json.loads((keys_folder() / "known").read_text())
    anna = User.objects.get(email="anna@voorbeeld.test")
    phone = passkeys.Device()
    phone.key = serialization.load_pem_private_key(known["key"].encode(), None)  # type: ignore[assignment]
    phone.id, phone.handle = bytes.fromhex(known["id"]), known["handle"]
    ways = {
        "app": by_code(anna, code_of(known["app"])),
        "code": by_code(anna, known["code"]),
        "passkey": passkeys.enter(phone)[0],
    }
    print(json.dumps({way: browser.get(reverse("attendance:today")).status_code for way, browser in ways.items()}))


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
    {"fill": fill, "look": look, "enter": enter, "serve": serve}[sys.argv[1]]()
