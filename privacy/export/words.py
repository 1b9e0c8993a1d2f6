"""Columns and values as people say them, and other people by their role only (CJEU C-579/21; privacy_engineering.md 5.6)."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attendance import absence_reasons
from kvs import catalogue
from kvs.models import Membership, User
from kvs.terms import Container
from privacy.export.pages import words_of
from privacy.models import Objection, PrivacyRequest
from privacy.subject import people_models
from privacy.words import RECIPIENTS, name_of
from reporting import given
from reporting.report import reports
from students.models import CaseManager, Student
from students.views.portal import REASONS, as_text

# Names of columns that no form shows and so have no label of their own. A column is looked up with its model first.
LABELS: dict[str, str | Promise] = {
    "accused_audit_id": gettext_lazy("about whom the complaint is"),
    "account_audit_id": gettext_lazy("whose access"),
    "actor_audit_id": gettext_lazy("by whom"),
    "act": gettext_lazy("what was said"),
    "approved_at": gettext_lazy("approved on"),
    "approved_by_audit_id": gettext_lazy("approved by"),
    "arguments": gettext_lazy("about"),
    "assigned_by_audit_id": gettext_lazy("given to the handler by"),
    "assigned_on": gettext_lazy("given to the handler on"),
    "at": gettext_lazy("moment"),
    "audit_id": gettext_lazy("who"),
    "before": gettext_lazy("what it said before"),
    "bound_to": gettext_lazy("mark of the browser"),
    "bsn": gettext_lazy("BSN"),
    "bsn_index": gettext_lazy("search key of the BSN"),
    "by_audit_id": gettext_lazy("by whom"),
    "cancel_requested": gettext_lazy("asked to stop"),
    "categories": gettext_lazy("kinds of data"),
    "choices": gettext_lazy("choices"),
    "closed_at": gettext_lazy("closed on"),
    "closed_on": gettext_lazy("closed on"),
    "code": gettext_lazy("code"),
    "containers": gettext_lazy("parts"),
    "content": gettext_lazy("content"),
    "content_type": gettext_lazy("sort of file"),
    "created_at": gettext_lazy("made on"),
    "data": gettext_lazy("content"),
    "day": gettext_lazy("day"),
    "decided_at": gettext_lazy("decided on"),
    "decided_by_audit_id": gettext_lazy("decided by"),
    "decided_on": gettext_lazy("decided on"),
    "device": gettext_lazy("mark of the browser, equal within this lesson only"),
    "destroyed_by_audit_id": gettext_lazy("destroyed by"),
    "done_at": gettext_lazy("done on"),
    "done_by_audit_id": gettext_lazy("done by"),
    "due_on": gettext_lazy("goes on"),
    "execute_by": gettext_lazy("to be carried out by"),
    "executed_on": gettext_lazy("carried out on"),
    "ended_by_audit_id": gettext_lazy("ended by"),
    "execution": gettext_lazy("carried out as"),
    "established": gettext_lazy("established by a coordinator"),
    "expires_at": gettext_lazy("until"),
    "file": gettext_lazy("file"),
    "field": gettext_lazy("what it is about"),
    "fields": gettext_lazy("which data"),
    "file_name": gettext_lazy("name of the file"),
    "grounds": gettext_lazy("grounds of the law"),
    "group": gettext_lazy("group"),
    "handled_by_audit_id": gettext_lazy("handled by"),
    "handler_audit_id": gettext_lazy("handled by"),
    "hours_wanted_on": gettext_lazy("statement of hours asked on"),
    "identity_by_audit_id": gettext_lazy("identity seen by"),
    "identity_on": gettext_lazy("identity seen on"),
    "idle_minutes": gettext_lazy("minutes until it locks"),
    "key": gettext_lazy("search key"),
    "kind": gettext_lazy("kind"),
    "language": gettext_lazy("language of the page"),
    "last_day": gettext_lazy("last day to answer"),
    "last_on": gettext_lazy("last time"),
    "last_seen": gettext_lazy("last used"),
    "last_used_at": gettext_lazy("last used"),
    "letter": gettext_lazy("letter"),
    "lifted_at": gettext_lazy("lifted on"),
    "locations": gettext_lazy("locations"),
    "made_at": gettext_lazy("made on"),
    "mailed": gettext_lazy("told by e-mail"),
    "means": gettext_lazy("how you said it"),
    "minutes_missed": gettext_lazy("minutes missed"),
    "model": gettext_lazy("where"),
    "number": gettext_lazy("line"),
    "number_left_out": gettext_lazy("a number was left out"),
    "object_pk": gettext_lazy("number of the row"),
    "objections": gettext_lazy("objections"),
    "on": gettext_lazy("on"),
    "organisation": gettext_lazy("organisation"),
    "outcome": gettext_lazy("outcome"),
    "number_index": gettext_lazy("search key of the number"),
    "payer_called_index": gettext_lazy("search key of the call name"),
    "payer_index": gettext_lazy("search key of the name"),
    "paper": gettext_lazy("paper file"),
    "parameters": gettext_lazy("about"),
    "paper_at": gettext_lazy("your initials seen on the list on paper"),
    "office_at": gettext_lazy("noted by the administration or the coordinator"),
    "party": gettext_lazy("who says it"),
    "page": gettext_lazy("letter"),
    "path_hash": gettext_lazy("mark of the page"),
    "plan": gettext_lazy("plan"),
    "prepared_at": gettext_lazy("prepared on"),
    "prepared_by_audit_id": gettext_lazy("prepared by"),
    "problems": gettext_lazy("problems"),
    "rectified": gettext_lazy("corrected by you"),
    "released_at": gettext_lazy("lifted on"),
    "released_by_audit_id": gettext_lazy("lifted by"),
    "remembered_until": gettext_lazy("remembered until"),
    "reported_at": gettext_lazy("reported on"),
    "reported_by_audit_id": gettext_lazy("reported by"),
    "request_handler_audit_id": gettext_lazy("who handled the request"),
    "representation": gettext_lazy("number of the representation"),
    "requested_at": gettext_lazy("asked for on"),
    "restricted": gettext_lazy("restricted"),
    "result": gettext_lazy("result"),
    "search_text": gettext_lazy("words to search by"),
    "seen_by_audit_id": gettext_lazy("seen by"),
    "seen_on": gettext_lazy("seen on"),
    "set_by_audit_id": gettext_lazy("set by"),
    "set_on": gettext_lazy("set on"),
    "sha256": gettext_lazy("mark of the content"),
    "signed_by_audit_id": gettext_lazy("signed by"),
    "started_by_audit_id": gettext_lazy("begun by"),
    "signed_at": gettext_lazy("signed on"),
    "size": gettext_lazy("size (bytes)"),
    "sort_key": gettext_lazy("name to sort by"),
    "source": gettext_lazy("source"),
    "started_at": gettext_lazy("since"),
    "state": gettext_lazy("state"),
    "student_at": gettext_lazy("confirmed by you"),
    "subject_audit_id": gettext_lazy("about whom"),
    "taken_in_by_audit_id": gettext_lazy("taken in by"),
    "teacher_at": gettext_lazy("noted by the teacher"),
    "text_version": gettext_lazy("version of the text"),
    "token_index": gettext_lazy("mark of the card or the link"),
    "told": gettext_lazy("who was told"),
    "told_on": gettext_lazy("told on"),
    "trusted_until": gettext_lazy("trusted until"),
    "type": gettext_lazy("kind"),
    "value": gettext_lazy("your proposal"),
    "viewer_audit_id": gettext_lazy("who looked"),
    "what": gettext_lazy("what"),
    "withdrawn_at": gettext_lazy("taken back on"),
    "was_minutes_attended": gettext_lazy("minutes present, before the correction"),
    "was_minutes_missed": gettext_lazy("minutes missed, before the correction"),
    "was_office_at": gettext_lazy("noted by the administration or the coordinator, before the correction"),
    "was_state": gettext_lazy("attendance before the correction"),
    "was_student_at": gettext_lazy("confirmed by you, before the correction"),
    "was_teacher_at": gettext_lazy("noted by the teacher, before the correction"),
}
# Links to people, in rows that they did something to.
ACTED: dict[str, Any] = {
    "added_by": gettext_lazy("added by"),
    "assessor": gettext_lazy("assessed by"),
    "by": gettext_lazy("handed over by"),
    "case_manager": gettext_lazy("case manager"),
    "confirmed_by": gettext_lazy("confirmed by"),
    "created_by": gettext_lazy("made by"),
    "decided_by": gettext_lazy("decided by"),
    "done_by": gettext_lazy("done by"),
    "given_by": gettext_lazy("given by"),
    "granted_by": gettext_lazy("given by"),
    "handed_over_by": gettext_lazy("handed over by"),
    "issued_by": gettext_lazy("given out by"),
    "lifted_by": gettext_lazy("lifted by"),
    "made_by": gettext_lazy("made by"),
    "recorded_by": gettext_lazy("recorded by"),
    "requested_by": gettext_lazy("asked for by"),
    "saved_by": gettext_lazy("saved by"),
    "set_by": gettext_lazy("set by"),
    "signed_by": gettext_lazy("signed by"),
    "started_by": gettext_lazy("started by"),
    "teacher": gettext_lazy("teacher"),
    "uploaded_by": gettext_lazy("sent up by"),
    "user": gettext_lazy("account"),
    "withdrawn_by": gettext_lazy("taken back by"),
}
TITLES: dict[str, str | Promise] = {
    "mfa.Authenticator": gettext_lazy("second step"),
    "guardian.UserObjectPermission": gettext_lazy("exception to the rules of access"),
}
# Codes that are no choices of their column, and pages that are read as words.
CODES: dict[str, Callable[[Any], object]] = {
    "attendance.AbsenceReport.reason": absence_reasons.label,
    "attendance.AbsenceReason.reason": absence_reasons.label,
    "attendance.AbsenceReport.tellable": absence_reasons.told_label,
    "attendance.AbsenceLetter.page": words_of,
    "attendance.AbsenceReason.tellable": absence_reasons.told_label,
    "kvs.AuditEntry.model": lambda code: title_of(_label_of(code)),
    "kvs.AccessEvent.reason": lambda code: REASONS.get(code, code),
    "reporting.Disclosure.report": lambda code: report_title(code),
    "reporting.ReportRun.report": lambda code: report_title(code),
    "kvs.SealedFile.kind": lambda code: kind_of_file(code),
    "students.CorrectionProposal.field": lambda name: _label_or_name("students.Student", name),
    "reporting.Disclosure.recipient": lambda code: RECIPIENTS.get(code, _("another organisation")),
    "reporting.Disclosure.categories": lambda codes: [catalogue.category(code).title for code in codes],
    "reporting.Disclosure.purpose": lambda code: given.purpose_title(code),
    "kvs.User.language": lambda code: dict(settings.LANGUAGES).get(code, code),
    "privacy.PrivacyRequest.grounds": lambda codes: [PrivacyRequest.Ground(code).label for code in codes],
    "students.Student.objections": lambda codes: [Objection.Purpose(code).label for code in codes],
    "privacy.Hold.containers": lambda codes: [Container(code).label for code in codes],
    "privacy.Restriction.categories": lambda codes: [catalogue.category(code).title for code in codes],
    "students.Student.restricted": lambda codes: [catalogue.category(code).title for code in codes],
}
PAGES = ("attendance.AbsenceLetter.page",)  # as words in the files for machines too


def _label_of(lowered: str) -> str:
    return next((model.label for model in catalogue.load().models if model.label.lower() == lowered), lowered)


def report_title(code: str) -> object:
    """The name of a report; its code when this version no longer has it."""
    return reports()[code].title if code in reports() else code


def kind_of_file(code: str) -> object:
    """What sort of stored file: a report by its name."""
    start, _dot, rest = code.partition(".")
    if start == "report":
        return report_title(rest)
    return {
        "privacy.export": _("copy of everything about a person"),
        "privacy.certificate": _("letter"),
        "attendance.scan": _("scan of a list"),
        "students.consent_scan": _("scan of a signed consent"),
        "attendance.evidence": _("proof of an online lesson"),
    }.get(code, _("spreadsheet that was read in") if "import" in code or start == "students" else code)


def title_of(label: str) -> str:
    """What rows of the model are called."""
    return str(capfirst(str(TITLES.get(label) or name_of(label))))


def label_of(model: type[Model], name: str) -> str:
    """The heading of a column; its technical name when nobody named it, which a test refuses."""
    given = model._meta.get_field(name).verbose_name  # type: ignore[union-attr]  # columns, no reverse relations
    return str(capfirst(str(given if isinstance(given, Promise) else {**ACTED, **LABELS}.get(name, given))))


class Others:
    """Other people in the rows of somebody: each is one of these words, never a name or a number."""

    def __init__(self, own: Iterable[uuid.UUID], *, of_student: bool) -> None:
        """`own`: the ids under which the person is known."""
        self.own, self.of_student = frozenset(own), of_student
        self.known: dict[uuid.UUID, str] = {}

    def learn(self, ids: Iterable[uuid.UUID]) -> None:
        """Look up the roles behind `ids`, in two queries."""
        new = set(ids) - self.own - set(self.known)
        if not new:
            return
        roles: dict[uuid.UUID, set[str]] = {}
        for membership in Membership.objects.filter(user__audit_id__in=new).select_related("user"):
            roles.setdefault(membership.user.audit_id, set()).add(str(membership.get_role_display()))
        students = set(Student.objects.filter(audit_id__in=new).values_list("audit_id", flat=True))
        for found in new:
            known = _("a student") if found in students else _("somebody who is no longer here")
            self.known[found] = ", ".join(sorted(roles.get(found, ()))) or known

    def word(self, found: uuid.UUID) -> str:
        """Who that is: the person, or a role."""
        return _("you") if found in self.own else self.known.get(found, _("somebody else"))


def is_person_id(name: str) -> bool:
    """Whether a column of this name holds the random id of a person."""
    return name == "audit_id" or name.endswith("_audit_id")


def person_behind(row: Any, others: Others) -> str:
    """A row that is a person, by role; a case manager by organisation only."""
    if isinstance(row, CaseManager):
        return _("a case manager of %(client)s") % {"client": row.client.name}
    if isinstance(row, User):
        others.learn([row.audit_id])
        return others.word(row.audit_id)
    return _("you") if row.audit_id in others.own else _("a student")


def said(row: Model, name: str, others: Others) -> str:
    """A value as people say it, "" for none."""
    value, where = getattr(row, name), f"{row._meta.label}.{name}"
    if value is None or value in ("", [], {}):
        return ""
    if where in CODES:
        return _joined(CODES[where](value))
    if where == "kvs.AuditEntry.fields":
        return _joined(_labels(_label_of(getattr(row, "model", "")), value))
    if isinstance(value, uuid.UUID) and is_person_id(name):
        return others.word(value)
    if isinstance(value, Model):
        return person_behind(value, others) if type(value) in people_models() else str(value)
    display = getattr(row, f"get_{name}_display", None)
    return _joined(display() if display else value)


def _labels(model_label: str, names: list[str]) -> list[str]:
    return [_label_or_name(model_label, name) for name in names]


def _label_or_name(model_label: str, name: str) -> str:
    """The heading of a column; its technical name for one of an earlier version, or one that says nothing about people."""
    try:
        return label_of(apps.get_model(model_label), name)
    except (LookupError, ValueError, FieldDoesNotExist):
        return name


def _joined(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(as_text(item)) for item in value)
    return str(as_text(value))


def plain(row: Model, name: str, others: Others) -> Any:
    """A value for machines: text, number, yes or no, list or object; days and moments as ISO 8601."""
    value = getattr(row, name)
    if isinstance(value, uuid.UUID) and is_person_id(name):
        return others.word(value)
    if isinstance(value, Model) or f"{row._meta.label}.{name}" in PAGES:
        return said(row, name, others)
    return as_json(value)


def as_json(value: Any) -> Any:
    """`value` as JSON holds it."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {str(name): as_json(item) for name, item in value.items()}
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
