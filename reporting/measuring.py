"""What the two lists for Blik op Werk share: the measuring year, who is measured, and who is left out and why."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from kvs.models import Organisation, Role, User
from reporting import rules
from reporting.lessons import locations_missing
from reporting.report import Block
from students.models import Programme

YEARS_BACK = 5
SEALED = ("bsn", "student__residence_permit")  # of a programme: of no use here, so never opened


def year_text(first: dt.date) -> str:
    """The measuring year that begins on `first`: "1 jan 2026 tot en met 31 dec 2026"."""
    begin, end = rules.measuring_year(first)
    return _("%(first)s to %(last)s inclusive") % {"first": date_format(begin), "last": date_format(end)}


def year_choices() -> list[tuple[str, str]]:
    """The measuring years that have begun, by their first day, the latest first."""
    month = Organisation.objects.values_list("measuring_year_month", flat=True).first() or 1
    today = timezone.localdate()
    latest = today.year if today.month >= month else today.year - 1
    firsts = [dt.date(latest - back, month, 1) for back in range(YEARS_BACK)]
    return [(first.isoformat(), year_text(first)) for first in firsts]


class MeasuringYearForm(forms.Form):
    """Which measuring year, by its first day; at first the running one."""

    first = forms.DateField(
        label=gettext_lazy("Measuring year"),
        input_formats=["%Y-%m-%d"],
        widget=forms.Select,
        help_text=gettext_lazy("The month in which it begins stands on the page of the school."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = year_choices()
        self.fields["first"].widget.choices = choices
        self.fields["first"].initial = choices[0][0]

    def clean_first(self) -> dt.date:
        """The first day of a month in this century that has begun."""
        first: dt.date = self.cleaned_data["first"]
        if first.day != 1 or first.year < 2000 or first > timezone.localdate():
            raise ValidationError(_("Choose a measuring year from the list."))
        return first


def period(parameters: Mapping[str, str]) -> str:
    """The measuring year, from the stored parameters."""
    return year_text(dt.date.fromisoformat(parameters["first"]))


def programmes_in(first: dt.date, by: User) -> QuerySet[Programme]:
    """Programmes that run on some day of the measuring year."""
    begin, end = rules.measuring_year(first)
    running = Q(ends_on__isnull=True) | Q(ends_on__gte=begin)
    return Programme.objects.visible_to(by).filter(running, starts_on__lte=end)


def of_the_school() -> str:
    """What Blik op Werk knows the school by: "Blik op Werk-nummer 12345 · Handleiding 2026"."""
    number, edition = Organisation.objects.values_list("bow_number", "handbook_edition").first() or ("", "")
    unknown = _("not filled in")
    return _("Blik op Werk number %(number)s · handbook %(edition)s") % {
        "number": number or unknown,
        "edition": edition or unknown,
    }


def why_outside(programme: Programme) -> str:
    """Why a programme is not measured; "" when it is (rules.outside_measuring)."""
    return rules.outside_measuring(programme.law, programme.route, programme.is_elip)


def counted_out(reasons: Iterable[str]) -> str:
    """How many were left out for which reason, as sentences."""
    found = Counter(reasons)
    texts = [str(text % {"number": found[reason]}) for reason, text in LEFT_OUT.items() if found[reason]]
    return " ".join(texts) or _("Nobody was left out.")


LEFT_OUT = {  # reason -> sentence; the first three are those of rules.outside_measuring
    "elip": ngettext_lazy("%(number)d ELIP student of a municipality.", "%(number)d ELIP students of a municipality.", "number"),
    "education": ngettext_lazy(
        "%(number)d student of the education route (outside the quality mark).",
        "%(number)d students of the education route (outside the quality mark).",
        "number",
    ),
    "no_duty": ngettext_lazy(
        "%(number)d student without integration duty (not confirmed yet).",
        "%(number)d students without integration duty (not confirmed yet).",
        "number",
    ),
    "objects": ngettext_lazy(
        "%(number)d student who does not want to be asked.", "%(number)d students who do not want to be asked.", "number"
    ),
    "unreachable": ngettext_lazy(
        "%(number)d student without telephone number and e-mail address.",
        "%(number)d students without telephone number and e-mail address.",
        "number",
    ),
}


def whole_school(by: User, *roles: Role) -> list[Block]:
    """What stands in the way when `by` does not hold every location: Blik op Werk measures the school."""
    here = locations_missing(by, *roles)
    if not here:
        return []
    return [Block(_("The list is of the whole school; you hold only %(names)s.") % {"names": ", ".join(here)})]
