"""Complaints (policy B art. 10): what somebody says went wrong, and the answer of somebody it is not about.

They outlive files, as requests do: people are known by their random `audit_id`, names and words are sealed copies.
"""

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from kvs.fields import SealedField
from kvs.models import Membership, Role, User
from privacy import rules
from privacy.models.clock import OPEN_STATES, ClockQuerySet
from privacy.models.representation import Representation
from privacy.models.requests import PrivacyRequest, within_reach

HANDLERS = (Role.PRIVACY_OFFICER, Role.MANAGEMENT)


def able_accounts() -> "models.QuerySet[User]":
    """Accounts that hold a role in which complaints are handled today."""
    holders = Membership.objects.active_on(timezone.localdate()).filter(role__in=HANDLERS)
    found: models.QuerySet[User] = User.objects.filter(is_active=True, pk__in=holders.values("user"))
    return found


class ComplaintQuerySet(ClockQuerySet["Complaint"]):
    """Which complaints."""

    def visible_to(self, user: User) -> "ComplaintQuerySet":
        """Those one handles or may give to a handler, and the own ones; never one that is about the user."""
        return self.handled_by_role_of(user) | self.of_person(user)

    def handled_by_role_of(self, user: User) -> "ComplaintQuerySet":
        """Those of the desk of privacy officer and management: without the ones that are about `user`, or by `user`."""
        if not user.has_role(*HANDLERS):
            return self.none()
        mine = within_reach(user, HANDLERS) | Q(handler_audit_id=user.audit_id)
        return self.filter(mine).exclude(accused_audit_id=user.audit_id).exclude(subject_audit_id=user.audit_id)

    def unconfirmed(self, today: dt.date) -> "ComplaintQuerySet":
        """Those of which the person should have heard by now that they came in."""
        return self.unanswered().filter(confirmed_on__isnull=True, confirm_by__lt=today)


