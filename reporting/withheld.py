"""Who may not be in a report: people whose data of a kind are restricted (AVG art. 18) or who object to its purpose (art. 21)."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kvs import catalogue
from kvs.catalogue import Field
from reporting.report import Layout, Report, Table
from students.models import Student


def categories_of(report: Report) -> tuple[str, ...]:
    """Codes of the categories whose data the report uses, in its tables and in the file of its layout."""
    tables: list[Table | Layout] = [*report.tables, *([report.layout] if report.layout else [])]
    sources = {source for table in tables for column in table.columns for source in column.sources}
    found = [catalogue.declared(source) for source in sources]
    return tuple(sorted({field.category.code for field in found if isinstance(field, Field)}))


def withheld(report: Report) -> QuerySet[Student]:
    """The students, of the whole school, who may not be in it; for use in the WHERE of a query that starts at visible rows."""
    restricted = Q(restricted__overlap=list(categories_of(report)))
    return Student.objects.filter(restricted | Q(objections__contains=[report.purpose.code])).order_by()


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
