"""Models of the ground floor: accounts.py who signs in, roles.py as what, school.py where, sessions.py in which browser,
cards.py and links.py with what, statements.py what they stated,
policy.py what the school promises, vault.py what guards and records.
"""

from kvs.models.accounts import ContractKind, Membership, User
from kvs.models.cards import Card, DeskCode
from kvs.models.links import OneTimeLink
from kvs.models.policy import PolicyVersion
from kvs.models.qualifications import Qualification
from kvs.models.roles import Role, RoleSetting
from kvs.models.school import Location, Organisation, RetentionSetting
from kvs.models.sessions import Draft, WebSession
from kvs.models.statements import Statement, StatementKind, StatementText
from kvs.models.vault import (
    AccessEvent,
    AuditAction,
    AuditEntry,
    ErasedMark,
    Job,
    JobState,
    KeySentinel,
    LedgerEntry,
    SealedContent,
    SealedFile,
    SealedFilePerson,
)

__all__ = [
    "AccessEvent",
    "AuditAction",
    "AuditEntry",
    "Card",
    "ContractKind",
    "DeskCode",
    "Draft",
    "ErasedMark",
    "Job",
    "JobState",
    "KeySentinel",
    "LedgerEntry",
    "Location",
    "Membership",
    "OneTimeLink",
    "Organisation",
    "PolicyVersion",
    "Qualification",
    "RetentionSetting",
    "Role",
    "RoleSetting",
    "SealedContent",
    "SealedFile",
    "SealedFilePerson",
    "Statement",
    "StatementKind",
    "StatementText",
    "User",
    "WebSession",
]
