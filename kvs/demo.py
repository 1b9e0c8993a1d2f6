"""The demo school's ground floor: the school, two locations, and an account for every role."""

import datetime as dt

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from kvs import statements
from kvs.models import ContractKind, Location, Membership, Organisation, Qualification, Role, Statement, StatementText, User
from kvs.statement_texts import DEFAULT_TEXTS

PASSWORD = "gele fiets in de regen"  # noqa: S105  # public on purpose: a demo holds made-up people only
DOMAIN = "lindenhof.example"  # RFC 2606: never a real address

STAFF = (
    # e-mail name, call name, prefix, surname, role, location (None: all)
    ("marijke", "Marijke", "de", "Vries", Role.TEACHER, "Noord"),
    ("kees", "Kees", "", "Boateng", Role.TEACHER, "Noord"),
    ("fatma", "Fatma", "", "Yıldız", Role.TEACHER, "Noord"),
    ("joost", "Joost", "van der", "Meulen", Role.TEACHER, "Zuid"),
    ("agnieszka", "Agnieszka", "", "Wójcik", Role.TEACHER, "Zuid"),
    ("samira", "Samira", "el", "Amrani", Role.TEACHER, "Zuid"),
    ("ineke", "Ineke", "", "Hofstra", Role.ADMINISTRATION, None),
    ("bram", "Bram", "", "Smit", Role.COORDINATOR, "Noord"),
    ("noor", "Noor", "", "Visser", Role.COORDINATOR, "Zuid"),
    ("femke", "Femke", "", "Postma", Role.FINANCE, None),
    ("dana", "Dana", "", "Kaya", Role.PRIVACY_OFFICER, None),
    ("wim", "Wim", "", "Terpstra", Role.MANAGEMENT, None),
    ("olga", "Olga", "", "Martens", Role.AUDITOR, None),
    ("sami", "Sami", "", "Peeters", Role.SYSTEM_ADMINISTRATOR, None),
)

CONTRACTS: dict[str, tuple[str, int | None]] = {  # who is no employee, and in how many days that ends
    "joost": (ContractKind.SELF_EMPLOYED, 200),
    "samira": (ContractKind.VOLUNTEER, None),
    "olga": (ContractKind.OTHER, 30),
}

QUALIFICATIONS: dict[str, dict[str, object]] = {  # of Samira nothing is known yet: the planning says so
    "marijke": {"register": "bvnt2", "number": "10021", "vog_screening": "60"},
    "kees": {"register": "bow", "number": "2044", "vog_screening": "60"},
    "fatma": {"exemption": "training", "vog_screening": "60"},
    "joost": {"register": "bvnt2", "number": "10377", "vog_screening": "45"},
    "agnieszka": {"register": "bvnt2", "number": "10412", "vog_screening": "60"},
}


def logins() -> list[tuple[str, str, str]]:
    """One login per role to print: role, e-mail address, password."""
    first = {role: mail for mail, _call_name, _infix, _surname, role, _place in reversed(STAFF)}
    return [(role, f"{mail}@{DOMAIN}", PASSWORD) for role, mail in reversed(first.items())]


def fill() -> None:
    """Make the school, its locations and its staff."""
    Organisation.objects.create(
        name="Taalschool Lindenhof",
        is_demo=True,
        bow_number="0099999",
        handbook_edition="2026 (demo)",
        street="Lindenlaan 1",
        postcode="1234 AB",
        city="Oosterveen",
        email=f"info@{DOMAIN}",
        phone="010 000 00 00",
        kvk_number="00000000",
        privacy_contact="functionaris gegevensbescherming",
        privacy_email=f"privacy@{DOMAIN}",
    )
    today = timezone.localdate()
    places = {name: Location.objects.create(name=name, city=city) for name, city in (("Noord", "Oosterveen"), ("Zuid", "Kadijk"))}
    texts = [StatementText.objects.create(kind=kind, number=1, text=text) for kind, text in DEFAULT_TEXTS.items()]
    password = make_password(PASSWORD)  # hashed once: slow on purpose
    for mail, call_name, infix, surname, role, place in STAFF:
        contract = CONTRACTS.get(mail, (ContractKind.EMPLOYEE, None))
        user = User.objects.create(
            email=f"{mail}@{DOMAIN}",
            call_name=call_name,
            infix=infix,
            surname=surname,
            password=password,
            contract_kind=contract[0],
            contract_ends_on=today + dt.timedelta(days=contract[1]) if contract[1] else None,
        )
        Membership.objects.create(
            user=user,
            role=role,
            location=places[place] if place else None,
            starts_on=today - dt.timedelta(days=400),
            ends_on=today + dt.timedelta(days=30) if role == Role.AUDITOR else None,
        )
        if mail in QUALIFICATIONS:
            _qualify(user, QUALIFICATIONS[mail], today)
        said_at = timezone.now() - dt.timedelta(days=40)
        Statement.objects.bulk_create(Statement(user=user, text=text, said_at=said_at) for text in texts)
    statements.reckon_everybody(12)


def _qualify(user: User, facts: dict[str, object], today: dt.date) -> None:
    """A place in the register for two years more, or a training that goes on; a VOG of shortly before the start."""
    row = Qualification(user=user, vog_on=today - dt.timedelta(days=430), **facts)
    if row.register:
        row.valid_until = today + dt.timedelta(days=700)
    else:
        row.training_started_on = today - dt.timedelta(days=200)
    row.save()
