"""What a teacher has to show: a place in a register of NT2 teachers, an exception until then, and a VOG."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kvs.models.accounts import User
from kvs.models.roles import Role


class QualificationQuerySet(models.QuerySet["Qualification"]):
    """Whose."""

    def visible_to(self, user: User) -> "QualificationQuerySet":
        """The own one; those of everybody for who plans lessons or manages accounts."""
        if user.has_role(Role.ADMINISTRATION, Role.COORDINATOR, Role.MANAGEMENT, Role.SYSTEM_ADMINISTRATOR):
            return self.all()
        return self.filter(user=user)


class Qualification(models.Model):
    """Whether somebody may count as a qualified NT2 teacher (Blik op Werk, handleiding 2022 norm 1.4.11.a1; whether the
    present edition numbers it the same is not confirmed), and the VOG (profile 60, Blik op Werk 9 March 2022).
    """

    class Register(models.TextChoices):
        """Where qualified teachers are registered."""

        BVNT2 = "bvnt2", _("BVNT2")
        BOW = "bow", _("register of Blik op Werk")

    class Exemption(models.TextChoices):
        """The temporary exceptions of 1 January 2023; whether they were extended after 2024 is not confirmed."""

        TRAINING = "training", _("follows an NT2 training")
        EXPERIENCED = "experienced", _("experienced, without a certificate")

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="qualification")
    register = models.CharField(_("NT2 register"), max_length=8, choices=Register, blank=True)
    number = models.CharField(_("number in the register"), max_length=20, blank=True)
    valid_until = models.DateField(_("registered until and including"), null=True, blank=True)
    training_started_on = models.DateField(_("training began on"), null=True, blank=True)
    exemption = models.CharField(_("exception that is used"), max_length=12, choices=Exemption, blank=True)
    exemption_reported_on = models.DateField(_("reported to Blik op Werk on"), null=True, blank=True)
    vog_on = models.DateField(_("date of the VOG"), null=True, blank=True)
    vog_screening = models.CharField(_("screening profile of the VOG"), max_length=2, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = QualificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("qualification of a teacher")
        constraints = [
            models.CheckConstraint(
                condition=Q(register="", number="", valid_until__isnull=True)
                | (Q(register__in=["bvnt2", "bow"]) & ~Q(number="")),
                name="qualification_register",
                violation_error_message=_("A place in a register has a register and a number."),
            ),
            models.CheckConstraint(condition=Q(exemption__in=["", "training", "experienced"]), name="qualification_exemption"),
            models.CheckConstraint(
                condition=~Q(exemption="training") | Q(training_started_on__isnull=False),
                name="qualification_training",
                violation_error_message=_("Of somebody in training the first day of the training is needed."),
            ),
            models.CheckConstraint(
                condition=Q(exemption_reported_on__isnull=True) | ~Q(exemption=""),
                name="qualification_reported",
                violation_error_message=_("Choose which exception was reported."),
            ),
            models.CheckConstraint(
                condition=Q(vog_on__isnull=True, vog_screening="") | Q(vog_on__isnull=False, vog_screening__regex=r"^[0-9]{2}$"),
                name="qualification_vog",
                violation_error_message=_("A VOG has a date and a screening profile of two digits."),
            ),
        ]

    def __str__(self) -> str:
        return f"Qualification({self.pk})"
