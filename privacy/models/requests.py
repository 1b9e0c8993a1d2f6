"""Requests of people about their data (AVG art. 12-22), and what hangs on them.

All of it outlives the file of the person, so nothing here points at one: people are known by their random `audit_id`, and
names and addresses are copies, sealed (invariant I7). What the law says stands in privacy/rules.py.
"""

import datetime as dt
import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from kvs.fields import SealedField
from kvs.models import Role, User
from privacy import rules
from privacy.models.clock import OPEN_STATES, ClockQuerySet
from privacy.models.representation import Matter, Representation
from students.models import Student

HANDLERS = (Role.PRIVACY_OFFICER,)


def within_reach(user: User, roles: tuple[Role, ...] = HANDLERS) -> Q:
    """Condition on a row with `subject_audit_id`: everything for who holds one of `roles` at all locations; at some, the
    students there and people nobody has recognised yet. Nothing for anyone else.
    """
    if not user.has_role(*roles):
        return Q(pk__in=[])
    if any(membership.location_id is None and membership.role in roles for membership in user.active_memberships()):
        return Q(pk__isnull=False)
    students = Student.objects.visible_to(user.only_as(*roles)).values("audit_id")
    return Q(subject_audit_id__isnull=True) | Q(subject_audit_id__in=students)


class PrivacyRequestQuerySet(ClockQuerySet["PrivacyRequest"]):
    """Which requests."""

    def visible_to(self, user: User) -> "PrivacyRequestQuerySet":
        """Those a privacy officer handles, and the own ones."""
        return self.filter(within_reach(user) | Q(pk__in=PrivacyRequest.objects.of_person(user)))

    def handled_by_role_of(self, user: User) -> "PrivacyRequestQuerySet":
        """Those `user` may handle."""
        return self.filter(within_reach(user))

    def granted_not_done(self, today: dt.date) -> "PrivacyRequestQuerySet":
        """Granted ones that should have been carried out by now."""
        return self.open().filter(decision__in=["granted", "partly"], executed_on__isnull=True, execute_by__lt=today)


