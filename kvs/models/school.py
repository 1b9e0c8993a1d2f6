"""The school itself, its locations, and how long it keeps what."""

import uuid
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from kvs.models.roles import Role

if TYPE_CHECKING:
    from kvs.models.accounts import User


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
