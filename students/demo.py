"""People of the demo school: 160 students who do not exist, their programmes, contracts and places in ten groups.

`people` plans, `fill` writes. The same seed gives the same people; dates lie around
`today`.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any, NamedTuple

from django.contrib.auth.hashers import make_password
from django.utils import timezone
from stdnum.nl import bsn as elfproef

from kvs.demo import DOMAIN
from kvs.models import Location, Membership, Role, User
from kvs.trace import acting
from students import actions, rules
from students.actions import corrections
from students.demo_names import BACKGROUNDS, FAMILY, FLED, FREE, ODD_NAMES, Background
from students.models import CaseManager, Client, Contract, Enrolment, Group, Programme, Student

SEED = 20261122
WEEKS = 26  # of lessons behind us
PLACED, NEWCOMERS, FORMER = 136, 8, 16  # together 160


# --- what they come for


class Offer(NamedTuple):
    """A kind of programme: law, route, level aimed at, course, who pays, and who usually takes it."""

    law: str
    route: str
    level: str
    course: str
    payer: str  # municipality, employer or self
    backgrounds: tuple[str, ...]
    loan: bool = False


LITERACY = Offer("wi2021", "z", "a1", "literacy", "municipality", FLED)
Z_ROUTE = Offer("wi2021", "z", "a1", "integration", "municipality", FLED)
B1_ROUTE = Offer("wi2021", "b1", "b1", "integration", "municipality", FLED)
B1_FAMILY = Offer("wi2021", "b1", "b1", "integration", "self", FAMILY, loan=True)
EDUCATION = Offer("wi2021", "education", "b2", "integration", "municipality", FLED)
OLD_LAW = Offer("wi2013", "", "a2", "integration", "self", FAMILY)
OLD_LAW_LOAN = Offer("wi2013", "", "a2", "integration", "self", FLED, loan=True)
AT_WORK = Offer("none", "", "b1", "nt2", "employer", FREE)
BY_CHOICE = Offer("none", "", "b1", "nt2", "self", FREE)


class GroupPlan(NamedTuple):
    """A group: where, of which kind, how many places, and which programmes its students follow."""

    location: str
    kind: str
    capacity: int
    offers: tuple[Offer, ...]


GROUPS = {
    "Alfabetisering 1": GroupPlan("Noord", "literacy", 20, (LITERACY,)),
    "NT2 A1 dag 1": GroupPlan("Noord", "nt2", 20, (B1_ROUTE, B1_ROUTE, B1_FAMILY, BY_CHOICE)),
    "NT2 B1 dag 2": GroupPlan("Noord", "nt2", 20, (B1_ROUTE, B1_ROUTE, B1_FAMILY, AT_WORK)),
    "NT2 A2 avond": GroupPlan("Noord", "nt2", 20, (OLD_LAW, OLD_LAW_LOAN, AT_WORK, BY_CHOICE, B1_FAMILY)),
    "Z-route 4": GroupPlan("Noord", "z_route", 20, (Z_ROUTE,)),
    "NT2 A2 weekend": GroupPlan("Noord", "nt2", 20, (AT_WORK, BY_CHOICE, OLD_LAW, B1_FAMILY)),
    "Alfabetisering 2": GroupPlan("Zuid", "literacy", 20, (LITERACY,)),
    "Z-route 5": GroupPlan("Zuid", "z_route", 20, (Z_ROUTE,)),
    "NT2 A2 dag 3": GroupPlan("Zuid", "nt2", 20, (B1_ROUTE, OLD_LAW_LOAN, B1_FAMILY, BY_CHOICE)),
    "Onderwijsroute 1": GroupPlan("Zuid", "education", 20, (EDUCATION,)),
}
CAME_FROM = {  # half-way some went on from the first to the second
    "Z-route 4": "Alfabetisering 1",
    "NT2 B1 dag 2": "NT2 A1 dag 1",
    "Z-route 5": "Alfabetisering 2",
    "Onderwijsroute 1": "NT2 A2 dag 3",
}
MOVED_PER_GROUP = 3
TEACHING = (  # who teaches which group, from and until the Monday of which week; None: still
    ("marijke", "NT2 A1 dag 1", 0, None),
    ("marijke", "NT2 B1 dag 2", 0, None),
    ("marijke", "NT2 A2 weekend", 0, None),
    ("kees", "NT2 B1 dag 2", 0, None),
    ("kees", "NT2 A2 avond", 0, None),
    ("kees", "Z-route 4", 0, None),
    ("fatma", "Alfabetisering 1", 0, None),
    ("fatma", "Z-route 4", 0, None),
    ("joost", "Z-route 5", 0, None),
    ("joost", "Onderwijsroute 1", 0, None),
    ("samira", "Alfabetisering 2", 0, None),
    ("samira", "NT2 A2 dag 3", 0, 14),
    ("agnieszka", "NT2 A2 dag 3", 14, None),
    ("agnieszka", "Onderwijsroute 1", 0, None),
)
# Towns, streets and companies that do not exist; a municipality therefore has no CBS code.
MUNICIPALITIES = {
    "Oosterveen": ("1890", (("Liesbeth", "van", "Dalen"), ("Hicham", "", "Bouhali"))),
    "Kadijk": ("3390", (("Ruud", "", "Kersten"), ("Anneke", "ter", "Horst"))),
    "Westerhaven": ("8790", (("Petra", "", "Noordman"),)),
    "Lindewaard": ("7190", (("Yvonne", "de", "Graaf"),)),
}
EMPLOYER = "Zorggroep De Vlasakker"
STREETS = (
    "Rozemarijnpad, Korenbloemhof, Oude Turfvaart, Leerlooiersgang, Sterrenkroosstraat, Klompenmakersdreef, Pinksterbloemweg, "
    "Burgemeester Van Ommerenplantsoen, Schuitenjagerskade, 't Hoge Blik, Zilverschoonlaan, Wethouder De Brauwstraat"
)
WORK = ("", "", "kapper", "verkoper in een winkel", "boekhouder", "leraar", "landbouw", "kok", "verpleegkundige", "timmerman")
AVAILABLE = ("", "", "alle ochtenden", "niet op woensdagmiddag", "alleen 's avonds", "maandag tot en met donderdag")


# --- the plan


@dataclass(frozen=True)
class Person:
    """A student as planned: columns of the student and of the programme, contracts and places with their periods."""

    location: str
    student: dict[str, Any]
    programme: dict[str, Any]
    contracts: list[dict[str, Any]]  # `client` is a name or None
    places: list[tuple[str, dt.date, dt.date | None]]


def first_monday(today: dt.date) -> dt.date:
    """The Monday on which the lessons of the demo began."""
    return today - dt.timedelta(days=today.weekday(), weeks=WEEKS)


def spare_bsns() -> list[str]:
    """The 909 numbers 99999xxxx that pass the elfproef and are given to nobody (decisions.md 37)."""
    return [number for number in (f"99999{end:04d}" for end in range(10_000)) if elfproef.is_valid(number)]


def people(today: dt.date) -> list[Person]:
    """All students of the demo, in the order of their intake."""
    chance = Random(SEED)  # noqa: S311  # to repeat itself is the point
    decks = {key: _names(key, chance) for key in BACKGROUNDS}
    numbers = iter(chance.sample(spare_bsns(), PLACED + NEWCOMERS + FORMER))
    planned: list[Person] = []
    for position in range(PLACED + NEWCOMERS + FORMER):
        group = list(GROUPS)[position % len(GROUPS)]
        offer = chance.choice(GROUPS[group].offers)
        background = chance.choice(offer.backgrounds)
        places = _places(group, position, today, chance)
        programme = _programme(offer, places, chance)
        if programme["bsn_basis"] and chance.random() < 0.9:  # of some the number is not known yet
            programme["bsn"] = next(numbers)
        programme["is_elip"] = offer is Z_ROUTE and position % 40 == 4
        town = _town(GROUPS[group].location, chance)
        student = next(decks[background]) | _origin(BACKGROUNDS[background], offer, programme["starts_on"], chance)
        student |= _address(town, position, student, chance)
        contracts = _contracts(offer, town, programme, position, today, chance)
        planned.append(Person(GROUPS[group].location, student, programme, contracts, places))
    return planned


def _names(key: str, chance: Random) -> Iterator[dict[str, str]]:
    """The odd names of a background, then every combination once, shuffled: no two people of one share a name."""
    background = BACKGROUNDS[key]
    given = [("f", name) for name in background.women.split(", ")] + [("m", name) for name in background.men.split(", ")]
    drawn = [(gender, first, last) for (gender, first), last in product(given, background.surnames.split(", "))]
    chance.shuffle(drawn)
    for gender, first, last in (*ODD_NAMES.get(key, ()), *drawn):
        infix, _bar, surname = last.rpartition("|")
        yield {"gender": gender, "given_names": first, "infix": infix, "surname": surname}


def _places(group: str, position: int, today: dt.date, chance: Random) -> list[tuple[str, dt.date, dt.date | None]]:
    monday = first_monday(today)
    if position >= PLACED + NEWCOMERS:
        begun, ended = chance.randrange(0, 4), chance.randrange(8, 23)
        return [(group, monday + dt.timedelta(weeks=begun), monday + dt.timedelta(weeks=ended, days=-3))]
    if position >= PLACED:
        return [(group, monday + dt.timedelta(weeks=WEEKS + chance.randrange(3, 6)), None)]
    if group in CAME_FROM and position < MOVED_PER_GROUP * len(GROUPS):
        moved = monday + dt.timedelta(weeks=chance.randrange(9, 18))
        return [(CAME_FROM[group], monday, moved - dt.timedelta(days=1)), (group, moved, None)]
    later = chance.choice((0, 0, 0, chance.randrange(1, 20)))
    return [(group, monday + dt.timedelta(weeks=later), None)]


def _programme(offer: Offer, places: list[tuple[str, dt.date, dt.date | None]], chance: Random) -> dict[str, Any]:
    """Its dates follow from the places: a PIP before, three years after it the end of the term (Wi 2021, art. 11)."""
    starts_on = places[0][1] - dt.timedelta(days=chance.choice((0, 0, 7, 14, 35)))
    pip_on = starts_on - dt.timedelta(days=chance.randrange(14, 70)) if offer.law == "wi2021" else None
    term = {"wi2021": starts_on + dt.timedelta(days=3 * 365), "wi2013": starts_on + dt.timedelta(days=chance.randrange(200, 600))}
    basis = "loan_invoice" if offer.loan else "" if offer.law == "none" else "isi_delivery"
    return {
        "law": offer.law,
        "route": offer.route,
        "target_level": offer.level,
        "has_duo_loan": offer.loan,
        "bsn_basis": basis,
        "pip_on": pip_on,
        "term_ends_on": pip_on + dt.timedelta(days=3 * 365) if pip_on else term.get(offer.law),
        "starts_on": starts_on,
        "ends_on": places[-1][2],
        **_status(offer),
    }


def _status(offer: Offer) -> dict[str, Any]:
    """Who fled is a status holder, with the hours of a made-up PIP; of a family migrant the school knows no hours."""
    if offer.law != "wi2021":
        return {}
    if offer.backgrounds != FLED:
        return {"status_holder": "no", "status_source": "municipality"}
    of_z = {"pip_language_hours": 760, "pip_knm_hours": 40, "pip_participation_hours": 800, "pip_week_hours": 12}
    hours = of_z if offer.route == "z" else {"pip_language_hours": 500, "pip_knm_hours": 40, "pip_week_hours": 15}
    return {"status_holder": "yes", "status_source": "pip", **hours}


def _contracts(
    offer: Offer, town: str, programme: dict[str, Any], position: int, today: dt.date, chance: Random
) -> list[dict[str, Any]]:
    payers = {"municipality": f"Gemeente {town}", "employer": EMPLOYER, "self": None}
    first = {
        "client": payers[offer.payer],
        "course": offer.course,
        "hours": chance.choice((250, 350, 450, 600)),
        "starts_on": programme["starts_on"],
        "ends_on": programme["ends_on"] or programme["starts_on"] + dt.timedelta(days=chance.choice((365, 545))),
    }
    if position % 12 != 5 or position >= PLACED or offer.payer == "self":
        return [first]
    # Somebody moved house, or went on paying alone: from the next day the lessons are for another client.
    changed = first_monday(today) + dt.timedelta(weeks=20, days=chance.randrange(7))
    others = [f"Gemeente {name}" for name in MUNICIPALITIES if name != town]
    client = chance.choice(others) if offer.payer == "municipality" else None
    return [
        {**first, "ends_on": changed - dt.timedelta(days=1), "hours": 200},
        {**first, "client": client, "starts_on": changed},
    ]


def _town(location: str, chance: Random) -> str:
    near = {"Noord": ("Oosterveen", "Oosterveen", "Westerhaven"), "Zuid": ("Kadijk", "Kadijk", "Lindewaard")}
    return chance.choice(near[location])


def _origin(background: Background, offer: Offer, starts_on: dt.date, chance: Random) -> dict[str, Any]:
    """Birth, arrival and schooling. Of a date of birth now and then only a part is known (decisions.md 40)."""
    youngest = 2006 if offer is EDUCATION else 1999
    born = dt.date(chance.randrange(1999 if offer is EDUCATION else 1964, youngest + 1), 1, 2) + dt.timedelta(
        days=chance.randrange(360)
    )
    known = chance.choices((3, 2, 1, 0), (88, 3, 7, 2))[0]
    arrived_on = starts_on - dt.timedelta(days=chance.randrange(120, 1500))
    learnt = (
        "none, primary"
        if offer is LITERACY
        else "secondary, higher"
        if offer is EDUCATION
        else "primary, secondary, vocational, higher"
    )
    education = chance.choice(learnt.split(", "))
    holds_permit = offer.law != "none" and chance.random() < 0.6
    return {
        "birth_year": born.year if known else None,
        "birth_month": born.month if known > 1 else None,
        "birth_day": born.day if known > 2 else None,
        "birth_place": chance.choice((background.birth_place, "")),
        "birth_country": background.country,
        "nationality": background.nationality,
        "arrived_on": arrived_on,
        "residence_permit": f"XX{chance.randrange(10**7):07d}" if holds_permit else None,  # no country has the code XX
        "residence_permit_until": starts_on + dt.timedelta(days=chance.randrange(300, 1500)) if holds_permit else None,
        "contact_language": chance.choice((background.language, background.language, "eng", "nld", "")),
        "education_level": education,
        "school_years": {"none": 0, "primary": 6, "secondary": 11, "vocational": 13, "higher": 16}[education],
        "work_experience": chance.choice(WORK),
        "availability": chance.choice(AVAILABLE),
        "registered_on": starts_on - dt.timedelta(days=chance.randrange(5, 25)),
    }


def _address(town: str, position: int, student: dict[str, Any], chance: Random) -> dict[str, Any]:
    """Numbers beginning with 060 are given to no telephone, and `example` is no domain (RFC 2606)."""
    name = rules.folded(f"{student['given_names']} {student['surname']}").replace(" ", ".")[:40].rstrip(".")
    mail = "".join(letter for letter in name if letter.isascii())
    return {
        "street": chance.choice(STREETS.split(", ")),
        "house_number": f"{chance.randrange(1, 180)}{chance.choice(('', '', '', 'a', '-2', ' bis'))}",
        "postcode": f"{MUNICIPALITIES[town][0]} {chance.choice('ABCDEGHK')}{chance.choice('ABCDEGHK')}",
        "city": town,
        "no_survey": position % 23 == 7,
        "phone": f"06-0000{position:04d}" if chance.random() < 0.92 else "",
        "email": f"{mail}@voorbeeld.example" if chance.random() < 0.7 else "",
    }


# --- writing it down


def fill(today: dt.date | None = None) -> None:
    """Clients, groups, teachers and students around `today` (default: the day it is in the school's zone)."""
    today = today or timezone.localdate()
    by = staff("ineke")
    with acting(lambda: by):
        managers = _make_clients(today)
        groups = _make_groups(today, by)
        planned = people(today)
        locations = {location.name: location for location in Location.objects.all()}
        students = [_register(person, locations[person.location], by) for person in planned]
        _place(students, planned, managers, groups)
        _open_exceptions(groups, today, by)
    _make_accounts(students, today)
    _propose_corrections(today)


def staff(mail: str) -> User:
    """The account of a member of staff by the name in the e-mail address."""
    user: User = User.objects.get(email=f"{mail}@{DOMAIN}")
    return user


def _make_clients(today: dt.date) -> dict[str, list[CaseManager]]:
    """The case managers of each client."""
    managers: dict[str, list[CaseManager]] = {}
    for town, (_digits, names) in MUNICIPALITIES.items():
        client = Client.objects.create(name=f"Gemeente {town}", kind=Client.Kind.MUNICIPALITY)
        managers[client.name] = [
            CaseManager.objects.create(
                client=client,
                call_name=call_name,
                infix=infix,
                surname=surname,
                email=f"{rules.folded(call_name)}@{town.lower()}.example",
                starts_on=today - dt.timedelta(days=800),
            )
            for call_name, infix, surname in names
        ]
    employer = Client.objects.create(name=EMPLOYER, kind=Client.Kind.EMPLOYER)
    managers[EMPLOYER] = [CaseManager.objects.create(client=employer, call_name="Jolanda", surname="Mulder")]
    return managers


def _make_groups(today: dt.date, by: User) -> dict[str, Group]:
    monday = first_monday(today)
    places = {location.name: location for location in Location.objects.all()}
    groups = {
        name: actions.start_group(
            by=by,
            name=name,
            location=places[plan.location],
            kind=plan.kind,
            capacity=plan.capacity,
            starts_on=monday - dt.timedelta(weeks=4),
        )
        for name, plan in GROUPS.items()
    }
    for mail, name, begun, ended in TEACHING:
        actions.assign_teacher(
            teacher=staff(mail),
            group=groups[name],
            starts_on=monday + dt.timedelta(weeks=begun),
            ends_on=monday + dt.timedelta(weeks=ended, days=-1) if ended else None,
            by=by,
        )
    return groups


def _register(person: Person, location: Location, by: User) -> Student:
    told: dict[str, str] = {"source": "student"}
    payer = person.contracts[0]["client"]
    if person.programme["law"] == "wi2021" and payer:
        told = {"source": "third_party", "organisation": payer}  # the municipality reported somebody (art. 14 AVG)
    return actions.register_student(by=by, intake_location=location, **told, **person.student)


def _place(
    students: list[Student], planned: list[Person], managers: dict[str, list[CaseManager]], groups: dict[str, Group]
) -> None:
    """Programmes, contracts and places. In bulk, for the actions ask the database 9,000 questions here (4 s); its
    constraints hold all the same. There are no lines in the audit: acceptable for people who do not exist.
    """
    programmes, contracts, places = [], [], []
    for serial, (student, person) in enumerate(zip(students, planned, strict=True)):
        number = person.programme.get("bsn")
        programme = Programme(student=student, bsn_index=actions.bsn_index(number) if number else None, **person.programme)
        programmes.append(programme)
        for contract in person.contracts:
            available = managers.get(contract["client"], [])
            manager = available[serial % len(available)] if available else None
            client = manager.client if manager else None
            contracts.append(Contract(programme=programme, case_manager=manager, **{**contract, "client": client}))
        places += [Enrolment(programme=programme, group=groups[name], starts_on=a, ends_on=b) for name, a, b in person.places]
    Programme.objects.bulk_create(programmes)
    Contract.objects.bulk_create(contracts)
    Enrolment.objects.bulk_create(places)


def _open_exceptions(groups: dict[str, Group], today: dt.date, by: User) -> None:
    """A substitute for the evening class, and the auditor's sample of two groups."""
    exceptions = (
        ("marijke", "NT2 A2 avond", 9, "vervanging"),
        ("olga", "NT2 B1 dag 2", 21, "steekproef keurmerk"),
        ("olga", "Z-route 5", 21, "steekproef keurmerk"),
    )
    for mail, name, days, reason in exceptions:
        until = today + dt.timedelta(days=days)
        actions.give_group_access(user=staff(mail), group=groups[name], starts_on=today, ends_on=until, reason=reason, by=by)


def _make_accounts(students: list[Student], today: dt.date) -> None:
    """An account without password for everybody who is placed today; cards and PINs are given out at the desk."""
    placed = set(Enrolment.objects.active_on(today).values_list("programme__student", flat=True))
    current = [student for student in students if student.pk in placed]
    nobody = make_password(None)
    for student in current:
        student.user = User(
            student_number=student.number,
            call_name=student.call_name or student.given_names[:80],
            infix=student.infix,
            surname=student.surname[:120],
            password=nobody,
        )
    accounts = [student.user for student in current if student.user]
    User.objects.bulk_create(accounts)
    Student.objects.bulk_update(current, ["user"])
    Membership.objects.bulk_create(
        Membership(user=student.user, role=Role.STUDENT, location=student.intake_location, starts_on=student.registered_on)
        for student in current
    )


def _propose_corrections(today: dt.date) -> None:
    """Two students of one group say that something in their file is wrong."""
    here = Enrolment.objects.active_on(today).filter(group__name="Z-route 5").select_related("programme__student__user")
    first, second = [place.programme.student for place in here.order_by("programme__student__number")[:2]]
    assert first.user
    assert second.user
    assert second.arrived_on
    corrections.propose_correction(student=first, field="birth_place", values={"birth_place": "Massawa"}, by=first.user)
    earlier = second.arrived_on - dt.timedelta(days=31)
    corrections.propose_correction(student=second, field="arrived_on", values={"arrived_on": earlier}, by=second.user)