class Complaint(models.Model):
    """What somebody complains about, from the day it came in to the letter that answers it."""

    class About(models.TextChoices):
        """What it is about."""

        DATA = rules.ABOUT_DATA, _("how the school handles personal data")
        REQUEST = rules.ABOUT_REQUEST, _("how a privacy request was handled")
        PERSON = rules.ABOUT_PERSON, _("somebody who works at the school")
        OTHER = rules.ABOUT_OTHER, _("something else")

    class State(models.TextChoices):
        """Where it is."""

        NEW = "new", _("received")
        HANDLING = "handling", _("being handled")
        DECIDED = "decided", _("decided")
        CLOSED = "closed", _("closed")

    class Why(models.TextChoices):
        """Why more time is needed."""

        COMPLEX = "complex", _("the complaint is complex")
        HEARING = "hearing", _("somebody still has to be heard")

    class Decision(models.TextChoices):
        """The answer."""

        FOUNDED = "founded", _("founded")
        PARTLY = "partly", _("partly founded")
        UNFOUNDED = "unfounded", _("unfounded")
        WITHDRAWN = "withdrawn", _("taken back by the person")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    about = models.CharField(_("what it is about"), max_length=7, choices=About)
    channel = models.CharField(_("how it came in"), max_length=6, choices=PrivacyRequest.Channel)
    received_on = models.DateField(_("received on"))
    person_kind = models.CharField(_("who complains"), max_length=14, choices=PrivacyRequest.Person)
    subject_audit_id = models.UUIDField(null=True, blank=True, db_index=True)
    name = SealedField(_("name of the person"), context="privacy.complaint.name")
    contact = SealedField(_("where the answer goes"), context="privacy.complaint.contact", null=True, blank=True)
    words = SealedField(_("what the person says"), context="privacy.complaint.words")
    representation = models.ForeignKey(
        Representation, on_delete=models.SET_NULL, null=True, blank=True, related_name="complaints"
    )
    asked_by = SealedField(_("name of the representative"), context="privacy.complaint.asked_by", null=True, blank=True)
    taken_in_by_audit_id = models.UUIDField(null=True, blank=True, db_index=True)  # nobody: the person, in the own pages

    accused_audit_id = models.UUIDField(null=True, blank=True, db_index=True)
    accused = SealedField(_("about whom"), context="privacy.complaint.accused", null=True, blank=True)
    request = models.ForeignKey(
        PrivacyRequest, on_delete=models.SET_NULL, null=True, blank=True, related_name="complaints", verbose_name=_("request")
    )
    request_handler_audit_id = models.UUIDField(null=True, blank=True, db_index=True)  # stays when the request has gone

    state = models.CharField(_("state"), max_length=8, choices=State, default=State.NEW)
    handler_audit_id = models.UUIDField(null=True, blank=True, db_index=True)
    assigned_by_audit_id = models.UUIDField(null=True, blank=True, db_index=True)
    assigned_on = models.DateField(null=True, blank=True)

    confirm_by = models.DateField(_("confirm before or on"))
    confirmed_on = models.DateField(_("confirmed on"), null=True, blank=True)
    due_on = models.DateField(_("answer before or on"))
    extended_to = models.DateField(_("extended to"), null=True, blank=True)
    extension_reason = models.CharField(_("why"), max_length=7, choices=Why, blank=True)
    extension_told_on = models.DateField(_("the person was told on"), null=True, blank=True)
    last_day = models.DateField()  # of the term that runs now
    reminders = models.PositiveSmallIntegerField(default=0)  # sent in the term that runs now

    decision = models.CharField(_("decision"), max_length=9, choices=Decision, blank=True)
    reasons = SealedField(_("reasons"), context="privacy.complaint.reasons", null=True, blank=True)
    measures = SealedField(_("measures"), context="privacy.complaint.measures", null=True, blank=True)
    decided_on = models.DateField(null=True, blank=True)
    letter = SealedField(context="privacy.complaint.letter", null=True, blank=True)  # the page; the PDF is made of it
    letter_sent_on = models.DateField(_("letter sent on"), null=True, blank=True)
    letter_sent_how = models.CharField(_("how"), max_length=6, choices=PrivacyRequest.Sent, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        verbose_name = _("complaint")
        ordering = ["last_day", "id"]
        indexes = [models.Index(fields=["state", "last_day"], name="complaint_open")]
        constraints = [
            models.CheckConstraint(condition=Q(about__in=["data", "request", "person", "other"]), name="complaint_about"),
            models.CheckConstraint(condition=Q(channel__in=["portal", "desk", "letter", "email"]), name="complaint_channel"),
            models.CheckConstraint(
                condition=Q(person_kind__in=["student", "staff", "case_manager", "representative", "unknown"]),
                name="complaint_person_kind",
            ),
            models.CheckConstraint(
                condition=Q(about="person", accused__isnull=False)
                | ~Q(about="person") & Q(accused__isnull=True, accused_audit_id__isnull=True),
                name="complaint_names_the_person",
                violation_error_message=_("Say about whom the complaint is."),
            ),
            # Nobody judges in the own case (policy B art. 10; obligation 72).
            models.CheckConstraint(
                condition=Q(handler_audit_id__isnull=True)
                | (Q(accused_audit_id__isnull=True) | ~Q(handler_audit_id=F("accused_audit_id")))
                & (Q(subject_audit_id__isnull=True) | ~Q(handler_audit_id=F("subject_audit_id")))
                & (Q(request_handler_audit_id__isnull=True) | ~Q(handler_audit_id=F("request_handler_audit_id"))),
                name="complaint_handler_is_no_party",
                violation_error_message=_("Who handles a complaint is never the one it is about, nor the one who complains."),
            ),
            models.CheckConstraint(
                condition=Q(state="new", handler_audit_id__isnull=True, assigned_on__isnull=True)
                | Q(state__in=["handling", "decided", "closed"], handler_audit_id__isnull=False, assigned_on__isnull=False),
                name="complaint_handler_first",
            ),
            # Terms: once longer, in time, with a reason, and told.
            models.CheckConstraint(
                condition=Q(due_on__gt=F("received_on"), confirm_by__gt=F("received_on")), name="complaint_due"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_on__isnull=True) | Q(confirmed_on__gte=F("received_on")),
                name="complaint_confirmed_after_receipt",
                violation_error_message=_("This day lies before the complaint came in."),
            ),
            models.CheckConstraint(
                condition=Q(extended_to__isnull=True, last_day=F("due_on"))
                | Q(extended_to__isnull=False, last_day=F("extended_to")),
                name="complaint_last_day",
            ),
            models.CheckConstraint(
                condition=Q(extended_to__isnull=True, extension_reason="", extension_told_on__isnull=True)
                | Q(
                    extended_to__gt=F("due_on"),
                    extension_reason__in=["complex", "hearing"],
                    extension_told_on__isnull=False,
                    extension_told_on__lte=F("due_on"),
                    extension_told_on__gte=F("received_on"),
                ),
                name="complaint_extension_in_time",
                violation_error_message=_("A term is extended once, before it has passed, and the person is told why."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=["new", "handling"], decision="", decided_on__isnull=True)
                | Q(
                    state__in=["decided", "closed"],
                    decision__in=["founded", "partly"],
                    reasons__isnull=False,
                    measures__isnull=False,
                    decided_on__isnull=False,
                )
                | Q(
                    state__in=["decided", "closed"],
                    decision__in=["unfounded", "withdrawn"],
                    reasons__isnull=False,
                    decided_on__isnull=False,
                ),
                name="complaint_decided_whole",
                violation_error_message=_("A decision says why; a founded complaint also says what the school does about it."),
            ),
            models.CheckConstraint(
                condition=Q(letter_sent_on__isnull=True, letter_sent_how="")
                | Q(
                    letter_sent_on__isnull=False,
                    decided_on__isnull=False,
                    letter_sent_on__gte=F("decided_on"),
                    letter_sent_how__in=["portal", "post", "desk", "email"],
                    letter__isnull=False,
                ),
                name="complaint_letter_sent_whole",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["new", "handling", "decided"], closed_on__isnull=True)
                | Q(state="closed", closed_on__isnull=False, letter_sent_on__isnull=False),
                name="complaint_closed_with_letter",
                violation_error_message=_("A complaint is closed when its letter is sent."),
            ),
        ]

    def __str__(self) -> str:
        return f"Complaint({self.pk})"

    @property
    def reference(self) -> str:
        """Stands on paper: "KL 9F2A-71C4"."""
        return f"KL {self.pk.hex[:4]}-{self.pk.hex[4:8]}".upper()

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.state in OPEN_STATES

    @property
    def is_overdue(self) -> bool:
        """Whether the answer should have been sent."""
        return self.is_open and self.letter_sent_on is None and self.last_day < timezone.localdate()

    @property
    def days_left(self) -> int:
        """Days until the last day; negative when it has passed."""
        return (self.last_day - timezone.localdate()).days

    @property
    def under_the_avg(self) -> bool:
        """Whether the term of the AVG and the way to the authority belong to it."""
        return self.about in rules.UNDER_THE_AVG

    @property
    def parties(self) -> set[uuid.UUID]:
        """Who never handles it: whom it is about, who complains, and who handled or decided the request it is about."""
        known = {self.accused_audit_id, self.subject_audit_id, self.request_handler_audit_id}
        if self.request:
            known |= {self.request.handler_audit_id, self.request.decided_by_audit_id}
        return {found for found in known if found}


def waiting_for(user: User) -> int:
    """How many complaints wait for a handler, are overdue, or came in without the person having heard: for the overview."""
    today, mine = timezone.localdate(), Complaint.objects.handled_by_role_of(user)
    return (mine.filter(state="new") | mine.overdue(today) | mine.unconfirmed(today)).distinct().count()


def alarms_for(user: User) -> list[str]:
    """What is too late, a sentence each."""
    today, mine = timezone.localdate(), Complaint.objects.handled_by_role_of(user)
    late, silent = mine.overdue(today).count(), mine.unconfirmed(today).count()
    told = (
        (late, ngettext("%(count)d complaint is not answered in time.", "%(count)d complaints are not answered in time.", late)),
        (
            silent,
            ngettext(
                "%(count)d person has not heard in time that the complaint came in.",
                "%(count)d people have not heard in time that their complaint came in.",
                silent,
            ),
        ),
    )
    return [text % {"count": count} for count, text in told if count]
