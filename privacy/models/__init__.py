"""Models of privacy: requests, erasures and what the school must be able to show."""

from privacy.models.erasure import Erasure, Hold
from privacy.models.exemption import ExemptionLookup, ExemptionRecord
from privacy.models.exports import PersonExport
from privacy.models.incidents import Incident, IncidentPerson
from privacy.models.restrictions import Objection, Restriction
from privacy.models.retention import RetentionNotice

__all__ = [
    "Erasure",
    "ExemptionLookup",
    "ExemptionRecord",
    "Hold",
    "Incident",
    "IncidentPerson",
    "Objection",
    "PersonExport",
    "Restriction",
    "RetentionNotice",
]
