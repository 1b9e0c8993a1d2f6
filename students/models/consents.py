"""What a student allows, one row per purpose and per private client (AVG art. 7; policy B 4.1.1, 4.1.4, 9.7).

A consent is never a condition and never bundled: nothing else makes one, and no course, place or contract asks for one. What
was said, to which text, when and how only grows (ConsentEvent); the row says what holds now.
"""

import datetime as dt
import uuid

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.catalogue import Purpose
from kvs.fields import SealedField
from kvs.models import Role, SealedFile, User
from kvs.vocabulary import KEEP_IN_TOUCH, PHOTO, PRIVATE_CLIENT
from students import rules
from students.models.clients import Client
from students.models.people import Student
from students.models.programmes import Contract

# Asking for medical advice (EXEMPTION_ADVICE) rests on consent too, but no field or file for an advice exists: a "yes" to it
# would itself say something of health, so it comes with the sealed place for the advice.
OFFERED: tuple[Purpose, ...] = (PHOTO, KEEP_IN_TOUCH, PRIVATE_CLIENT)
CODES = tuple(purpose.code for purpose in OFFERED)
CURRENT = Q(uncovered=False)  # of rows read by `with_cover`
SCAN_READERS = (Role.ADMINISTRATION, Role.PRIVACY_OFFICER)
TITLES = {purpose.code: purpose.title for purpose in OFFERED}


class ConsentTextQuerySet(models.QuerySet["ConsentText"]):
    """Which texts. They say nothing about people."""

    def on(self, purpose: str, day: dt.date) -> "ConsentText":
        """The text by which `purpose` is asked on `day`; the known one, not stored, when the school wrote none."""
        found = self.filter(purpose=purpose, starts_on__lte=day).order_by("-version").first()
        return found or known_text(purpose)

    def all_on(self, day: dt.date) -> "dict[str, ConsentText]":
        """The text of every purpose on `day`, by its code. One query."""
        stored = {row.purpose: row for row in self.filter(starts_on__lte=day).order_by("version")}
        return {code: stored.get(code) or known_text(code) for code in CODES}


class ConsentText(models.Model):
    """What the school asks, in plain Dutch. Rows never change: a correction is a new version."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(max_length=20)
    version = models.PositiveIntegerField()
    text = models.TextField(_("what the student reads"))
    # Something else is asked than before: who said yes to an earlier text is asked again, and meanwhile it is no yes.
    important = models.BooleanField(_("the school asks something else than before: ask everybody again"), default=True)
    starts_on = models.DateField(_("holds from"), default=timezone.localdate)

    objects = ConsentTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("text of a consent")
        ordering = ["purpose", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "version"],
                name="consent_text_version_once",
                violation_error_message=_("A colleague made a new version just now. Open the page again and compare."),
            ),
            models.CheckConstraint(condition=Q(purpose__in=CODES), name="consent_text_purpose"),
            models.CheckConstraint(condition=Q(version__gte=1) & ~Q(text=""), name="consent_text_whole"),
        ]

    def __str__(self) -> str:
        return f"ConsentText({self.purpose}, {self.version})"


def known_text(purpose: str) -> ConsentText:
    """The first version, from the rules, not stored. Raises KeyError."""
    return ConsentText(
        purpose=purpose, version=1, text=rules.CONSENT_TEXTS[purpose], important=True, starts_on=rules.CONSENT_TEXTS_FROM
    )


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Which consents."""

    def visible_to(self, user: User) -> "ConsentQuerySet":
        """Those of visible students."""
        return self.filter(student__in=Student.objects.visible_to(user))

    def with_cover(self, day: dt.date) -> "ConsentQuerySet":
        """Each with `uncovered`: the school asks something else by now than this consent is about."""
        newer = ConsentText.objects.filter(
            purpose=OuterRef("purpose"), important=True, version__gt=OuterRef("text_version"), starts_on__lte=day
        )
        return self.annotate(uncovered=Exists(newer))

    def in_force(self, day: dt.date) -> "ConsentQuerySet":
        """Those that allow something on `day`: given, not withdrawn, and to a text that still says what is asked."""
        return self.with_cover(day).filter(CURRENT, state=Consent.State.GIVEN)


class Consent(models.Model):
    """What a student last said about one purpose, or about one private client."""

    class State(models.TextChoices):
        """What was said last."""

        GIVEN = "given", _("yes")
        REFUSED = "refused", _("no")
        WITHDRAWN = "withdrawn", _("yes, and taken back")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(_("purpose"), max_length=20)
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("client"), related_name="+"
    )
    state = models.CharField(_("what the student says"), max_length=9, choices=State)
    since = models.DateField(_("since"))
    text_version = models.PositiveIntegerField()
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        ordering = ["purpose", "since", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(purpose__in=CODES), name="consent_purpose"),
            models.CheckConstraint(condition=Q(state__in=["given", "refused", "withdrawn"]), name="consent_state"),
            models.CheckConstraint(
                condition=Q(purpose="private_client", client__isnull=False)
                | (~Q(purpose="private_client") & Q(client__isnull=True)),
                name="consent_client",
            ),
            models.UniqueConstraint(
                fields=["student", "purpose", "client"],
                nulls_distinct=False,
                name="consent_one_per_purpose",
                violation_error_message=_("Somebody recorded this just now. Open the page again and look."),
            ),
        ]

    def __str__(self) -> str:
        return f"Consent({self.pk})"

    @property
    def title(self) -> str:
        """What it is about: the purpose, or the purpose and the client."""
        return about_title(self.purpose, self.client)


