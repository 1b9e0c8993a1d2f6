"""Models of privacy: requests, erasures and what the school must be able to show."""

from privacy.models.announcements import Announcement, PolicyNotice, RegisterVersion
from privacy.models.complaints import Complaint
from privacy.models.counts import YearCount
from privacy.models.erasure import Erasure, Hold
from privacy.models.exemption import ExemptionLookup, ExemptionRecord
from privacy.models.exports import PersonExport
from privacy.models.finance import FinancialRecord, StudentInvoice
from privacy.models.incidents import Incident, IncidentPerson
from privacy.models.paper import PaperDossier
from privacy.models.representation import Matter, Representation
from privacy.models.requests import PrivacyRequest, RequestTask
from privacy.models.restrictions import Objection, Restriction
from privacy.models.retention import RetentionNotice
from privacy.models.reviews import AccessReview, AccessReviewLine
from privacy.models.statements import PolicyStatement
from privacy.models.terms import RequestSetting
from privacy.models.withheld import WithheldTask

__all__ = [
    "AccessReview",
    "AccessReviewLine",
    "Announcement",
    "Complaint",
    "Erasure",
    "ExemptionLookup",
    "ExemptionRecord",
    "FinancialRecord",
    "Hold",
    "Incident",
    "IncidentPerson",
    "Matter",
    "Objection",
    "PaperDossier",
    "PersonExport",
    "PolicyNotice",
    "PolicyStatement",
    "PrivacyRequest",
    "RegisterVersion",
    "Representation",
    "RequestSetting",
    "RequestTask",
    "Restriction",
    "RetentionNotice",
    "StudentInvoice",
    "WithheldTask",
    "YearCount",
]
