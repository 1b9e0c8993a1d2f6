"""The nine roles, and how long a session of each may last."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


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
