"""Declarations of privacy, a tuple per subject: asking.py, keeping.py, accounting.py."""

from kvs.catalogue import Model
from privacy.personal_data.accounting import ANNOUNCEMENTS, INCIDENTS, REVIEWS
from privacy.personal_data.asking import COMPLAINTS, EXPORTS, REQUEST_MODELS
from privacy.personal_data.keeping import ERASURES, FINANCE, RESTRICTIONS, RETENTION, WITHHELD

MODELS: tuple[Model, ...] = (
    *ERASURES,
    *RESTRICTIONS,
    *REQUEST_MODELS,
    *COMPLAINTS,
    *EXPORTS,
    *INCIDENTS,
    *RETENTION,
    *ANNOUNCEMENTS,
    *FINANCE,
    *WITHHELD,
    *REVIEWS,
)
