"""Who signs in, in which role, and at which location."""

import copy
import datetime as dt
import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.fields import SealedField
from kvs.models.roles import Role
from kvs.models.school import Location

ALL_LOCATIONS = uuid.UUID(int=0)  # stands for "all locations" inside constraints, never stored


class ContractKind(models.TextChoices):
    """On what terms somebody works here; B 7 asks the same of employees and the self-employed."""

    EMPLOYEE = "employee", _("employee")
    SELF_EMPLOYED = "self_employed", _("self-employed (zzp)")
    VOLUNTEER = "volunteer", _("volunteer")
    TRAINEE = "trainee", _("trainee")
    OTHER = "other", _("other, such as an auditor")


class UserQuerySet(models.QuerySet["User"]):
    """Which accounts."""

    def visible_to(self, user: "User") -> "UserQuerySet":
        """Accounts `user` may see: the own one; system administration and management see staff accounts too."""
        own = Q(pk=user.pk)
        if user.has_role(Role.SYSTEM_ADMINISTRATOR, Role.MANAGEMENT):
            staff = Membership.objects.exclude(role=Role.STUDENT).values("user")
            students = Membership.objects.filter(role=Role.STUDENT).values("user")
            without_role = Q(student_number__isnull=True) & ~Q(pk__in=students)  # a colleague whose only role was withdrawn
            return self.filter(own | Q(pk__in=staff) | without_role)
        return self.filter(own)

    def with_role_today(self, role: Role) -> "UserQuerySet":
        """Accounts that hold `role` today."""
        return self.filter(pk__in=Membership.objects.active_on(timezone.localdate()).filter(role=role).values("user"))


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]  # django-stubs cannot follow
    """Accounts by e-mail address, as Django's authentication asks for them."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """The account that signs in with this e-mail address, whatever its case; raises User.DoesNotExist."""
        user: User = self.get(email__iexact=username or "")
        return user


class User(AbstractBaseUser):
    """An account. Signs in with an e-mail address (staff, some students) or a student number (decisions.md 15, 16)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    audit_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail address"), null=True, blank=True, unique=True)
    student_number = models.CharField(_("student number"), max_length=20, null=True, blank=True, unique=True)
    call_name = models.CharField(_("call name"), max_length=80, blank=True)
    infix = models.CharField(_("name prefix"), max_length=20, blank=True)
    surname = models.CharField(_("surname"), max_length=120, blank=True)
    language = models.CharField(_("language of the interface"), max_length=8, default="nl")
    is_active = models.BooleanField(_("may sign in"), default=True)
    contract_kind = models.CharField(_("kind of contract"), max_length=13, choices=ContractKind, blank=True)
    # The end of the contract, or of the confidentiality clause in it: the last day on which roles of staff open anything.
    contract_ends_on = models.DateField(_("last day of the contract or clause"), null=True, blank=True)
    # Derived by kvs.statements: until and including this day the account has stated confidentiality and instruction. Here,
    # because every request reads this row anyway; empty closes the gate.
    stated_until = models.DateField(_("statements hold until"), null=True, blank=True, editable=False)
    # Hashed, then sealed: a million PINs can be tried against a stolen hash, so a copy of the database holds none.
    pin = SealedField(_("PIN"), context="kvs.user.pin", null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("account")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique",
                violation_error_message=_("Another account has this e-mail address."),
            ),
            models.CheckConstraint(
                condition=Q(student_number__isnull=True) | Q(student_number__regex=r"^[A-Z0-9-]+$"),
                name="user_student_number_form",
                violation_error_message=_("A student number has only capital letters, digits and hyphens."),
            ),
            models.CheckConstraint(
                condition=(Q(email__isnull=False) & ~Q(email="")) | Q(email__isnull=True, student_number__isnull=False),
                name="user_has_a_way_in",
                violation_error_message=_("An account needs an e-mail address or a student number."),
            ),
            models.CheckConstraint(
                condition=Q(contract_kind__in=["", *ContractKind.values]),
                name="user_contract_kind",
            ),
            models.CheckConstraint(
                condition=~Q(contract_kind="self_employed") | Q(contract_ends_on__isnull=False),
                name="user_self_employed_ends",
                violation_error_message=_("Of somebody self-employed the last day of the contract or clause is needed."),
            ),
        ]

    def __str__(self) -> str:
        return f"User({self.pk})"  # never a name: this text ends up in logs and messages of libraries

    @property
    def full_name(self) -> str:
        """Call name, prefix and surname as people say it: "Marijke de Vries"."""
        return " ".join(part for part in (self.call_name, self.infix, self.surname) if part)

    @property
    def initials(self) -> str:
        """First letters of call name and surname, for the mark beside the name."""
        return "".join(part[0] for part in (self.call_name, self.surname) if part).upper()

    def active_memberships(self) -> "list[Membership]":
        """Today's memberships, read once per instance: access is decided many times a request."""
        if not hasattr(self, "_active_memberships"):
            self._active_memberships = list(
                Membership.objects.filter(user=self).active_on(timezone.localdate()).select_related("location")
            )
        return self._active_memberships

    def has_role(self, *roles: Role) -> bool:
        """True when one of `roles` is held today, at any location."""
        return any(membership.role in roles for membership in self.active_memberships())

    def is_only(self, role: Role) -> bool:
        """True when `role` is held today and no other."""
        return {membership.role for membership in self.active_memberships()} == {role}

    def only_as(self, *roles: Role) -> "User":
        """This account as far as these roles go: `visible_to` then gives what is within reach in one of them, so that a
        role held at one location is no key to what another role opens at another.
        """
        other = copy.copy(self)
        other._active_memberships = [membership for membership in self.active_memberships() if membership.role in roles]
        return other

    def only_at(self, location: "Location") -> "User":
        """This account as far as it goes at one location: a role for all locations counts there too."""
        other = copy.copy(self)
        here = [membership for membership in self.active_memberships() if membership.location_id in (None, location.pk)]
        other._active_memberships = [copy.copy(membership) for membership in here]
        for membership in other._active_memberships:
            membership.location = location
        return other

    def locations_as(self, *roles: Role) -> "Q":
        """Condition on a `location` foreign key: where `user` holds one of `roles` today. Nowhere matches nothing.

        Everywhere is a condition that always holds, not an empty one: an empty Q vanishes when it is or-ed.
        """
        held = [membership for membership in self.active_memberships() if membership.role in roles]
        if any(membership.location_id is None for membership in held):
            return Q(pk__isnull=False)
        return Q(location__in=[membership.location_id for membership in held])


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Which memberships."""

    def active_on(self, day: dt.date) -> "MembershipQuerySet":
        """Those whose period includes `day` (both ends count), and of staff also the contract: everything asks here."""
        under_contract = Q(user__contract_ends_on__isnull=True) | Q(user__contract_ends_on__gte=day)
        lasting = Q(ends_on__isnull=True) | Q(ends_on__gte=day)
        return self.filter(lasting, Q(role=Role.STUDENT) | under_contract, starts_on__lte=day)

    def visible_to(self, user: User) -> "MembershipQuerySet":
        """The own memberships; those of all staff for who manages accounts."""
        return self.filter(user__in=User.objects.visible_to(user))


class Membership(models.Model):
    """A role of an account, at one location or at all, in a period. It decides nearly all access."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=24, choices=Role)
    location = models.ForeignKey(
        Location,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("location"),
        help_text=_("Empty: all locations."),
    )
    starts_on = models.DateField(_("from"), default=timezone.localdate)
    ends_on = models.DateField(_("until and including"), null=True, blank=True)
    given_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="membership_period",
                violation_error_message=_("The last day cannot be before the first day."),
            ),
            models.CheckConstraint(
                condition=~Q(role=Role.AUDITOR) | Q(ends_on__isnull=False),
                name="membership_auditor_ends",
                violation_error_message=_("An auditor's access needs a last day."),
            ),
            ExclusionConstraint(
                name="membership_no_overlap",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    (Coalesce("location", ALL_LOCATIONS), RangeOperators.EQUAL),
                    (Func("starts_on", "ends_on", models.Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("This person already has this role here in that period."),
            ),
        ]

    def __str__(self) -> str:
        return f"Membership({self.pk})"
