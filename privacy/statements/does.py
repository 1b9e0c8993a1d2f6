"""What the software does in this school, asked of the catalogue, the settings and privacy/rules.py; never a copy of them."""

from collections.abc import Callable

from django.apps import apps

from kvs import catalogue
from kvs.models import SealedFile
from kvs.terms import Basis, Rectify, Sensitivity
from privacy import rules
from privacy.statements.kinds import Answer, School, one


def used() -> list[catalogue.Category]:
    """The category of every personal column there is, exceptions of the column included."""
    return [found.category for model in catalogue.load().models for found in model.personal]


def uses(code: str, then: str) -> Callable[[School], Answer]:
    """`then` when some column is of this category, else "none"."""
    return lambda _school: one(then if any(category.code == code for category in used()) else "none")


def absence(school: School) -> Answer:
    """Whether this school notes reasons of absence: its own choice, from a day on."""
    return one("reason" if school.notes_reasons else "none")


def purposes(_school: School) -> Answer:
    """What some column is kept for."""
    return one(*{purpose.code for category in used() for purpose in category.purposes})


def recipients(_school: School) -> Answer:
    """Who may receive some column."""
    return one(*{recipient.code for category in used() for recipient in category.recipients})


def transfers(_school: School) -> Answer:
    """Whether somebody abroad may receive something."""
    return one("some" if any(recipient.country != "NL" for row in used() for recipient in row.recipients) else "none")


def consent(_school: School) -> Answer:
    """Whether anything rests on consent, or consents are kept; then each purpose has its own."""
    asked = any(purpose.basis is Basis.CONSENT for category in used() for purpose in category.purposes)
    return one("apart" if asked or any(category.code == "consents" for category in used()) else "none")


def bsn(_school: School) -> Answer:
    """For what a BSN is kept."""
    served = {purpose for category in used() if category.code == "bsn" for purpose in category.purposes}
    lawful = all(purpose.allows_bsn and purpose.basis is Basis.LEGAL_DUTY for purpose in served)
    return one(("law" if lawful else "all") if served else "none")


def copies(_school: School) -> Answer:
    """Whether a file hangs on what is kept of an identity document."""
    found = {
        apps.get_model(model.label)._meta.get_field(column.name).related_model
        for model in catalogue.load().models
        for column in model.personal
        if column.category.code == "residence"
    }
    return one("masked" if SealedFile in found else "none")


def correction(_school: School) -> Answer:
    """What people change themselves."""
    ways = {category.rectify for category in used()}
    if Rectify.DIRECT not in ways:
        return one("ask")
    return one("some" if len(ways) > 1 else "all")


def encryption(_school: School) -> Answer:
    """What is stored sealed."""
    return one("all" if all(category.sensitivity >= Sensitivity.IDENTIFIER for category in used()) else "sensitive")


def refusal(_school: School) -> Answer:
    """Whether a request can be refused without an article: only under a law that the officer names."""
    free = {ground for grounds in rules.GROUNDS.values() for ground in grounds if not rules.ARTICLES[ground]}
    return one("law" if free <= {rules.NAMED_LAW} else "own")
