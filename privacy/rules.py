"""Requests of people about their data: terms, who may act, and why a request may be refused. Pure law and policy.

Read on 2026-11-22 (domain notes, sections 1 and 2): AVG art. 12-22; UAVG art. 5 in the text of 1 September 2026 (Stb. 2026,
154), 35 and 41; policy B art. 9.
"""

import datetime as dt
from calendar import monthrange
from collections.abc import Collection, Sequence
from dataclasses import dataclass

ACCESS, RECTIFICATION, ERASURE, RESTRICTION = "access", "rectification", "erasure", "restriction"
OBJECTION, PORTABILITY, CONSENT = "objection", "portability", "consent"
KINDS = (ACCESS, RECTIFICATION, ERASURE, RESTRICTION, OBJECTION, PORTABILITY, CONSENT)

# --- the clock

ANSWER_DAYS = 28  # B 9.5: four weeks
EXTENSION_DAYS = 28  # B 9.5: at most four weeks more
REMIND_BEFORE = (14, 7, 2)  # days before the last day: of four weeks the 14th, 21st and 26th
EXECUTE_WORKING_DAYS = 5  # B 9.6: "zo spoedig mogelijk"; the number is a choice
LAW_MONTHS = 1  # AVG 12(3): within one month of receipt
LAW_MONTHS_EXTENDED = 3  # AVG 12(3): extended by two further months


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, or the last day of that month when it is shorter (Regulation 1182/71, art. 3(2)(c))."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def due_on(received: dt.date, days: int = ANSWER_DAYS) -> dt.date:
    """The last day for an answer to what came in on `received`: the school's term or the law's month, whichever ends first."""
    return min(received + dt.timedelta(days=days), months_after(received, LAW_MONTHS))


def extended_to(received: dt.date, first: dt.date, days: int = EXTENSION_DAYS) -> dt.date:
    """The last day after an extension of the term that ended on `first`: never beyond the law's three months."""
    return min(first + dt.timedelta(days=days), months_after(received, LAW_MONTHS_EXTENDED))


def may_extend(today: dt.date, first: dt.date, *, extended: bool) -> bool:
    """Whether the term can be extended today: once, and only while the first term runs (AVG 12(3): told within the month)."""
    return not extended and today <= first


def reminders_due(today: dt.date, last_day: dt.date, before: Sequence[int] = REMIND_BEFORE) -> int:
    """How many reminders have fallen due by `today`; one more, that it is too late, when `last_day` has passed."""
    return sum(today >= last_day - dt.timedelta(days=days) for days in before) + (today > last_day)


# --- complaints

# Policy B art. 10 points to the school's own complaints procedure; neither policy names a term (read 2026-11-26). These
# numbers follow B 9.5 and are a choice, not confirmed: the school fills in those of its procedure.
CONFIRM_DAYS = 7
COMPLAINT_DAYS = 28
COMPLAINT_EXTENSION_DAYS = 28
ABOUT_DATA, ABOUT_REQUEST, ABOUT_PERSON, ABOUT_OTHER = "data", "request", "person", "other"
# Who complains about data or about the answer to a request uses rights of the AVG: there the month of AVG 12(3) stands behind.
UNDER_THE_AVG = frozenset({ABOUT_DATA, ABOUT_REQUEST})


def complaint_due_on(received: dt.date, about: str, days: int = COMPLAINT_DAYS) -> dt.date:
    """The last day to decide on a complaint: the school's term; about data or a request never beyond the law's month."""
    return due_on(received, days) if about in UNDER_THE_AVG else received + dt.timedelta(days=days)


def complaint_extended_to(received: dt.date, first: dt.date, about: str, days: int = COMPLAINT_EXTENSION_DAYS) -> dt.date:
    """The last day after an extension of the term that ended on `first`; the law's three months stand behind as above."""
    return extended_to(received, first, days) if about in UNDER_THE_AVG else first + dt.timedelta(days=days)


# --- invoices

BOOKS_YEARS = 7  # AWR art. 52(4), read on 2026-11-26; the year is the calendar year here


