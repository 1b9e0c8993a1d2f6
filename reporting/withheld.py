"""Who may not be in a report: people whose data of a kind are restricted (AVG art. 18), who object to its purpose (art. 21),
or who gave no consent where that is its only ground (art. 6(1)(a), 7; policy B 4.1.4).
"""

import uuid
from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kvs import catalogue
from kvs.catalogue import Field
from kvs.terms import Basis
from kvs.vocabulary import PRIVATE_CLIENT
from reporting.report import Layout, Report, Table
from students.models import Client, Consent, Student


def categories_of(report: Report) -> tuple[str, ...]:
    """Codes of the categories whose data the report uses, in its tables and in the file of its layout."""
    tables: list[Table | Layout] = [*report.tables, *([report.layout] if report.layout else [])]
    sources = {source for table in tables for column in table.columns for source in column.sources}
    found = [catalogue.declared(source) for source in sources]
    return tuple(sorted({field.category.code for field in found if isinstance(field, Field)}))


def withheld(report: Report, client: Client | None = None) -> QuerySet[Student]:
    """The students, of the whole school, who may not be in it; for use in the WHERE of a query that starts at visible rows.

    `client`: for whom it is, when it is for one.
    """
    out = Q(restricted__overlap=list(categories_of(report))) | Q(objections__contains=[report.purpose.code])
    for purpose, whom in _consents_needed(report, client):
        allowing = Consent.objects.in_force(timezone.localdate()).filter(purpose=purpose, client=whom)
        out |= ~Q(pk__in=allowing.values("student"))
    return Student.objects.filter(out).order_by()


def _consents_needed(report: Report, client: Client | None) -> list[tuple[str, Client | None]]:
    """The consents, each a purpose and maybe a client, that everybody in this report must have given."""
    needed: list[tuple[str, Client | None]] = []
    if client is not None and client.is_private:
        needed.append((PRIVATE_CLIENT.code, client))
    if report.purpose.basis is Basis.CONSENT and report.purpose != PRIVATE_CLIENT:
        needed.append((report.purpose.code, None))
    return needed


def lacking_consent(report: Report, client: Client | None, people: Iterable[uuid.UUID]) -> int:
    """How many of `people` (audit_ids) have no consent in force that this report to this client needs."""
    if report.purpose == PRIVATE_CLIENT and client is None:
        return len({*people})  # for nobody in particular: then nobody can have said yes to it
    found: set[uuid.UUID] = set()
    for purpose, whom in _consents_needed(report, client):
        allowing = Consent.objects.in_force(timezone.localdate()).filter(purpose=purpose, client=whom)
        found |= {*people} - {*allowing.values_list("student__audit_id", flat=True)}
    return len(found)


def figure(number: int) -> tuple[tuple[str, str], ...]:
    """The figure for the head of the report: how many would be in it and are not. Nothing when there is nobody."""
    return ((str(number), _("restricted")),) if number else ()


def remark(number: int) -> tuple[tuple[str, str], ...]:
    """What the figure means, without names."""
    if not number:
        return ()
    text = ngettext(
        "%(number)d student is left out, because the use of these data is restricted or the student objects. The privacy officer "
        "knows who.",
        "%(number)d students are left out, because the use of these data is restricted or they object. The privacy officer knows "
        "who.",
        number,
    )
    return ((_("Restricted"), text % {"number": number}),)
