"""What left the school, to whom, and about whom: by a report, or by hand."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs import catalogue
from kvs.fields import SealedField
from kvs.models import User
from kvs.vocabulary import BLIK_OP_WERK, DUO, MUNICIPALITY, SURVEYOR
from reporting import given, rules
from reporting.models.runs import READERS, ReportFile, within_locations_of
from reporting.report import WITH_REASONS, reports
from students.models import Client, Student

RECIPIENTS = {known.code: known for known in (MUNICIPALITY, DUO, BLIK_OP_WERK, SURVEYOR)}


class DisclosureQuerySet(models.QuerySet["Disclosure"]):
    """Which disclosures."""

    def visible_to(self, user: User) -> "DisclosureQuerySet":
        """Those from within the own locations, and for a student every one the student is in."""
        mine = DisclosedPerson.objects.filter(audit_id__in=Student.objects.filter(user=user).values("audit_id"))
        seen = Student.objects.visible_to(user.only_as(*READERS)) if user.has_role(*READERS) else Student.objects.none()
        by_hand = GivenByHand.objects.filter(student__in=seen)
        return self.filter(
            within_locations_of(user) | Q(pk__in=mine.values("disclosure")) | Q(pk__in=by_hand.values("disclosure"))
        )

    def standing(self) -> "DisclosureQuerySet":
        """Those that were not taken back as a mistake."""
        return self.filter(withdrawn_at__isnull=True)


class Disclosure(models.Model):
    """Data went to somebody outside the school (verstrekking): a report, or by mouth, telephone, letter or screen.

    The facts, never the content, and nothing about one person: it outlives files and people. What names somebody is in
    `GivenByHand`, which goes with the file of the student.
    """

    class Channel(models.TextChoices):
        """How it went."""

        PORTAL = "portal", _("through the portal of the recipient")
        SECURE_MAIL = "secure_mail", _("by secured e-mail")
        PAPER = "paper", _("on paper")
        MOUTH = "mouth", _("told in a conversation")
        PHONE = "phone", _("by telephone")
        LETTER = "letter", _("by letter")
        SCREEN = "screen", _("shown on a screen")

    class Organisation(models.TextChoices):
        """What sort of recipient, when it is none of the list."""

        EDUCATION = "education", _("another school")
        SUPPORT = "support", _("support of newcomers, such as VluchtelingenWerk or COA")
        EMPLOYER = "employer", _("employer or temporary employment agency")
        GOVERNMENT = "government", _("another part of the government")
        POLICE = "police", _("police or justice")
        LAWYER = "lawyer", _("lawyer or representative")
        FAMILY = "family", _("family or acquaintance")
        ELSE = "else", _("somebody else")

    class Withdrawn(models.TextChoices):
        """Why a record turned out to be wrong."""

        OTHER_PERSON = "other_person", _("it was about somebody else")
        NOT_GIVEN = "not_given", _("nothing was given")
        TWICE = "twice", _("it was recorded twice")
        WRONG = "wrong", _("something in it is wrong; it is recorded anew")

    class Despite(models.TextChoices):
        """Why a report went while its month was not finished."""

        ASKED = "asked", _("the client asks for it now")
        UNSIGNED = "unsigned", _("these lessons cannot be signed any more")
        LATER = "later", _("a new version follows when the month is finished")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.CharField(_("report"), max_length=40, blank=True)  # empty: given by hand
    parameters = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(_("version"), null=True, blank=True)
    reference = models.CharField(_("reference"), max_length=9)
    recipient = models.CharField(_("recipient"), max_length=40)  # code of kvs.vocabulary
    client = models.ForeignKey(Client, on_delete=models.PROTECT, null=True, verbose_name=_("client"))
    locations = ArrayField(models.UUIDField(), default=list)
    organisation = models.CharField(_("sort of organisation"), max_length=10, choices=Organisation, blank=True)
    name = models.CharField(_("name of the organisation"), max_length=100, blank=True)  # of one that is on no list
    categories = ArrayField(models.CharField(max_length=30), verbose_name=_("which data"), default=list, blank=True)
    purpose = models.CharField(_("why"), max_length=20, blank=True)  # code of kvs.vocabulary, or of rules
    law = models.CharField(_("which law"), max_length=120, blank=True)
    consent_on = models.DateField(_("the student agreed on"), null=True, blank=True)
    format = models.CharField(_("format"), max_length=4, choices=ReportFile.Format, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)  # of the file that was handed over
    channel = models.CharField(_("how"), max_length=12, choices=Channel)
    despite = models.CharField(_("why it went before the month was finished"), max_length=8, choices=Despite, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    withdrawn_reason = models.CharField(_("why it was wrong"), max_length=12, choices=Withdrawn, blank=True)

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        verbose_name = _("disclosure")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__in=["portal", "secure_mail", "paper", "mouth", "phone", "letter", "screen"]),
                name="disclosure_channel",
            ),
            models.CheckConstraint(
                condition=Q(
                    ~Q(report=""),
                    version__isnull=False,
                    sha256__regex=r"^[0-9a-f]{64}$",
                    format__in=["pdf", "xlsx", "csv", "html"],
                    categories=[],
                    purpose="",
                    withdrawn_at__isnull=True,
                )
                | Q(
                    ~Q(purpose=""),
                    report="",
                    version__isnull=True,
                    sha256="",
                    format="",
                    categories__len__gte=1,
                    categories__contained_by=list(rules.GIVEABLE),
                ),
                name="disclosure_of_a_report_or_by_hand",
            ),
            # Nothing goes without a ground: a law that is named, or a day on which the student agreed.
            models.CheckConstraint(
                condition=Q(purpose=rules.LEGAL_DEMAND) & ~Q(law="") | ~Q(purpose=rules.LEGAL_DEMAND) & Q(law=""),
                name="disclosure_names_the_law",
                violation_error_message=_("Name the law and the article."),
            ),
            models.CheckConstraint(
                condition=Q(purpose=rules.CONSENT, consent_on__isnull=False) & ~Q(categories__contains=[rules.BSN])
                | ~Q(purpose=rules.CONSENT) & Q(consent_on__isnull=True),
                name="disclosure_names_the_consent",
                violation_error_message=_("Fill in on which day the student agreed."),
            ),
            models.CheckConstraint(
                condition=Q(recipient=rules.OTHER, client__isnull=True)
                & Q(organisation__in=[*["education", "support", "employer", "government", "police", "lawyer", "family", "else"]])
                & ~Q(name="")
                | ~Q(recipient=rules.OTHER) & Q(organisation="", name=""),
                name="disclosure_names_the_recipient",
                violation_error_message=_("Say to which organisation it went."),
            ),
            models.CheckConstraint(
                condition=Q(despite="") | Q(~Q(report=""), despite__in=["asked", "unsigned", "later"]),
                name="disclosure_despite",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_reason="")
                | Q(withdrawn_at__isnull=False, withdrawn_reason__in=["other_person", "not_given", "twice", "wrong"], report=""),
                name="disclosure_withdrawn_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"Disclosure({self.pk})"

    @property
    def receiver(self) -> Any:
        """Who got it: the client, or the recipient by name; its code when this version no longer has the report."""
        definition = reports().get(self.report)
        known = definition.recipient if definition else RECIPIENTS.get(self.recipient)
        if self.client or self.name:
            return self.client.name if self.client else self.name
        return known.name if known else self.recipient

    @property
    def title(self) -> Any:
        """Of the report; its code when this version no longer has it. By hand: which data."""
        if not self.report:
            parts = [str(catalogue.category(code).title) for code in self.categories]
            return ", ".join([*parts, *([str(WITH_REASONS)] if self.parameters.get("reasons") else [])])
        definition = reports().get(self.report)
        return definition.titled(self.parameters) if definition else self.report

    @property
    def purpose_title(self) -> Any:
        """Why it was given by hand."""
        return given.purpose_title(self.purpose)

    @property
    def period(self) -> str:
        """Which months; empty when this version no longer has the report."""
        definition = reports().get(self.report)
        return definition.period(self.parameters) if definition else ""


class DisclosedPerson(models.Model):
    """That a person was in what was handed over."""

    id = models.BigAutoField(primary_key=True)
    disclosure = models.ForeignKey(Disclosure, on_delete=models.CASCADE, related_name="people")
    audit_id = models.UUIDField(db_index=True)

    class Meta:
        verbose_name = _("person in a disclosure")
        constraints = [models.UniqueConstraint(fields=["disclosure", "audit_id"], name="disclosed_person_once")]

    def __str__(self) -> str:
        return f"DisclosedPerson({self.pk})"


class GivenByHand(models.Model):
    """What names people in a disclosure by hand: about whom, who asked, and how the school knew who that was.

    Goes with the file of the student; the disclosure stays, and names nobody any more.
    """

    class Identity(models.TextChoices):
        """How the school knew who asked. "Not at all" is no choice."""

        KNOWN = "known", _("known to us, seen in person")
        DOCUMENT = "document", _("document or staff pass seen")
        CALLED_BACK = "called_back", _("called back on the number of the organisation")
        MAIL = "mail", _("wrote from the address of the organisation")
        LETTER = "letter", _("letter of the organisation")
        UNASKED = "unasked", _("nobody asked: the school gave it itself")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    disclosure = models.OneToOneField(Disclosure, on_delete=models.CASCADE, related_name="by_hand")
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="given_by_hand")
    asked_by = SealedField(_("who asked"), context="reporting.given_by_hand.asked_by", null=True, blank=True)
    identity = models.CharField(_("how we knew who asked"), max_length=11, choices=Identity)
    note = SealedField(_("note"), context="reporting.given_by_hand.note", null=True, blank=True)

    class Meta:
        verbose_name = _("details of what was given by hand")
        constraints = [
            models.CheckConstraint(
                condition=Q(identity__in=["known", "document", "called_back", "mail", "letter"], asked_by__isnull=False)
                | Q(identity="unasked", asked_by__isnull=True),
                name="given_by_hand_who_asked",
                violation_error_message=_("Say who asked, and how you knew who that was."),
            ),
        ]

    def __str__(self) -> str:
        return f"GivenByHand({self.pk})"