class PrivacyRequest(models.Model):
    """What somebody asks about the own data, from the day it came in to the letter that answers it."""

    class Kind(models.TextChoices):
        """Which right."""

        ACCESS = rules.ACCESS, _("access")
        RECTIFICATION = rules.RECTIFICATION, _("rectification")
        ERASURE = rules.ERASURE, _("erasure")
        RESTRICTION = rules.RESTRICTION, _("restriction")
        OBJECTION = rules.OBJECTION, _("objection")
        PORTABILITY = rules.PORTABILITY, _("portability")
        CONSENT = rules.CONSENT, _("withdrawal of consent")

    class Channel(models.TextChoices):
        """How it came in."""

        PORTAL = "portal", _("in this system")
        DESK = "desk", _("at the desk")
        LETTER = "letter", _("by letter")
        EMAIL = "email", _("by e-mail")

    class Person(models.TextChoices):
        """Whose data it is about."""

        STUDENT = "student", _("student")
        STAFF = "staff", _("colleague")
        CASE_MANAGER = "case_manager", _("case manager")
        REPRESENTATIVE = "representative", _("representative of a student, about the own data")
        UNKNOWN = "unknown", _("somebody we have not found yet, such as a former student")

    class Method(models.TextChoices):
        """How the school knows who asks. Never a copy of a document (policy B 9.1; AVG 12(6))."""

        SECOND_FACTOR = rules.SECOND_FACTOR, _("signed in with a second step")
        SIGNED_IN = rules.SIGNED_IN, _("signed in with number and PIN")
        SEEN = rules.SEEN, _("seen at the desk, with a document")
        CALLED_BACK = rules.CALLED_BACK, _("called back on the number in the file")
        NONE = rules.NOT_ESTABLISHED, _("could not be established")

    class State(models.TextChoices):
        """Where it is."""

        NEW = "new", _("received")
        HANDLING = "handling", _("being handled")
        DECIDED = "decided", _("decided")
        CLOSED = "closed", _("closed")
        WITHDRAWN = "withdrawn", _("taken back")

    class Why(models.TextChoices):
        """Why more time is needed: what AVG 12(3) allows."""

        COMPLEX = "complex", _("the request is complex")
        MANY = "many", _("there are many requests")

    class Decision(models.TextChoices):
        """The answer."""

        GRANTED = "granted", _("granted")
        PARTLY = "partly", _("partly granted")
        REFUSED = "refused", _("refused")

    class Ground(models.TextChoices):
        """Why (a part) is refused. Which of them a kind of request knows is law: rules.GROUNDS."""

        NEEDED = rules.NEEDED, _("the data are still needed for the course")
        LEGAL_DUTY = rules.LEGAL_DUTY, _("a law makes the school keep the data")
        CLAIMS = rules.CLAIMS, _("the data are needed for a legal claim")
        OTHERS = rules.OTHERS, _("it would harm the rights of other people")
        ACCURATE = rules.ACCURATE, _("the data are correct; this was checked")
        NOT_RESTRICTABLE = rules.NOT_RESTRICTABLE, _("none of the situations of the law in which data are restricted")
        RESTRICTED_USE = rules.RESTRICTED_USE, _("use goes on for a legal claim or for the rights of somebody else")
        COMPELLING = rules.COMPELLING, _("compelling grounds weigh more than your interests")
        NOT_PORTABLE = rules.NOT_PORTABLE, _("you did not give these data, or they do not rest on consent or agreement")
        IDENTITY = rules.IDENTITY, _("the school could not establish who asks")
        UNFOUNDED = rules.UNFOUNDED, _("the request is manifestly unfounded or excessive")
        UAVG_41 = rules.UAVG_41, _("an exception for the protection of somebody or of the law")
        NAMED_LAW = rules.NAMED_LAW, _("another law, named in the decision")

    class Sent(models.TextChoices):
        """How the letter went."""

        PORTAL = "portal", _("in the person's own pages")
        POST = "post", _("by post")
        DESK = "desk", _("handed over at the desk")
        EMAIL = "email", _("by secured e-mail")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("what is asked"), max_length=13, choices=Kind)
    channel = models.CharField(_("how it came in"), max_length=6, choices=Channel)
    received_on = models.DateField(_("received on"))
    person_kind = models.CharField(_("whose data"), max_length=14, choices=Person)
    subject_audit_id = models.UUIDField(null=True, blank=True, db_index=True)
    name = SealedField(_("name of the person"), context="privacy.request.name")
    contact = SealedField(_("where the answer goes"), context="privacy.request.contact", null=True, blank=True)
    words = SealedField(_("what the person says"), context="privacy.request.words", null=True, blank=True)
    matter = models.CharField(_("what it is about"), max_length=10, choices=Matter, default=Matter.EVERYTHING)
    representation = models.ForeignKey(Representation, on_delete=models.SET_NULL, null=True, blank=True, related_name="requests")
    asked_by = SealedField(_("name of the representative"), context="privacy.request.asked_by", null=True, blank=True)
    taken_in_by_audit_id = models.UUIDField(
        null=True, blank=True, db_index=True
    )  # the colleague; nobody: the person, in the own pages

    state = models.CharField(_("state"), max_length=9, choices=State, default=State.NEW)
    identity = models.CharField(_("identity"), max_length=13, choices=Method, blank=True)
    doubt = SealedField(_("why more was asked"), context="privacy.request.doubt", null=True, blank=True)
    identity_on = models.DateField(null=True, blank=True)
    identity_by_audit_id = models.UUIDField(null=True, blank=True, db_index=True)
    handler_audit_id = models.UUIDField(null=True, blank=True, db_index=True)

    due_on = models.DateField(_("answer before or on"))
    extended_to = models.DateField(_("extended to"), null=True, blank=True)
    extension_reason = models.CharField(_("why"), max_length=7, choices=Why, blank=True)
    extension_told_on = models.DateField(_("the person was told on"), null=True, blank=True)
    last_day = models.DateField()  # of the term that runs now
    reminders = models.PositiveSmallIntegerField(default=0)  # sent in the term that runs now

    decision = models.CharField(_("decision"), max_length=7, choices=Decision, blank=True)
    grounds = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    law = models.CharField(_("which law"), max_length=120, blank=True)
    explanation = SealedField(_("explanation"), context="privacy.request.explanation", null=True, blank=True)
    decided_on = models.DateField(null=True, blank=True)
    decided_by_audit_id = models.UUIDField(null=True, blank=True, db_index=True)
    execute_by = models.DateField(null=True, blank=True)
    execution = models.UUIDField(null=True, blank=True, db_index=True)  # the row that carries it out: privacy/execution.py
    executed_on = models.DateField(null=True, blank=True)
    letter = SealedField(
        context="privacy.request.letter", null=True, blank=True
    )  # the page as it was made; the PDF is made of it
    letter_sent_on = models.DateField(_("letter sent on"), null=True, blank=True)
    letter_sent_how = models.CharField(_("how"), max_length=6, choices=Sent, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PrivacyRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("privacy request")
        ordering = ["last_day", "id"]
        indexes = [models.Index(fields=["state", "last_day"], name="request_open")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=list(rules.KINDS)), name="request_kind"),
            models.CheckConstraint(condition=Q(channel__in=["portal", "desk", "letter", "email"]), name="request_channel"),
            models.CheckConstraint(
                condition=Q(person_kind__in=["student", "staff", "case_manager", "representative", "unknown"]),
                name="request_person_kind",
            ),
            models.CheckConstraint(condition=Q(matter__in=["everything", "property", "personal"]), name="request_matter"),
            models.UniqueConstraint(
                fields=["subject_audit_id", "kind"],
                condition=Q(state__in=["new", "handling", "decided"], letter_sent_on__isnull=True),
                name="request_one_open_per_kind",
                violation_error_message=_("The same was asked already, and it is not answered yet."),
            ),
            # Who the person is: known before it is handled; never by less than the kind of request needs.
            models.CheckConstraint(
                condition=Q(identity="", identity_on__isnull=True)
                | Q(identity__in=list(rules.METHODS), identity_on__isnull=False),
                name="request_identity_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["handling", "decided", "closed"])
                | Q(identity__in=["second_factor", "seen", "called_back", "none"])
                | Q(identity="signed_in", kind__in=sorted(set(rules.KINDS) - rules.HANDS_OVER_OR_DESTROYS)),
                name="request_identity_first",
            ),
            # Terms: once longer, in time, with a reason the law knows, and told.
            models.CheckConstraint(condition=Q(due_on__gt=F("received_on")), name="request_due"),
            models.CheckConstraint(
                condition=Q(extended_to__isnull=True, last_day=F("due_on"))
                | Q(extended_to__isnull=False, last_day=F("extended_to")),
                name="request_last_day",
            ),
            models.CheckConstraint(
                condition=Q(extended_to__isnull=True, extension_reason="", extension_told_on__isnull=True)
                | Q(
                    extended_to__gt=F("due_on"),
                    extension_told_on__isnull=False,
                    extension_reason__in=["complex", "many"],
                    extension_told_on__lte=F("due_on"),
                    extension_told_on__gte=F("received_on"),
                ),
                name="request_extension_in_time",
                violation_error_message=_("A term is extended once, before it has passed, and the person is told why."),
            ),
            # A decision is whole; what is refused has grounds of the law and a reason in words.
            models.CheckConstraint(
                condition=Q(
                    state__in=["new", "handling", "withdrawn"],
                    decision="",
                    grounds=[],
                    law="",
                    decided_on__isnull=True,
                )
                | Q(
                    state__in=["decided", "closed", "withdrawn"], decision="granted", grounds=[], law="", decided_on__isnull=False
                )
                | Q(
                    state__in=["decided", "closed", "withdrawn"],
                    decision__in=["partly", "refused"],
                    grounds__len__gte=1,
                    explanation__isnull=False,
                    decided_on__isnull=False,
                ),
                name="request_decided_whole",
                violation_error_message=_("A refusal names its ground and says why."),
            ),
            *(
                models.CheckConstraint(
                    condition=~Q(kind=kind) | Q(grounds__contained_by=list(codes)),
                    name=f"request_grounds_{kind}",
                    violation_error_message=_("This ground does not exist for this kind of request."),
                )
                for kind, codes in rules.GROUNDS.items()
            ),
            models.CheckConstraint(
                condition=Q(grounds__contains=["law"]) & ~Q(law="") | ~Q(grounds__contains=["law"]) & Q(law=""),
                name="request_names_the_law",
                violation_error_message=_("Name the law and the article."),
            ),
            models.CheckConstraint(
                condition=~Q(identity="none") | Q(decision="") | Q(decision="refused", grounds__contains=["identity"]),
                name="request_unknown_is_refused",
                violation_error_message=_(
                    "Somebody whose identity is not established gets nothing: establish it, or refuse for that."
                ),
            ),
            models.CheckConstraint(
                condition=Q(decision__in=["granted", "partly"], execute_by__isnull=False)
                | ~Q(decision__in=["granted", "partly"]) & Q(execute_by__isnull=True, executed_on__isnull=True),
                name="request_executed_when_granted",
            ),
            # The answer is a letter; without it, and without having done what was granted, nothing is closed.
            models.CheckConstraint(
                condition=Q(letter_sent_on__isnull=True, letter_sent_how="")
                | Q(
                    letter_sent_on__isnull=False,
                    decided_on__isnull=False,
                    letter_sent_on__gte=F("decided_on"),
                    letter_sent_how__in=["portal", "post", "desk", "email"],
                    letter__isnull=False,
                ),
                name="request_letter_sent_whole",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["new", "handling", "decided"], closed_on__isnull=True)
                | Q(state="withdrawn", closed_on__isnull=False)
                | Q(state="closed", closed_on__isnull=False, letter_sent_on__isnull=False, executed_on__isnull=False)
                | Q(state="closed", closed_on__isnull=False, letter_sent_on__isnull=False, decision="refused"),
                name="request_closed_with_letter",
                violation_error_message=_("A request is closed when its letter is sent and what was granted is done."),
            ),
        ]

    def __str__(self) -> str:
        return f"PrivacyRequest({self.pk})"

    @property
    def reference(self) -> str:
        """Stands on paper: "AVG 9F2A-71C4"."""
        return f"AVG {self.pk.hex[:4]}-{self.pk.hex[4:8]}".upper()

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
    def is_granted(self) -> bool:
        """Whether something is to be carried out."""
        return self.decision in (self.Decision.GRANTED, self.Decision.PARTLY)

    @property
    def execution_late(self) -> bool:
        """Whether what was granted should have been done."""
        return bool(self.execute_by and not self.executed_on and self.is_open and self.execute_by < timezone.localdate())

    @property
    def ground_lines(self) -> list[tuple[Any, str]]:
        """Each ground in words with its article."""
        return [(self.Ground(code).label, self.law if code == rules.NAMED_LAW else rules.ARTICLES[code]) for code in self.grounds]

    @property
    def article(self) -> str:
        """The article of the right that is used."""
        return rules.RIGHTS[self.kind]


