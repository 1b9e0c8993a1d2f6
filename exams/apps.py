"""Exams as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExamsConfig(AppConfig):
    """Level measurements and exam attempts."""

    name = "exams"
    verbose_name = _("progress and exams")
