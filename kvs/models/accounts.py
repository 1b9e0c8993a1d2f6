"""Who signs in, in which role, at which location, and the web session they hold."""

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

ALL_LOCATIONS = uuid.UUID(int=0)  # stands for "all locations" inside constraints, never stored


class Role(models.TextChoices):
    """The nine roles; what each may do stands in kvs/access.py and in every `visible_to`."""

    TEACHER = "teacher", _("teacher")
    ADMINISTRATION = "administration", _("administration")
    COORDINATOR = "coordinator", _("coordinator")
    FINANCE = "finance", _("finance")
    PRIVACY_OFFICER = "privacy_officer", _("privacy officer")
    MANAGEMENT = "management", _("management")
    AUDITOR = "auditor", _("auditor")
    SYSTEM_ADMINISTRATOR = "system_administrator", _("system administrator")
    STUDENT = "student", _("student")


class Organisation(models.Model):
    """The one school of this installation (decisions.md 14)."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(_("name"), max_length=120)
    is_demo = models.BooleanField(_("demo school"), default=False)
    # The number of the keurmerk: 1 to 10 digits (DUO, Inburgeringsaanbod API 1.2.0), zeros in front included.
    bow_number = models.CharField(_("Blik op Werk number"), max_length=10, blank=True)
    # Blik op Werk measures results over twelve months (domain/blik_op_werk_and_municipalities.md, 2).
    measuring_year_month = models.PositiveSmallIntegerField(_("the measuring year begins in"), default=1)
    handbook_edition = models.CharField(_("edition of the Blik op Werk handbook"), max_length=40, blank=True)
    upload_kept_days = models.PositiveSmallIntegerField(
        _("days an uploaded spreadsheet is kept"),
        default=14,
        help_text=_("So that an import can be looked at again and taken back. From 1 to 90 days; then the file is destroyed."),
    )
    # Who is responsible, and whom to ask (AVG art. 13(1)(a) and (b); A "Gevestigd op", B 8.5).
    street = models.CharField(_("street and number"), max_length=120, blank=True)
    postcode = models.CharField(_("postcode"), max_length=7, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("telephone"), max_length=32, blank=True)
    kvk_number = models.CharField(_("KvK number"), max_length=8, blank=True)
    privacy_contact = models.CharField(
        _("who answers questions about privacy"),
        max_length=80,
        blank=True,
        help_text=_("The name of the function, not of a person, for example: functionaris gegevensbescherming."),
    )
    privacy_email = models.EmailField(_("e-mail address for questions about privacy"), blank=True)
    announced_at = models.DateTimeField(null=True, editable=False)  # when everybody was last told of an important change
    statement_months = models.PositiveSmallIntegerField(
        _("months a statement of a colleague holds"),
        default=12,
        help_text=_("Then confidentiality and instruction are stated again. From 1 to 36 months."),
    )
    review_months = models.PositiveSmallIntegerField(
        _("months between two reviews of access"),
        default=6,
        help_text=_("Then somebody looks at who may see what, line by line. From 1 to 12 months."),
    )
    unused_account_days = models.PositiveSmallIntegerField(
        _("days after which an account without a role or a place is closed"),
        default=30,
        help_text=_("Of colleagues after their last role, of students after their last place and programme. From 7 to 365 days."),
    )
    board_code_minutes = models.PositiveSmallIntegerField(
        _("minutes until a new code stands on the board"),
        default=3,
        help_text=_("Students confirm a lesson with the code. The code before works until the next one. From 1 to 15 minutes."),
    )
    board_code_required = models.BooleanField(
        _("students need the code on the board"),
        default=False,
        help_text=_("For lessons at the school. Without it “I am here” from the own login is enough, during the lesson."),
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("organisation")
        constraints = [
            models.CheckConstraint(
                condition=Q(street="", postcode="", city="") | (~Q(street="") & ~Q(postcode="") & ~Q(city="")),
                name="organisation_address_whole",
                violation_error_message=_("Fill in the whole address: street and number, postcode and city."),
            ),
            models.CheckConstraint(
                condition=Q(postcode="") | Q(postcode__regex=r"^[1-9][0-9]{3} [A-Z]{2}$"),
                name="organisation_postcode",
                violation_error_message=_("A postcode has four digits and two letters, such as 1234 AB."),
            ),
            models.CheckConstraint(
                condition=Q(kvk_number="") | Q(kvk_number__regex=r"^[0-9]{8}$"),
                name="organisation_kvk_number",
                violation_error_message=_("A KvK number has eight digits."),
            ),
            models.CheckConstraint(
                condition=Q(phone="") | Q(phone__regex=r"^[+0-9][0-9 ()-]{5,30}$"),
                name="organisation_phone",
                violation_error_message=_("A telephone number has digits, spaces, brackets, a hyphen or a + in front."),
            ),
            models.CheckConstraint(
                condition=Q(board_code_minutes__range=(1, 15)),
                name="organisation_board_code_minutes",
                violation_error_message=_("Choose a number of minutes from 1 to 15."),
            ),
            models.CheckConstraint(
                condition=Q(review_months__range=(1, 12)),
                name="organisation_review_months",
                violation_error_message=_("Choose a number of months from 1 to 12."),
            ),
            models.CheckConstraint(
                condition=Q(unused_account_days__range=(7, 365)),
                name="organisation_unused_account_days",
                violation_error_message=_("Choose a number of days from 7 to 365."),
            ),
            models.CheckConstraint(
                condition=Q(upload_kept_days__range=(1, 90)),
                name="organisation_upload_kept_days",
                violation_error_message=_("Choose a number of days from 1 to 90."),
            ),
            models.CheckConstraint(
                condition=Q(statement_months__range=(1, 36)),
                name="organisation_statement_months",
                violation_error_message=_("Choose a number of months from 1 to 36."),
            ),
            models.CheckConstraint(condition=Q(id=1), name="organisation_is_one_row"),
            models.CheckConstraint(condition=~Q(name=""), name="organisation_has_name"),
            models.CheckConstraint(
                condition=Q(bow_number="") | Q(bow_number__regex=r"^0*[1-9][0-9]*$"),
                name="organisation_bow_number",
                violation_error_message=_("A Blik op Werk number has 1 to 10 digits and nothing else."),
            ),
            models.CheckConstraint(
                condition=Q(measuring_year_month__range=(1, 12)),
                name="organisation_measuring_year",
                violation_error_message=_("Choose a month from the list."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """Street, postcode and city on one line; empty when the school did not fill it in."""
        return f"{self.street}, {self.postcode} {self.city}" if self.street else ""

    @property
    def contact_line(self) -> str:
        """Address, KvK number, telephone and e-mail on one line, as far as the school filled them in."""
        kvk = _("KvK %(number)s") % {"number": self.kvk_number} if self.kvk_number else ""
        return " · ".join(part for part in (self.address, kvk, self.phone, self.email) if part)

    @property
    def privacy_line(self) -> str:
        """Whom to ask about privacy: the function and its address for mail; the school's own when it named none."""
        return " · ".join(part for part in (self.privacy_contact, self.privacy_email or self.email) if part)

    @property
    def missing_facts(self) -> list[str]:
        """What a controller must say of itself (AVG 13(1)) and this school has not filled in, as words for a sentence."""
        wanted = {
            _("the address"): self.street,
            _("an e-mail address or telephone number"): self.email or self.phone,
            _("the contact for privacy"): self.privacy_contact and self.privacy_email,
        }
        return [str(what) for what, known in wanted.items() if not known]


