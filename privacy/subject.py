"""Whose data: a person with everything the catalogue says is about that person.

One definition for the export and for the erasure (invariant I8): what is found here is handed over on request and is
what an erasure plan must account for.
"""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model, Q, QuerySet

from kvs import catalogue
from kvs.models import Role, User
from students.models import Student

SELF = "self"


@dataclass(frozen=True)
class Subject:
    """A person: the row that is the person, and the account when it serves this person only."""

    person: Model
    account: User | None = None

    @property
    def rows(self) -> tuple[Any, ...]:
        """The rows that are this person."""
        return (self.person, self.account) if self.account else (self.person,)

    @property
    def audit_ids(self) -> tuple[uuid.UUID, ...]:
        """The random ids under which audit, access lines, files and disclosures know this person."""
        return tuple(row.audit_id for row in self.rows)


def subject_of(person: Model) -> Subject:
    """The subject of a Student, User or CaseManager.

    A student's account goes along, unless its holder is a colleague too: then it is another person's file in the
    sense of the law (privacy_engineering.md 5.6, "account holder who is also student").
    """
    if isinstance(person, Student) and person.user and not _is_staff(person.user):
        return Subject(person, person.user)
    return Subject(person)


def _is_staff(user: User) -> bool:
    return user.memberships.exclude(role=Role.STUDENT).exists()


def people_models() -> list[type[Model]]:
    """The models whose rows are people."""
    return [apps.get_model(model.label) for model in catalogue.load().models if SELF in model.owners]


def find_person(audit_id: uuid.UUID) -> Model | None:
    """The person with this `audit_id`; None when there is none (any more)."""
    for model in people_models():
        found = model._default_manager.filter(audit_id=audit_id).first()
        if found is not None:
            return found
    return None


def names_of(audit_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The names of the people with these ids who are (still) here; one query for each model of people."""
    wanted, found = set(audit_ids), {}
    person: Any
    for model in people_models():
        for person in model._default_manager.filter(audit_id__in=wanted).defer(*catalogue.sealed_fields(model)):
            found[person.audit_id] = person.full_name
    return found


def about(subject: Subject) -> Iterator[tuple[catalogue.Model, QuerySet[Any]]]:
    """For each declared model with rows about `subject`: its declaration and those rows, in order of declaration.

    Rows of which the person is an owner, and rows that carry the person's pseudonym. Rows in which the person only
    acted (signed, entered) are about somebody else.
    """
    for declared in catalogue.load().models:
        wanted = _condition(declared, subject)
        if wanted is not None and declared.personal:
            yield declared, apps.get_model(declared.label)._default_manager.filter(wanted).distinct()


def acted(subject: Subject) -> Iterator[tuple[catalogue.Model, str, QuerySet[Any]]]:
    """For each path along which `subject` only acted: the declaration, the path and those rows."""
    for declared in catalogue.load().models:
        for path in declared.actors:
            target = _related(declared, path)
            for row in subject.rows:
                if isinstance(row, target):
                    yield declared, path, apps.get_model(declared.label)._default_manager.filter(**{path: row})


def _condition(declared: catalogue.Model, subject: Subject) -> Q | None:
    """Which rows of this model are about `subject`; None when no row can be."""
    found: Q | None = None
    for row in subject.rows:
        for path in declared.owners:
            if path == SELF:
                part = Q(pk=row.pk) if row._meta.label == declared.label else None
            else:
                part = Q(**{path: row}) if isinstance(row, _related(declared, path)) else None
            if part is not None:
                found = part if found is None else found | part
    for path in declared.pseudonyms:
        part = Q(**{f"{path}__in": subject.audit_ids})
        found = part if found is None else found | part
    return found


def _related(declared: catalogue.Model, path: str) -> type[Model]:
    """The model of people at the end of `path`."""
    here: Any = apps.get_model(declared.label)
    for step in path.split("__"):
        here = here._meta.get_field(step).related_model
    found: type[Model] = here
    return found
