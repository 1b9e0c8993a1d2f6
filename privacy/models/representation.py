"""Who acts for somebody else (UAVG art. 5; curatele, bewind, mentorschap, authorisation), and since when.

Kept with the requests: it outlives the file, so the person is known by `audit_id` and names are sealed copies. What was
seen is noted, never copied.
"""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.fields import SealedField
from kvs.models import Role, User
from privacy import rules
from students.models import Student

KEEPERS = (Role.ADMINISTRATION, Role.PRIVACY_OFFICER)


class Matter(models.TextChoices):
    """What a request or a representation is about."""

    EVERYTHING = rules.EVERYTHING, _("everything")
    PROPERTY = rules.PROPERTY, _("money: invoices, payments, bank account")
    PERSONAL = rules.PERSONAL, _("the person: lessons, guidance, exams")


def of_students_within_reach(user: User) -> Q:
    """Condition on a row with `subject_audit_id`: students whom administration or a privacy officer sees; for a privacy
    officer of all locations also people who are no longer there.
    """
    if not user.has_role(*KEEPERS):
        return Q(pk__in=[])
    everywhere = Role.PRIVACY_OFFICER
    if any(membership.location_id is None and membership.role == everywhere for membership in user.active_memberships()):
        return Q(pk__isnull=False)
    return Q(subject_audit_id__in=Student.objects.visible_to(user.only_as(*KEEPERS)).values("audit_id"))


class RepresentationQuerySet(models.QuerySet["Representation"]):
    """Which representations."""

    def visible_to(self, user: User) -> "RepresentationQuerySet":
        """Those of students within reach."""
        return self.filter(of_students_within_reach(user))

    def running(self) -> "RepresentationQuerySet":
        """Those nobody has ended on a page: a last day that was known at the start can still be brought forward."""
        return self.filter(end_reason="")


class Representation(models.Model):
    """Somebody who acts for a student, in what, and in which period."""

    class Kind(models.TextChoices):
        """On what ground."""

        PARENT = rules.PARENT, _("parent or guardian of a child under 16")
        CURATOR = rules.CURATOR, _("curator (curatele)")
        ADMINISTRATOR = rules.ADMINISTRATOR, _("administrator of property (bewind)")
        MENTOR = rules.MENTOR, _("mentor (mentorschap)")
        AUTHORISED = rules.AUTHORISED, _("authorised in writing, such as a lawyer")

    class Document(models.TextChoices):
        """What was seen. No copy is made."""

        COURT = "court", _("decision of the court")
        REGISTER = "register", _("extract of the register of curatele and bewind")
        CIVIL = "civil", _("extract of the civil registry or the register of custody")
        LETTER = "letter", _("written authorisation")

    class EndReason(models.TextChoices):
        """Why it ended."""

        WITHDRAWN = "withdrawn", _("the authorisation was taken back")
        COURT = "court", _("the court ended it")
        CUSTODY = "custody", _("the custody of the child ended or changed")
        DIED = "died", _("the representative died")
        MISTAKE = "mistake", _("it was recorded by mistake")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject_audit_id = models.UUIDField(db_index=True)
    subject_name = SealedField(_("name of the student"), context="privacy.representation.subject_name")
    name = SealedField(_("name of the representative"), context="privacy.representation.name")
    contact = SealedField(_("address, telephone or e-mail"), context="privacy.representation.contact", null=True, blank=True)
    kind = models.CharField(_("on what ground"), max_length=13, choices=Kind)
    scope = models.CharField(_("in what"), max_length=10, choices=Matter, default=Matter.EVERYTHING)
    starts_on = models.DateField(_("from"), default=timezone.localdate)
    ends_on = models.DateField(_("until and including"), null=True, blank=True)
    document = models.CharField(_("document that was seen"), max_length=8, choices=Document)
    end_reason = models.CharField(_("why it ended"), max_length=9, choices=EndReason, blank=True)
    ended_by_audit_id = models.UUIDField(null=True, blank=True, db_index=True, editable=False)
    seen_on = models.DateField(default=timezone.localdate)
    seen_by_audit_id = models.UUIDField(db_index=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = RepresentationQuerySet.as_manager()

    class Meta:
        verbose_name = _("representative")
        ordering = ["-starts_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["parent", "curator", "administrator", "mentor", "authorised"]), name="representation_kind"
            ),
            models.CheckConstraint(condition=Q(scope__in=["everything", "property", "personal"]), name="representation_scope"),
            models.CheckConstraint(
                condition=Q(document__in=["court", "register", "civil", "letter"]), name="representation_document"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="representation_period",
                violation_error_message=_("The last day cannot be before the first day."),
            ),
            models.CheckConstraint(
                condition=Q(end_reason="", ended_by_audit_id__isnull=True)
                | Q(
                    end_reason__in=["withdrawn", "court", "custody", "died", "mistake"],
                    ends_on__isnull=False,
                    ended_by_audit_id__isnull=False,
                ),
                name="representation_ended_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"Representation({self.pk})"

    @property
    def standing(self) -> rules.Standing:
        """As the law sees it."""
        return rules.Standing(self.kind, self.starts_on, self.ends_on, self.scope)