class RoleSetting(models.Model):
    """How long a web session of a role may last; a role without a row has the defaults of kvs.sessions (minutes)."""

    role = models.CharField(_("role"), max_length=24, choices=Role, primary_key=True)
    idle_minutes = models.PositiveSmallIntegerField(_("minutes of inactivity before the session locks"))
    absolute_minutes = models.PositiveSmallIntegerField(_("minutes after which signing in again is needed"))
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("role setting")
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="role_setting_role"),
            models.CheckConstraint(
                condition=Q(idle_minutes__gte=1, absolute_minutes__gte=F("idle_minutes"), absolute_minutes__lte=24 * 60),
                name="role_setting_minutes",
                violation_error_message=_("The absolute time is at least the idle time and at most 24 hours."),
            ),
        ]

    def __str__(self) -> str:
        return self.role


class RetentionSetting(models.Model):
    """A period this school chose, instead of the default of kvs/vocabulary.py; never shorter than the law demands."""

    code = models.CharField(_("what"), max_length=20, primary_key=True)
    years = models.PositiveSmallIntegerField(_("years"), default=0)
    months = models.PositiveSmallIntegerField(_("months"), default=0)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("period of keeping")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    code__in=[
                        *("student_file", "exemption", "lesson_evidence", "request", "breach", "paper", "log"),
                        "contact_person",
                    ]
                ),
                name="retention_setting_code",
            ),
            models.CheckConstraint(
                condition=Q(years__lte=20, months__lte=11) & ~Q(years=0, months=0),
                name="retention_setting_period",
                violation_error_message=_("Choose a period of 1 month to 20 years."),
            ),
        ]

    def __str__(self) -> str:
        return f"RetentionSetting({self.code})"


