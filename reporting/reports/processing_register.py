"""The processing register that every school must keep (AVG art. 30), straight from the data catalogue."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from kvs import catalogue
from kvs.catalogue import Purpose, Recipient
from kvs.models import Organisation, Role, User
from kvs.templatetags.kvs import length_of
from kvs.terms import Basis, RecipientRole
from kvs.vocabulary import RIGHTS
from reporting import processing
from reporting.processing import Subject
from reporting.report import Asked, Column, Content, Definition, Filled, Kind, Progress, Report, Table

# ISO 3166 codes of the European Economic Area: the Union, Iceland, Liechtenstein and Norway.
EEA = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS"),
        *("IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
    )
)


@dataclass(frozen=True)
class PurposeRow:
    """Why data are processed."""

    purpose: str
    basis: str
    data: str
    references: str
    state: str


@dataclass(frozen=True)
class DataRow:
    """Which data, how long and for whom."""

    data: str
    people: str
    columns: int
    sources: str
    recipients: str
    period: str
    references: str
    state: str


@dataclass(frozen=True)
class RecipientRow:
    """Who outside the school may receive data."""

    recipient: str
    role: str
    country: str
    data: str
    references: str
    state: str


@dataclass(frozen=True)
class StoreRow:
    """Where data may lie."""

    store: str
    holds: str
    gone_after: str


class TodayForm(forms.Form):
    """Nothing to choose: the register is about everything, as it is today."""

    def clean(self) -> dict[str, Any]:
        """The day goes along, so that a register of another day is another report."""
        return {"day": timezone.localdate()}


def build(asked: Asked, by: User, progress: Progress) -> Content:
    """The register of this moment; nobody's own data are in it."""
    known = processing.subjects()
    progress(0, len(known), gettext_noop("Reading the data catalogue"))
    return Content(
        about=_("All processing of personal data by the school (AVG, article 30)"),
        tables=filled(known),
        figures=(
            (str(len(_purposes(known))), _("purposes")),
            (str(len(known)), _("kinds of data")),
            (str(sum(len(subject.fields) for subject in known)), _("columns")),
            (catalogue.fingerprint()[:8], _("state of the data catalogue")),
        ),
        remarks=tuple(remarks(known).items()),
        footer=_("Made from the data catalogue of the software: what does not stand there cannot be stored."),
    )


def filled(known: list[Subject]) -> tuple[Filled, ...]:
    """The four tables of the register."""
    return (
        Filled(PURPOSES, [_purpose_row(purpose, known) for purpose in _purposes(known)]),
        Filled(DATA, [_data_row(subject) for subject in known]),
        Filled(RECIPIENTS, _recipient_rows(known)),
        Filled(STORES, [_store_row(store) for store in processing.stores()]),
    )


def remarks(known: list[Subject]) -> dict[str, str]:
    """What the law wants besides the tables: controller, contact, transfers outside the EEA and security (AVG 30(1))."""
    school = Organisation.objects.first()
    not_filled_in = _("not filled in yet")
    contact = f"{school.privacy_contact}, {school.privacy_email}" if school and school.privacy_contact else not_filled_in
    return {
        _("Controller"): f"{school.name}, {school.contact_line or not_filled_in}" if school else not_filled_in,
        _("Contact for privacy"): contact,
        _("Transfers outside the EEA"): _transfers(known),
        _("Security"): _security(),
    }


def _transfers(known: list[Subject]) -> str:
    away = [recipient for recipient in _recipients(known) if recipient.country not in EEA]
    if not away:
        return _("None: every recipient is in the European Economic Area.")
    return ", ".join(f"{recipient.name} ({recipient.country})" for recipient in away)


def _recipients(known: list[Subject]) -> list[Recipient]:
    return list(processing.once(recipient for subject in known for recipient in subject.recipients))


def _security() -> str:
    return _(
        "Everyone signs in with an own account and sees only what the own role and location need. BSN, documents, bank "
        "accounts and files are stored sealed. Every look at a student's file is recorded, and the student can see it."
    )


def _purposes(known: list[Subject]) -> list[Purpose]:
    return list(processing.once(purpose for subject in known for purpose in subject.purposes))


def _purpose_row(purpose: Purpose, known: list[Subject]) -> PurposeRow:
    basis = f"{Basis(purpose.basis).label}, AVG {purpose.basis.value}"
    return PurposeRow(
        purpose=str(purpose.title),
        basis=f"{basis}; {purpose.special_ground}" if purpose.special_ground else basis,
        data=_titles(subject for subject in known if purpose in subject.purposes),
        references="; ".join(purpose.references),
        state=_state(purpose.confirmed),
    )


