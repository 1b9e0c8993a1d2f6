"""What may not be done with data of a student for now: restriction (AVG art. 18) and objection (art. 21).

These rows say why and since when. What follows from them stands on the student (`restricted`, `objections`), where every
action and report below asks for it; privacy/actions/restrictions.py keeps the two in step.
"""

import datetime as dt
import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs import catalogue
from kvs.models import User
from kvs.vocabulary import CLIENT_REPORTS, QUALITY
from privacy.models.requests import PrivacyRequest
from privacy.models.withheld import WithheldTask
from students.models import Student
from students.models.people import OBJECTABLE, RESTRICTABLE


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    """Which restrictions."""

    def visible_to(self, user: User) -> "RestrictionQuerySet":
        """Those of visible students."""
        return self.filter(student__in=Student.objects.visible_to(user))

    def in_force(self) -> "RestrictionQuerySet":
        """Not lifted."""
        return self.filter(lifted_at__isnull=True)


class Restriction(models.Model):
    """Some categories of a student's data are only kept: not used, changed or deleted (AVG art. 18)."""

    class Ground(models.TextChoices):
        """Why, as AVG art. 18(1) closes the list."""

        ACCURACY = "accuracy", _("the student says the data are wrong; the school checks it (18(1)(a))")
        UNLAWFUL = "unlawful", _("the processing is unlawful, and the student does not want erasure (18(1)(b))")
        CLAIM = "claim", _("the student needs the data for a legal claim (18(1)(c))")
        OBJECTION = "objection", _("the student objected, and it is not decided yet (18(1)(d))")

    class Told(models.TextChoices):
        """How the student was told that it will be lifted."""

        DESK = "desk", _("at the desk")
        LETTER = "letter", _("by letter")
        EMAIL = "email", _("by e-mail")
        PHONE = "phone", _("by telephone")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="restrictions")
    categories = ArrayField(models.CharField(max_length=20), verbose_name=_("what is restricted"))
    ground = models.CharField(_("ground"), max_length=10, choices=Ground)
    starts_on = models.DateField(_("since"), default=timezone.localdate)
    review_on = models.DateField(_("look at it again on"))
    set_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    told_on = models.DateField(_("the student was told on"), null=True, blank=True)
    told_how = models.CharField(_("how"), max_length=6, choices=Told, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True, editable=False)
    lifted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = RestrictionQuerySet.as_manager()

    class Meta:
        verbose_name = _("restriction")
        ordering = ["-starts_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(categories__contained_by=list(RESTRICTABLE), categories__len__gte=1), name="restriction_categories"
            ),
            models.CheckConstraint(
                condition=Q(ground__in=["accuracy", "unlawful", "claim", "objection"]), name="restriction_ground"
            ),
            models.CheckConstraint(
                condition=Q(review_on__gt=F("starts_on")),
                name="restriction_review",
                violation_error_message=_("The day to look again lies after the first day."),
            ),
            # AVG art. 18(3): the student is told before a restriction is lifted.
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, told_on__isnull=True, told_how="")
                | Q(lifted_at__isnull=False, told_on__isnull=False, told_how__in=["desk", "letter", "email", "phone"]),
                name="restriction_lifted_after_telling",
            ),
        ]

    def __str__(self) -> str:
        return f"Restriction({self.pk})"

    @property
    def titles(self) -> list[str]:
        """What is restricted, in words."""
        return [str(catalogue.category(code).title) for code in self.categories]

    @property
    def overdue(self) -> bool:
        """Whether somebody should have looked at it again."""
        return self.lifted_at is None and self.review_on <= timezone.localdate()


class ObjectionQuerySet(models.QuerySet["Objection"]):
    """Which objections."""

    def visible_to(self, user: User) -> "ObjectionQuerySet":
        """Those of visible students."""
        return self.filter(student__in=Student.objects.visible_to(user))

    def standing(self) -> "ObjectionQuerySet":
        """Those that stop their purpose: not decided yet, or upheld; not taken back."""
        return self.filter(withdrawn_at__isnull=True).exclude(outcome=Objection.Outcome.REFUSED)

    def open(self) -> "ObjectionQuerySet":
        """Those the school still has to decide on."""
        return self.filter(withdrawn_at__isnull=True, outcome="")


class Objection(models.Model):
    """A student objects to a purpose that rests on AVG art. 6(1)(e) or (f); it stops at once (policy B 9.3; art. 21)."""

    class Purpose(models.TextChoices):
        """The purposes one can object to. The survey is a choice in the own data: there the answer is always yes."""

        CLIENT_REPORTS = CLIENT_REPORTS.code, CLIENT_REPORTS.title
        QUALITY = QUALITY.code, QUALITY.title

    class Outcome(models.TextChoices):
        """What the school decided."""

        UPHELD = "upheld", _("the objection stands: it stays stopped")
        REFUSED = "refused", _("compelling legitimate grounds weigh more (21(1)): it goes on")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="objection_rows")
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")  # the student, or the desk
    # Whose letter answers it. The request may be about more than one, and goes before the file does (retention).
    request = models.ForeignKey(PrivacyRequest, on_delete=models.SET_NULL, null=True, blank=True, related_name="objections")
    outcome = models.CharField(_("decision"), max_length=7, choices=Outcome, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("objection")
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(condition=Q(purpose__in=list(OBJECTABLE)), name="objection_purpose"),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True)
                | Q(outcome__in=["upheld", "refused"], decided_at__gte=F("made_at")),
                name="objection_decided_whole",
            ),
            models.UniqueConstraint(
                fields=["student", "purpose"],
                condition=Q(withdrawn_at__isnull=True) & ~Q(outcome="refused"),
                name="objection_one_standing",
                violation_error_message=_("This objection is already known."),
            ),
        ]

    def __str__(self) -> str:
        return f"Objection({self.pk})"


REVIEW_AFTER = dt.timedelta(days=28)  # the term of a request (policy B 9.5): the first day proposed to look again


def waiting_for(user: User) -> int:
    """How many restrictions and objections ask something of the privacy officer today."""
    reviews = Restriction.objects.visible_to(user).in_force().filter(review_on__lte=timezone.localdate())
    return reviews.count() + Objection.objects.visible_to(user).open().count() + WithheldTask.objects.open().count()
