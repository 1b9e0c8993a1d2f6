"""Models of students: clients.py who commissions, people.py who learns, programmes.py on what ground, exemptions.py who need
not, groups.py where, corrections.py what a student says is wrong, imports.py what came in from a spreadsheet, handouts.py
what students were given to read about their data.
"""

from students.models.clients import CaseManager, Client
from students.models.consents import Consent, ConsentEvent, ConsentScan, ConsentText
from students.models.corrections import CorrectionProposal
from students.models.exemptions import Exemption
from students.models.groups import Enrolment, Group, GroupAccess, TeachingAssignment
from students.models.handouts import HandOut
from students.models.imports import ImportLayout, ImportRow, ImportRun, InformTask
from students.models.people import FieldSource, Student
from students.models.programmes import Contract, Programme

__all__ = [
    "CaseManager",
    "Client",
    "Consent",
    "ConsentEvent",
    "ConsentScan",
    "ConsentText",
    "Contract",
    "CorrectionProposal",
    "Enrolment",
    "Exemption",
    "FieldSource",
    "Group",
    "GroupAccess",
    "HandOut",
    "ImportLayout",
    "ImportRow",
    "ImportRun",
    "InformTask",
    "Programme",
    "Student",
    "TeachingAssignment",
]
