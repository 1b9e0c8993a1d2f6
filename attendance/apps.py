"""Attendance as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AttendanceConfig(AppConfig):
    """Lessons, registers, presence."""

    name = "attendance"
    verbose_name = _("attendance")
