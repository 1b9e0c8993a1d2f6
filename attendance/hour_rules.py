"""Which hours count for what: one row per rule, with its law, its source, the day it was read and how sure we are.

Sources: domain/duo.md sections 1.4, 3.2, 4 and 5.1, domain/blik_op_werk_and_municipalities.md sections 4.3 and 4.4. A rule
that changes gets a last day here and a new row beside it: old months keep the rule of their time. Minutes everywhere; only
`whole_hours` rounds, and always down. A rule hour is 60 minutes (DUO does not say whether it means lesson hours: duo.md N1).
"""

import datetime as dt
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from attendance.rules import DUO_COURSE_HOURS, DUO_ONA_HOURS, HOUR_CLASSES, LITERACY

# Hours outside lessons. They are in no register, so DUO's file has none of them.
OUTSIDE = ("participation", "intake", "intake_participation", "practice_outside")
REFUSED = "refused"  # literacy away from the school: not allowed at all since 2019
OLD_DISTANCE = "distance_2018"  # "2018 online hours still count" (duo.md 1.4); only in what was brought along
CLASSES = (*HOUR_CLASSES, *OUTSIDE)
CLASS_LABELS: dict[str, Any] = {
    "classroom": _("in the classroom"),
    "elearning_school": _("e-learning at school"),
    "practice": _("guided practice"),
    "knm": "KNM",
    "ona_course": _("ONA course"),
    "ona_portfolio": _("ONA portfolio at school"),
    "distance": _("online lesson"),
    "elearning_home": _("e-learning at home"),
    "participation": _("participation"),
    "intake": _("broad intake: language and KNM lessons"),
    "intake_participation": _("broad intake: participation"),
    "practice_outside": _("practice outside the school"),
    REFUSED: _("literacy away from the school (not allowed)"),
    OLD_DISTANCE: _("online, before 2019"),
}

HOUR = 60
MOST_HOURS = 9999  # of a total in the API between municipalities and DUO
AT_SCHOOL = DUO_COURSE_HOURS
LESSONS = AT_SCHOOL | DUO_ONA_HOURS
LANGUAGE = frozenset({"language"})
LANGUAGE_KNM = frozenset({"language", LITERACY, "knm"})
OLD_LAW = frozenset({"wi2013"})
NEW_LAW = frozenset({"wi2021"})
READ = dt.date(2026, 11, 22)
WI2021 = dt.date(2022, 1, 1)  # in force
API_V1 = dt.date(2026, 3, 30)
ONLINE_STOPPED = dt.date(2019, 1, 1)


class Hours(NamedTuple):
    """Minutes attended of one kind."""

    course: str  # of the contract: literacy, integration, nt2; "" without contract
    subject: str
    hour_class: str
    minutes: int


class Condition(NamedTuple):
    """What a rule asks besides its total; without `need` only a figure to look at."""

    title: Any
    have: int
    need: int | None = None

    @property
    def met(self) -> bool:
        """Whether it is fulfilled."""
        return self.need is None or self.have >= self.need


class Counted(NamedTuple):
    """Minutes that count for a rule, and its conditions."""

    minutes: int
    conditions: tuple[Condition, ...] = ()


class Certainty(NamedTuple):
    """How sure we are of a rule."""

    code: str
    label: Any


SEEN = Certainty("seen", _("read in the source"))
SECOND_HAND = Certainty("second_hand", _("from a second source, not confirmed"))
OPEN = Certainty("open", _("not confirmed"))


def total(hours: Iterable[Hours]) -> Counted:
    """All of them."""
    return Counted(sum(row.minutes for row in hours))


def agi_course(hours: Iterable[Hours]) -> Counted:
    """Integration and NT2 add up; literacy is added once 200 hours are of an integration course."""
    by_course = _by_course(hours)
    integration, literacy = by_course.get("integration", 0), by_course.get(LITERACY, 0)
    added = literacy if integration >= 200 * HOUR else 0
    base = integration + by_course.get("nt2", 0)
    return Counted(base + added, (Condition(_("integration course (literacy is added from 200 hours)"), integration),))


