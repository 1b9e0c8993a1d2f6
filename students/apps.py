"""Students as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StudentsConfig(AppConfig):
    """Who learns here, for whom, in which group."""

    name = "students"
    verbose_name = _("students")