class LocationQuerySet(models.QuerySet["Location"]):
    """Which locations."""

    def where_held(self, user: "User", *roles: Role) -> "LocationQuerySet":
        """Locations where `user` holds one of `roles` today."""
        held = [membership for membership in user.active_memberships() if membership.role in roles]
        if any(membership.location_id is None for membership in held):
            return self.all()
        return self.filter(pk__in=[membership.location_id for membership in held])


class Location(models.Model):
    """A place where the school teaches (vestiging)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=80)
    city = models.CharField(_("city"), max_length=80, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = LocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("location")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="location_name_unique",
                violation_error_message=_("Another location has this name."),
            ),
            models.CheckConstraint(condition=~Q(name=""), name="location_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


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


class WebSessionQuerySet(models.QuerySet["WebSession"]):
    """Which sessions."""

    def visible_to(self, user: User) -> "WebSessionQuerySet":
        """The own sessions only, for the page "where am I signed in"."""
        return self.filter(user=user)

    def tablets_of(self, lesson: uuid.UUID) -> "WebSessionQuerySet":
        """Class tablets that are open for one lesson."""
        return self.live().filter(level=WebSession.Level.KIOSK, bound_to=lesson)

    def live(self) -> "WebSessionQuerySet":
        """Those whose time is not over, as a signed-in browser, a remembered phone or a trusted device."""
        now = timezone.now()
        return self.filter(Q(expires_at__gt=now) | Q(remembered_until__gt=now) | Q(trusted_until__gt=now))


class WebSession(models.Model):
    """A signed-in browser (decisions.md 19). The cookie's value is not here, only its SHA-256: a copy of the
    database signs nobody in. What libraries keep in the session is sealed.
    """

    class Level(models.TextChoices):
        """What the browser may do."""

        ANONYMOUS = "anonymous", _("not signed in")
        FULL = "full", _("signed in")
        LOCKED = "locked", _("locked after inactivity")
        CONFIRM = "confirm", _("remembered phone, may confirm presence")
        TRUSTED = "trusted", _("signed out; no second step needed here")
        KIOSK = "kiosk", _("class tablet, one lesson")

    key_hash = models.CharField(primary_key=True, max_length=64, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="web_sessions")
    level = models.CharField(_("level"), max_length=10, choices=Level, default=Level.ANONYMOUS)
    bound_to = models.UUIDField(null=True)  # the one lesson a class tablet serves
    data = models.TextField(blank=True)
    idle_minutes = models.PositiveSmallIntegerField(default=30)  # copied at sign-in, so that a request needs no second read
    started_at = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    remembered_until = models.DateTimeField(null=True)  # "this is my phone": what stays when the signed-in time is over
    trusted_until = models.DateTimeField(null=True)  # until then signing in here needs no second step; opens nothing by itself

    objects = WebSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("web session")
        constraints = [
            models.CheckConstraint(
                condition=Q(level__in=["full", "locked"], user__isnull=False, bound_to__isnull=True)
                | Q(level="confirm", user__isnull=False, bound_to__isnull=True, remembered_until__isnull=False)
                | Q(level="trusted", user__isnull=False, bound_to__isnull=True, trusted_until__isnull=False)
                | Q(level="kiosk", bound_to__isnull=False)
                | Q(level="anonymous", user__isnull=True, bound_to__isnull=True),
                name="web_session_level",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("started_at")), name="web_session_period"),
        ]

    def __str__(self) -> str:
        return f"WebSession({self.level})"


class DraftQuerySet(models.QuerySet["Draft"]):
    """Which drafts."""

    def visible_to(self, user: User) -> "DraftQuerySet":
        """The own drafts only."""
        return self.filter(user=user)


class Draft(models.Model):
    """A form that came in after the session had locked. Sealed, for one hour, for its own sender (decisions.md 19)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drafts")
    path_hash = models.CharField(max_length=64)
    data = models.TextField()
    made_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft")
        constraints = [models.UniqueConstraint(fields=["user", "path_hash"], name="draft_one_per_form")]

    def __str__(self) -> str:
        return f"Draft({self.pk})"
