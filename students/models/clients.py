"""Clients (opdrachtgevers) and their case managers (klantmanagers)."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from kvs.models import Role, User


class Client(models.Model):
    """Who commissions and pays a programme. A student who pays alone has no client."""

    class Kind(models.TextChoices):
        """What sort of client."""

        MUNICIPALITY = "municipality", _("municipality")
        EMPLOYER = "employer", _("employer")
        OTHER = "other", _("other organisation")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.MUNICIPALITY)
    municipality_code = models.CharField(_("municipality code"), max_length=4, blank=True)  # CBS code, RvIG table 33
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("client")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), name="client_name_unique", violation_error_message=_("There is already a client with this name.")
            ),
            models.CheckConstraint(condition=~Q(name=""), name="client_has_name"),
            models.CheckConstraint(condition=Q(kind__in=["municipality", "employer", "other"]), name="client_kind"),
            models.CheckConstraint(
                condition=Q(municipality_code="") | Q(kind="municipality", municipality_code__regex=r"^\d{4}$"),
                name="client_municipality_code",
                violation_error_message=_("A municipality code has four digits and belongs to a municipality."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_private(self) -> bool:
        """Whether it hears nothing without the student's consent (policy B 4.1.4): all but a municipality.

        An "other organisation" may be public; as the policy asks consent for both, not knowing is no reason to tell.
        """
        return self.kind != self.Kind.MUNICIPALITY


class CaseManagerQuerySet(models.QuerySet["CaseManager"]):
    """Which case managers."""

    def visible_to(self, user: User) -> "CaseManagerQuerySet":
        """Staff who deal with clients see them; teachers and students do not (data minimisation, policy A)."""
        allowed = user.has_role(Role.ADMINISTRATION, Role.COORDINATOR, Role.FINANCE, Role.MANAGEMENT, Role.PRIVACY_OFFICER)
        return self.all() if allowed else self.none()


class CaseManager(models.Model):
    """The person at the client who follows students (klantmanager)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    audit_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="case_managers", verbose_name=_("client"))
    call_name = models.CharField(_("first name or initials"), max_length=80, blank=True)
    infix = models.CharField(_("name prefix"), max_length=20, blank=True)
    surname = models.CharField(_("surname"), max_length=120)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("telephone"), max_length=32, blank=True)
    starts_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("until and including"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = CaseManagerQuerySet.as_manager()

    class Meta:
        verbose_name = _("case manager")
        ordering = ["surname", "call_name"]
        constraints = [
            models.CheckConstraint(condition=~Q(surname=""), name="case_manager_has_name"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(starts_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="case_manager_period",
                violation_error_message=_("The last day cannot be before the first day."),
            ),
        ]

    def __str__(self) -> str:
        return f"CaseManager({self.pk})"

    @property
    def full_name(self) -> str:
        """As people say it."""
        return " ".join(part for part in (self.call_name, self.infix, self.surname) if part)
