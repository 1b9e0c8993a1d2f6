"""Privacy as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrivacyConfig(AppConfig):
    """Requests, erasure, retention, restriction and accountability: acts on all personal data; nobody imports it."""

    name = "privacy"
    verbose_name = _("privacy")