def books_until(issued: dt.date) -> dt.date:
    """The last day on which what was invoiced on `issued` is kept: seven years after the year it belongs to."""
    return dt.date(issued.year + BOOKS_YEARS, 12, 31)


# --- who may act

PERSON, REPRESENTATIVE, BOTH = frozenset({"person"}), frozenset({"representative"}), frozenset({"person", "representative"})
PARENT, CURATOR, ADMINISTRATOR, MENTOR, AUTHORISED = "parent", "curator", "administrator", "mentor", "authorised"
PROPERTY, PERSONAL, EVERYTHING = "property", "personal", "everything"  # what a request or a representation is about

# What a representative of an adult answers for: curatele all, bewind property, mentorschap care (BW 1:381, 1:441, 1:453).
REACH = {CURATOR: EVERYTHING, ADMINISTRATOR: PROPERTY, MENTOR: PERSONAL}
OWN_RIGHTS_FROM, ALONE_FROM = 12, 16  # UAVG 5, text of 2026-09-01


@dataclass(frozen=True)
class Standing:
    """A representative as far as the law is concerned. `starts_on`, `ends_on`: days, both counted; None is open."""

    kind: str
    starts_on: dt.date
    ends_on: dt.date | None = None
    scope: str = EVERYTHING

    def holds_on(self, day: dt.date) -> bool:
        """Whether `day` lies in its period."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    def covers(self, matter: str) -> bool:
        """Whether `matter` is this representative's business."""
        reach = REACH.get(self.kind, EVERYTHING)
        return all(limit in (EVERYTHING, matter) for limit in (reach, self.scope))


def who_may_act(age: int | None) -> frozenset[str]:
    """Who exercises the rights of somebody of this age: under 12 the representative, 12 to 15 both, from 16 the person.

    An unknown age is that of an adult: the school does not ask for more than it needs (AVG 12(6)).
    """
    if age is None or age >= ALONE_FROM:
        return PERSON
    return BOTH if age >= OWN_RIGHTS_FROM else REPRESENTATIVE


def who_may_consent(age: int | None) -> frozenset[str]:
    """Who gives consent for somebody of this age: under 16 the representative."""
    return PERSON if age is None or age >= ALONE_FROM else REPRESENTATIVE


def who_may_withdraw(age: int | None) -> frozenset[str]:
    """Who withdraws consent for somebody of this age: under 16 the representative, and from 12 also the child."""
    return who_may_act(age)


def person_may_act(age: int | None, day: dt.date, matter: str, measures: Collection[Standing]) -> bool:
    """Whether the person can ask this without a representative: old enough, and no curatele, bewind or mentorschap over it."""
    placed = any(one.kind in REACH and one.holds_on(day) and one.covers(matter) for one in measures)
    return "person" in who_may_act(age) and not placed


def representative_may_act(one: Standing, age: int | None, day: dt.date, matter: str) -> bool:
    """Whether this representative can ask this on `day` for somebody who then has this age."""
    if not one.holds_on(day) or not one.covers(matter):
        return False
    if one.kind == PARENT:
        return age is not None and "representative" in who_may_act(age)
    return True


# Consent is of the person, a minor's of the parent, in curatele or mentorschap of the representative in that matter (UAVG 5(1),
# 5(2)). Who has a written authorisation speaks for somebody, and does not consent in their place.
CONSENTING = frozenset({PARENT, CURATOR, ADMINISTRATOR, MENTOR})


def person_may_consent(age: int | None, day: dt.date, measures: Collection[Standing]) -> bool:
    """Whether the person's own yes counts: 16 or older, and no curatele or mentorschap over it."""
    placed = any(one.kind in REACH and one.holds_on(day) and one.covers(PERSONAL) for one in measures)
    return "person" in who_may_consent(age) and not placed


def representative_may_consent(one: Standing, age: int | None, day: dt.date) -> bool:
    """Whether this representative's yes counts on `day`."""
    if one.kind not in CONSENTING or not one.holds_on(day) or not one.covers(PERSONAL):
        return False
    return one.kind != PARENT or (age is not None and "representative" in who_may_consent(age))