def _data_row(subject: Subject) -> DataRow:
    category = subject.category
    return DataRow(
        data=str(category.title),
        people=", ".join(subject.people_words) or _("nobody in particular"),
        columns=len(subject.fields),
        sources=", ".join(subject.sources),
        recipients=", ".join(str(recipient.name) for recipient in subject.recipients) or _("nobody outside the school"),
        period=subject.period,
        references="; ".join(dict.fromkeys((*category.references, *category.retention.references))),
        state=_state(category.retention.confirmed),
    )


def _recipient_rows(known: list[Subject]) -> list[RecipientRow]:
    return [
        RecipientRow(
            recipient=str(recipient.name),
            role=str(RecipientRole(recipient.role).label),
            country=recipient.country,
            data=_titles(subject for subject in known if recipient in subject.recipients),
            references="; ".join(recipient.references),
            state=_state(recipient.confirmed),
        )
        for recipient in _recipients(known)
    ]


def _store_row(store: catalogue.Store) -> StoreRow:
    if store.gone_after is None:
        gone = _("nothing personal is kept")
    else:
        gone = length_of(store.gone_after) or _("with the period of the data")
    return StoreRow(str(store.title), str(store.holds), gone)


def _titles(found: Iterable[Subject]) -> str:
    return ", ".join(str(subject.category.title) for subject in found)


def _state(confirmed: bool) -> str:
    return _("confirmed") if confirmed else _("not confirmed yet")


def period(parameters: Mapping[str, str]) -> str:
    """The day of the register."""
    return date_format(dt.date.fromisoformat(parameters["day"]))


DATA_HEAD, SOURCE_HEAD, STATE_HEAD = gettext_lazy("Which data"), gettext_lazy("Rests on"), gettext_lazy("State")
PURPOSES = Table(
    gettext_lazy("Why"),
    PurposeRow,
    (
        Column("purpose", gettext_lazy("Purpose")),
        Column("basis", gettext_lazy("Legal basis")),
        Column("data", DATA_HEAD),
        Column("references", SOURCE_HEAD),
        Column("state", STATE_HEAD),
    ),
    gettext_lazy("Nothing is declared."),
)
DATA = Table(
    gettext_lazy("Which data, and how long"),
    DataRow,
    (
        Column("data", DATA_HEAD),
        Column("people", gettext_lazy("Of whom")),
        Column("columns", gettext_lazy("Columns"), kind=Kind.NUMBER),
        Column("sources", gettext_lazy("From whom")),
        Column("recipients", gettext_lazy("To whom")),
        Column("period", gettext_lazy("How long")),
        Column("references", SOURCE_HEAD),
        Column("state", gettext_lazy("State of the period")),
    ),
    gettext_lazy("Nothing is declared."),
)
RECIPIENTS = Table(
    gettext_lazy("To whom outside the school"),
    RecipientRow,
    (
        Column("recipient", gettext_lazy("Recipient")),
        Column("role", gettext_lazy("Role under the AVG")),
        Column("country", gettext_lazy("Country")),
        Column("data", DATA_HEAD),
        Column("references", SOURCE_HEAD),
        Column("state", STATE_HEAD),
    ),
    gettext_lazy("Nothing is declared."),
)
STORES = Table(
    gettext_lazy("Where the data lie"),
    StoreRow,
    (
        Column("store", gettext_lazy("Place")),
        Column("holds", gettext_lazy("What is there")),
        Column("gone_after", gettext_lazy("Gone after")),
    ),
    gettext_lazy("Nothing is declared."),
)
REPORT = Report(
    code="processing_register",
    title=gettext_lazy("Processing register"),
    explanation=gettext_lazy("Which data the school processes, why, for whom and how long (AVG, article 30). Holds no person."),
    recipient=None,
    purpose=RIGHTS,
    roles=frozenset({Role.PRIVACY_OFFICER, Role.MANAGEMENT}),
    form=TodayForm,
    tables=(PURPOSES, DATA, RECIPIENTS, STORES),
    definitions=(
        Definition(
            gettext_lazy("Not confirmed yet"),
            gettext_lazy("the school still has to have this settled by its lawyer or privacy officer."),
        ),
    ),
    period=period,
    build=build,
    landscape=True,
)