def waiting_for(user: User) -> int:
    """How many requests are overdue or granted and not carried out in time: the number on the overview."""
    today = timezone.localdate()
    mine = PrivacyRequest.objects.handled_by_role_of(user)
    return mine.overdue(today).count() + mine.granted_not_done(today).count() + mine.filter(state="new").count()


def alarms_for(user: User) -> list[str]:
    """What is too late, a sentence each."""
    today, mine = timezone.localdate(), PrivacyRequest.objects.handled_by_role_of(user)
    late, undone = mine.overdue(today).count(), mine.granted_not_done(today).count()
    told = (
        (late, ngettext("%(count)d request is not answered in time.", "%(count)d requests are not answered in time.", late)),
        (
            undone,
            ngettext(
                "%(count)d request was granted and is not carried out in time.",
                "%(count)d requests were granted and are not carried out in time.",
                undone,
            ),
        ),
    )
    return [text % {"count": count} for count, text in told if count]


class RequestTaskQuerySet(models.QuerySet["RequestTask"]):
    """Which tasks."""

    def visible_to(self, user: User) -> "RequestTaskQuerySet":
        """Those of requests `user` may handle."""
        return self.filter(request__in=PrivacyRequest.objects.handled_by_role_of(user))

    def open(self) -> "RequestTaskQuerySet":
        """Nobody has said yet how they ended."""
        return self.filter(outcome="")