def about_title(purpose: str, client: Client | None) -> str:
    """What is asked, in a few words."""
    title = str(TITLES[purpose])
    return f"{title}: {client.name}" if client else title


class ConsentEventQuerySet(models.QuerySet["ConsentEvent"]):
    """Which events."""

    def visible_to(self, user: User) -> "ConsentEventQuerySet":
        """Those of visible consents."""
        return self.filter(consent__in=Consent.objects.visible_to(user))


class ConsentEvent(models.Model):
    """That somebody said yes or no, once: to which text, on which day, how, and who. Append-only (decisions.md 31)."""

    class Act(models.TextChoices):
        """What happened."""

        GIVEN = "given", _("said yes")
        RENEWED = "renewed", _("said yes to the new text")
        REFUSED = "refused", _("said no")
        WITHDRAWN = "withdrawn", _("took the yes back")

    class Way(models.TextChoices):
        """How. A yes is in writing (policy B 4.1.1): the own account, or a signed paper."""

        PORTAL = "portal", _("in the own pages")
        PAPER = "paper", _("on paper, signed")
        SPOKEN = "spoken", _("said at the desk or by telephone")

    class SaidBy(models.TextChoices):
        """Who said it (UAVG 5)."""

        PERSON = "person", _("the student")
        REPRESENTATIVE = "representative", _("a representative")

    id = models.BigAutoField(primary_key=True)
    consent = models.ForeignKey(Consent, on_delete=models.CASCADE, related_name="events")
    act = models.CharField(max_length=9, choices=Act)
    text_version = models.PositiveIntegerField()
    language = models.CharField(max_length=8)  # of the pages in which it was said
    on = models.DateField()
    at = models.DateTimeField(default=timezone.now)
    way = models.CharField(_("how"), max_length=6, choices=Way)
    said_by = models.CharField(_("who said it"), max_length=14, choices=SaidBy)
    representation = models.UUIDField(null=True, blank=True)  # privacy.Representation: kept apart, and longer than the file
    place = SealedField(_("where the paper lies"), context="students.consent_event.place", null=True, blank=True)
    by_audit_id = models.UUIDField()  # no foreign key: an append-only row cannot be emptied when an account goes

    objects = ConsentEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("what was said about a consent")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(act__in=["given", "renewed", "refused", "withdrawn"]), name="consent_event_act"),
            models.CheckConstraint(
                condition=Q(way__in=["portal", "paper"]) | Q(way="spoken", act__in=["refused", "withdrawn"]),
                name="consent_event_yes_in_writing",
                violation_error_message=_("A yes is in writing: on paper with a signature, or by the student in the own pages."),
            ),
            models.CheckConstraint(
                condition=~Q(way="paper") | Q(place__isnull=False),
                name="consent_event_paper_has_a_place",
                violation_error_message=_("Say where the signed paper lies."),
            ),
            models.CheckConstraint(
                condition=Q(said_by="person", representation__isnull=True)
                | (Q(said_by="representative", representation__isnull=False) & ~Q(way="portal")),
                name="consent_event_said_by",
            ),
        ]

    def __str__(self) -> str:
        return f"ConsentEvent({self.pk})"


class ConsentScanQuerySet(models.QuerySet["ConsentScan"]):
    """Which scans."""

    def visible_to(self, user: User) -> "ConsentScanQuerySet":
        """What `user` may look at: two roles, of students within reach of these."""
        if not user.has_role(*SCAN_READERS):
            return self.none()
        mine = Student.objects.visible_to(user.only_as(*SCAN_READERS))
        return self.filter(event__consent__student__in=mine)


class ConsentScan(models.Model):
    """The scan of the paper on which a yes or a no was signed: what shows that it was said in writing (AVG 7(1); B 4.1.1).

    The student stands in the manifest of its file, so it is kept as long as the consent: it goes with the file of the student.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.OneToOneField(ConsentEvent, on_delete=models.CASCADE, related_name="scan")
    file = models.OneToOneField(SealedFile, on_delete=models.CASCADE, related_name="consent_scan")
    added_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(_("sent up"), default=timezone.now)

    objects = ConsentScanQuerySet.as_manager()

    class Meta:
        verbose_name = _("scan of a signed consent")

    def __str__(self) -> str:
        return f"ConsentScan({self.pk})"


def running_private_contracts(day: dt.date) -> "models.QuerySet[Contract]":
    """Contracts for a private client that are not over on `day`: these clients hear something only with consent."""
    running = Q(ends_on__isnull=True) | Q(ends_on__gte=day)
    return Contract.objects.filter(running, client__isnull=False).exclude(client__kind=Client.Kind.MUNICIPALITY)


def to_ask(user: User, day: dt.date) -> "models.QuerySet[Contract]":
    """Contracts for a private client about which the student within reach of `user` said nothing yet, or to an old text."""
    said = Consent.objects.with_cover(day).filter(
        student=OuterRef("programme__student"), client=OuterRef("client"), purpose=PRIVATE_CLIENT.code
    )
    answered = said.filter(~Q(state=Consent.State.GIVEN) | CURRENT)
    visible = Student.objects.visible_to(user)
    return running_private_contracts(day).filter(~Exists(answered), programme__student__in=visible).order_by(F("starts_on"))