def person_may_withdraw(age: int | None) -> bool:
    """Whether the person's own no counts: from 12 years on, also for who has a representative (UAVG 5, at any time)."""
    return "person" in who_may_withdraw(age)


# --- whether we know who asks

SECOND_FACTOR, SIGNED_IN, SEEN, CALLED_BACK, NOT_ESTABLISHED = "second_factor", "signed_in", "seen", "called_back", "none"
METHODS = (SECOND_FACTOR, SIGNED_IN, SEEN, CALLED_BACK, NOT_ESTABLISHED)
HANDS_OVER_OR_DESTROYS = frozenset({ACCESS, PORTABILITY, ERASURE})


def identity_suffices(kind: str, method: str) -> bool:
    """Whether a request of `kind` may be handled: to hand over or destroy data takes more than a number and a PIN (AVG 12(6))."""
    return method in (SECOND_FACTOR, SEEN, CALLED_BACK) or (method == SIGNED_IN and kind not in HANDS_OVER_OR_DESTROYS)


# --- why not

IDENTITY, UNFOUNDED, UAVG_41, NAMED_LAW = "identity", "unfounded", "uavg41", "law"
OTHERS, NEEDED, LEGAL_DUTY, CLAIMS = "others", "needed", "legal_duty", "claims"
ACCURATE, NOT_RESTRICTABLE, RESTRICTED_USE, COMPELLING, NOT_PORTABLE = (
    *("accurate", "not_restrictable", "restricted_use"),
    *("compelling", "not_portable"),
)
ALWAYS = (IDENTITY, UNFOUNDED, UAVG_41, NAMED_LAW)
# The closed list per kind. "Unreasonable effort" of policy B 9.2 is no ground of the law: it is on none of them.
# Consent can be withdrawn at any time (AVG 7(3)): only whose it is can be in doubt.
GROUNDS: dict[str, tuple[str, ...]] = {
    ACCESS: (OTHERS, *ALWAYS),
    RECTIFICATION: (ACCURATE, *ALWAYS),
    ERASURE: (NEEDED, LEGAL_DUTY, CLAIMS, *ALWAYS),
    RESTRICTION: (NOT_RESTRICTABLE, RESTRICTED_USE, *ALWAYS),
    OBJECTION: (COMPELLING, *ALWAYS),
    PORTABILITY: (NOT_PORTABLE, OTHERS, *ALWAYS),
    CONSENT: (IDENTITY,),
}
ARTICLES = {
    IDENTITY: "AVG 12(2), 12(6)",
    UNFOUNDED: "AVG 12(5)",
    UAVG_41: "UAVG 41",
    NAMED_LAW: "",  # the officer names it
    OTHERS: "AVG 15(4), 20(4)",
    NEEDED: "AVG 17(1)(a)",
    LEGAL_DUTY: "AVG 17(3)(b)",
    CLAIMS: "AVG 17(3)(e)",
    ACCURATE: "AVG 16",
    NOT_RESTRICTABLE: "AVG 18(1)",
    RESTRICTED_USE: "AVG 18(2)",
    COMPELLING: "AVG 21(1)",
    NOT_PORTABLE: "AVG 20(1)",
}
RIGHTS = {
    ACCESS: "AVG 15",
    RECTIFICATION: "AVG 16",
    ERASURE: "AVG 17",
    RESTRICTION: "AVG 18",
    OBJECTION: "AVG 21",
    PORTABILITY: "AVG 20",
    CONSENT: "AVG 7(3)",
}

# --- what has to follow


@dataclass(frozen=True)
class Following:
    """What hangs on granting a request, beside carrying it out."""

    recipients: bool = False
    paper: bool = False
    elsewhere: bool = False


FOLLOWING: dict[str, Following] = {
    ERASURE: Following(recipients=True, paper=True, elsewhere=True),
    RECTIFICATION: Following(recipients=True, elsewhere=True),
    RESTRICTION: Following(recipients=True),
}
NOTHING_FOLLOWS = Following()
