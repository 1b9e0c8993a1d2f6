"""How long this school keeps what: its own choice, else the default of kvs/vocabulary.py; never shorter than the law demands."""

import dataclasses

from kvs.catalogue import Category, Retention
from kvs.models import RetentionSetting
from kvs.terms import Period
from kvs.vocabulary import (
    BREACH_PERIOD,
    CONTACT_PERSON_PERIOD,
    EXEMPTION_PERIOD,
    LESSON_EVIDENCE_PERIOD,
    LOG_PERIOD,
    PAPER_PERIOD,
    REQUEST_PERIOD,
    STUDENT_FILE,
)

CHANGEABLE: dict[str, Retention] = {
    retention.code: retention
    for retention in (
        *(STUDENT_FILE, EXEMPTION_PERIOD, LESSON_EVIDENCE_PERIOD, REQUEST_PERIOD, BREACH_PERIOD, PAPER_PERIOD, LOG_PERIOD),
        CONTACT_PERSON_PERIOD,
    )
}


def period_of(retention: Retention) -> Period:
    """The school's own period, or the default."""
    chosen = RetentionSetting.objects.filter(code=retention.code).first() if retention.code in CHANGEABLE else None
    return Period(years=chosen.years, months=chosen.months) if chosen else retention.period


def chosen_periods() -> dict[str, Period]:
    """Every period the school chose itself, by the code of the retention. One query."""
    rows = RetentionSetting.objects.filter(code__in=CHANGEABLE)
    return {row.code: Period(years=row.years, months=row.months) for row in rows}


def as_kept(category: Category, chosen: dict[str, Period]) -> Category:
    """The category with the period that holds in this school, for telling people how long data are kept."""
    period = chosen.get(category.retention.code, category.retention.period)
    return dataclasses.replace(category, retention=dataclasses.replace(category.retention, period=period))