class RequestTask(models.Model):
    """What somebody has to do outside this system before a request is closed, and how it was confirmed."""

    class Kind(models.TextChoices):
        """What sort of work."""

        RECIPIENT = "recipient", _("tell a recipient")
        PAPER = "paper", _("destroy the paper file")
        SYSTEM = "system", _("do the same in another system")

    class Outcome(models.TextChoices):
        """How it ended."""

        DONE = "done", _("done")
        DISPROPORTIONATE = "disproportionate", _("not possible, or out of proportion (AVG 19)")
        NOTHING = "nothing", _("nothing was there")

    class How(models.TextChoices):
        """How it was done."""

        MAIL = "mail", _("by secured e-mail")
        LETTER = "letter", _("by letter")
        PHONE = "phone", _("by telephone")
        SELF = "self", _("done by ourselves")
        SHREDDED = "shredded", _("shredded")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(PrivacyRequest, on_delete=models.CASCADE, related_name="tasks")
    kind = models.CharField(max_length=9, choices=Kind)
    what = models.CharField(max_length=200)  # name of the recipient or the system, place of the paper: never of a person
    last_on = models.DateField(null=True, blank=True)  # the last time something was handed over
    paper = models.UUIDField(null=True, blank=True)  # privacy.PaperDossier
    outcome = models.CharField(_("how it ended"), max_length=16, choices=Outcome, blank=True)
    how = models.CharField(_("how"), max_length=8, choices=How, blank=True)
    note = SealedField(_("note"), context="privacy.request_task.note", null=True, blank=True)
    done_on = models.DateField(_("on"), null=True, blank=True)
    done_by_audit_id = models.UUIDField(null=True, blank=True, db_index=True)

    objects = RequestTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task of a request")
        ordering = ["kind", "what", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["recipient", "paper", "system"]), name="request_task_kind"),
            models.CheckConstraint(condition=~Q(what=""), name="request_task_what"),
            models.CheckConstraint(
                condition=Q(outcome="", how="", done_on__isnull=True)
                | Q(outcome="done", how__in=["mail", "letter", "phone", "self", "shredded"], done_on__isnull=False)
                | Q(outcome="disproportionate", kind="recipient", note__isnull=False, done_on__isnull=False)
                | Q(outcome="nothing", kind__in=["paper", "system"], done_on__isnull=False),
                name="request_task_ended_whole",
                violation_error_message=_(
                    "Say how it was done. Only a recipient can be left untold, and then the note says why."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"RequestTask({self.pk})"