def agi_literacy(hours: Iterable[Hours]) -> Counted:
    """At least 300 hours of literacy; the rest may be of an integration course."""
    by_course = _by_course(hours)
    literacy = by_course.get(LITERACY, 0)
    return Counted(literacy + by_course.get("integration", 0), (Condition(_("literacy course"), literacy, 300 * HOUR),))


def half_physical(hours: Iterable[Hours]) -> Counted:
    """Online counts up to as much as was at the school: at least half is physical."""
    rows = list(hours)
    physical = sum(row.minutes for row in rows if row.hour_class in AT_SCHOOL)
    online = sum(row.minutes for row in rows) - physical
    return Counted(physical + min(physical, online), (Condition(_("at the school"), physical, 300 * HOUR),))


def language_beside_knm(hours: Iterable[Hours], knm_hours: int | None = None) -> Counted:
    """Language makes the total; KNM is asked for too, its number (`knm_hours`) is not in the source but may be in the PIP."""
    rows = list(hours)
    knm = sum(row.minutes for row in rows if row.subject == "knm")
    asked = None if knm_hours is None else knm_hours * HOUR
    return Counted(sum(row.minutes for row in rows) - knm, (Condition(_("KNM course"), knm, asked),))


def _by_course(hours: Iterable[Hours]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in hours:
        found[row.course] = found.get(row.course, 0) + row.minutes
    return found


class Person(NamedTuple):
    """What the school knows of somebody that rules ask about; None: not known, and then nothing is said to be reached."""

    status_holder: bool | None = None
    pip_language: int | None = None  # hours
    pip_knm: int | None = None  # hours


class Rule(NamedTuple):
    """One rule. Without `routes`, `people`, `subjects` or `courses` it is for all of them."""

    key: str
    title: Any
    explanation: Any  # what counts, printed with every figure
    laws: frozenset[str]
    classes: frozenset[str]
    source: str
    certainty: Certainty
    threshold: int | None = None  # minutes
    routes: frozenset[str] = frozenset()
    people: Any = ""  # for whom, when not for everybody
    status_holder: bool | None = None  # the same as a fact: only status holders, only others; None: everybody
    of_pip: bool = False  # its numbers stand in the PIP of the municipality
    subjects: frozenset[str] = frozenset()
    courses: frozenset[str] = frozenset()
    add_up: Callable[[Iterable[Hours]], Counted] = total
    remark: Any = ""  # what is in doubt or in conflict
    per_contract: bool = False  # else over all programmes under one law: hours of an earlier route stay
    checked_on: dt.date = READ
    valid_from: dt.date = dt.date(2013, 1, 1)  # of the Wi2013
    valid_until: dt.date | None = None

    def accepts(self, hours: Hours) -> bool:
        """Whether these hours are of a kind that counts."""
        return (
            hours.hour_class in self.classes
            and (not self.subjects or hours.subject in self.subjects)
            and (not self.courses or hours.course in self.courses)
        )

    def holds_on(self, day: dt.date) -> bool:
        """Whether it is the rule of `day`."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)

    def counted(self, hours: Iterable[Hours]) -> Counted:
        """What counts of `hours`."""
        return self.add_up([row for row in hours if self.accepts(row)])

    def for_person(self, person: Person) -> "Rule":
        """The rule with the numbers of this person's PIP."""
        if not self.of_pip:
            return self
        threshold = None if person.pip_language is None else person.pip_language * HOUR
        return self._replace(threshold=threshold, add_up=partial(language_beside_knm, knm_hours=person.pip_knm))

    def missing(self, person: Person) -> list[Any]:
        """Facts about this person without which nobody can say that the rule is fulfilled."""
        asked = (
            (self.status_holder is not None and person.status_holder is None, NEEDS_STATUS),
            (self.of_pip and person.pip_language is None, NEEDS_PIP_LANGUAGE),
            (self.of_pip and person.pip_knm is None, NEEDS_PIP_KNM),
        )
        return [fact for lacks, fact in asked if lacks]

    def reached(self, counted: Counted) -> bool:
        """Whether total and conditions are fulfilled; a rule without a number is never said to be."""
        enough = self.threshold is not None and counted.minutes >= self.threshold
        return enough and all(condition.met for condition in counted.conditions)


NEEDS_STATUS = _("whether this is an asylum status holder")
NEEDS_PIP_LANGUAGE = _("the hours of language in the PIP")
NEEDS_PIP_KNM = _("the hours of KNM in the PIP")
STATUS_HOLDERS = _("asylum status holders only")
FAMILY = _("family and other migrants only")
DUO_PAGE = "DUO, Uitwisselen contractgegevens"
AGI_PAGE = "DUO, Ontheffing aantoonbaar geleverde inspanningen"
API = "duonl/gemeente-m2m-inburgering, Gevolgde Uren API v1.0.0 (30-3-2026)"
DECREE = "Besluit inburgering 2021, art. 3.14"
ALL_LAWS = frozenset({"none", "wi2007", "wi2013", "wi2021"})

RULES: tuple[Rule, ...] = (
    Rule(
        "duo_course",
        _("Delivery to DUO: course"),
        _("At the school: in the classroom, e-learning, guided practice, KNM and ONA portfolio. Never online or at home."),
        ALL_LAWS,
        AT_SCHOOL,
        DUO_PAGE,
        SEEN,
        per_contract=True,
        remark=_("Whether MAP and other lessons at the school count is not confirmed."),
        valid_from=ONLINE_STOPPED,
    ),
    Rule(
        "duo_ona",
        _("Delivery to DUO: ONA course"),
        _("Attended lessons of the ONA course."),
        ALL_LAWS,
        DUO_ONA_HOURS,
        DUO_PAGE,
        SEEN,
        per_contract=True,
    ),
    Rule(
        "ona_64",
        _("ONA course instead of the talk: 64 hours"),
        _("Attended lessons of the ONA course. The portfolio stays an obligation."),
        OLD_LAW,
        DUO_ONA_HOURS,
        "inburgeren.nl, ONA",
        SECOND_HAND,
        threshold=64 * HOUR,
    ),
    Rule(
        "agi_course",
        _("Exemption for shown effort (AGI): 600 hours of course"),
        _("Integration and NT2 at the school add up. Literacy is added when 200 hours are of an integration course."),
        OLD_LAW,
        AT_SCHOOL | {OLD_DISTANCE},
        AGI_PAGE,
        SEEN,
        threshold=600 * HOUR,
        add_up=agi_course,
        remark=_("DUO also asks for attempts at every exam and a term that began 2.5 years ago: not counted here."),
    ),
    Rule(
        "agi_literacy",
        _("Exemption for shown effort (AGI): 600 hours with literacy"),
        _("At least 300 hours of a literacy course; the rest may be of an integration course. NT2 is not added."),
        OLD_LAW,
        AT_SCHOOL | {OLD_DISTANCE},
        AGI_PAGE,
        SEEN,
        threshold=600 * HOUR,
        add_up=agi_literacy,
        courses=frozenset({LITERACY, "integration"}),
        remark=_("DUO also asks for its test of learning ability: not counted here."),
    ),
    Rule(
        "extension_300",
        _("Longer term (Wi2013): 300 hours"),
        _("Integration and NT2 at the school, not online."),
        OLD_LAW,
        AT_SCHOOL | {OLD_DISTANCE},
        "DUO, Verlenging inburgeringstermijn",
        SEEN,
        threshold=300 * HOUR,
        courses=frozenset({"integration", "nt2"}),
    ),
    Rule(
        "scale_down_600",
        _("From B1 to A2 (scaling down): 600 hours"),
        _("NT2 lessons; online counts up to half, so at least half is at the school. The municipality decides."),
        NEW_LAW,
        AT_SCHOOL | {"distance"},
        "Besluit inburgering 2021, art. 5.5; Blik op Werk",
        SECOND_HAND,
        threshold=600 * HOUR,
        routes=frozenset({"b1"}),
        subjects=LANGUAGE,
        add_up=half_physical,
        remark=_("Blik op Werk lets half be online, DUO counts no hour online: sources disagree. Literacy and KNM are left out."),
        valid_from=WI2021,
    ),
    Rule(
        "extension_450",
        _("Longer term (Wi2021): 450 hours of language, and KNM"),
        _("Language lessons at the school make the 450 hours; lessons of KNM stand beside them."),
        NEW_LAW,
        AT_SCHOOL,
        "inburgeren.nl (augustus 2026)",
        SECOND_HAND,
        threshold=450 * HOUR,
        routes=frozenset({"b1"}),
        people=FAMILY,
        status_holder=False,
        subjects=LANGUAGE_KNM,
        add_up=language_beside_knm,
        remark=_("How many hours of KNM, and whether online and literacy count, is not confirmed."),
        valid_from=WI2021,
    ),
    Rule(
        "extension_pip",
        _("Longer term (Wi2021): all hours of the PIP"),
        _("Language and KNM lessons at the school. The number stands in the PIP of the municipality."),
        NEW_LAW,
        AT_SCHOOL,
        "inburgeren.nl (augustus 2026)",
        SECOND_HAND,
        routes=frozenset({"b1"}),
        people=STATUS_HOLDERS,
        status_holder=True,
        of_pip=True,
        subjects=LANGUAGE_KNM,
        add_up=language_beside_knm,
        remark=_("Whether online lessons and literacy count is not confirmed: online is left out, literacy is counted."),
        valid_from=WI2021,
    ),
    Rule(
        "z_course",
        _("Z route: 800 hours of course"),
        _("Language, literacy and KNM lessons at the school together."),
        NEW_LAW,
        AT_SCHOOL,
        DECREE,
        SECOND_HAND,
        threshold=800 * HOUR,
        routes=frozenset({"z"}),
        subjects=LANGUAGE_KNM,
        remark=_("Whether online lessons count is not confirmed: they are left out."),
        valid_from=WI2021,
    ),
    Rule(
        "z_participation",
        _("Z route: 800 hours of participation"),
        _("Participation outside lessons, also during the broad intake."),
        NEW_LAW,
        frozenset({"participation", "intake_participation"}),
        DECREE,
        SECOND_HAND,
        threshold=800 * HOUR,
        routes=frozenset({"z"}),
        people=STATUS_HOLDERS,
        status_holder=True,
        valid_from=WI2021,
    ),
    Rule(
        "api_intake",
        _("Followed hours for the municipality: broad intake"),
        _("Language and KNM lessons during the broad intake, cumulative."),
        NEW_LAW,
        frozenset({"intake"}),
        API,
        SEEN,
        valid_from=API_V1,
    ),
    Rule(
        "api_participation",
        _("Followed hours for the municipality: participation activities"),
        _("Participation outside lessons, with that of the broad intake, cumulative."),
        NEW_LAW,
        frozenset({"participation", "intake_participation"}),
        API,
        SEEN,
        routes=frozenset({"z"}),
        people=STATUS_HOLDERS,
        status_holder=True,
        valid_from=API_V1,
    ),
    Rule(
        "api_lessons",
        _("Followed hours for the municipality: lessons (participatietaalles)"),
        _("Language and KNM lessons of the school, cumulative. Hours of an earlier route stay; the broad intake does not count."),
        NEW_LAW,
        AT_SCHOOL,
        API,
        OPEN,
        routes=frozenset({"b1", "z", ""}),
        subjects=LANGUAGE_KNM,
        remark=_("Name and description in the API differ: ask the municipality which is meant. Online lessons are left out."),
        valid_from=API_V1,
    ),
    Rule(
        "api_lessons_education",
        _("Followed hours for the municipality: lessons (participatietaalles)"),
        _("All lesson hours of the education route, cumulative. Hours of an earlier route stay."),
        NEW_LAW,
        LESSONS | {"distance"},
        API,
        OPEN,
        routes=frozenset({"education"}),
        remark=_("Name and description in the API differ: ask the municipality which is meant."),
        valid_from=API_V1,
    ),
)


UNKNOWN = Person()


def rules_for(law: str, route: str, day: dt.date, person: Person = UNKNOWN) -> list[Rule]:
    """The rules of `day` for a programme under this law and route, as they are for `person`. While it is not known whether
    somebody is a status holder the rules of both stand there, each saying that this fact is missing.
    """
    return [
        rule.for_person(person)
        for rule in RULES
        if law in rule.laws
        and (not rule.routes or route in rule.routes)
        and rule.holds_on(day)
        and (None in (rule.status_holder, person.status_holder) or rule.status_holder == person.status_holder)
    ]


def whole_hours(minutes: int) -> int:
    """Hours that are whole, as totals are told: never an hour nobody attended."""
    return min(minutes // HOUR, MOST_HOURS)
