"""Reporting as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportingConfig(AppConfig):
    """Reports, disclosures, and what the school tells about its data."""

    name = "reporting"
    verbose_name = _("reporting")

    def ready(self) -> None:
        """Register the check of report columns."""
        from reporting import checks  # noqa: F401, PLC0415  (needs the models, which are loaded only now)
