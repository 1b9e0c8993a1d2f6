"""Ground floor of KVS as a Django app."""

from django import forms
from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from kvs.celery import app as celery_app

# Loaded here, not in kvs/__init__.py, so that every Django process binds its tasks to our Celery application and the
# supervisor (kvs/embedded.py), which starts before anything is known to work, loads neither Celery nor Django.
__all__ = ["KvsConfig", "celery_app"]


class KvsConfig(AppConfig):
    """Accounts, access, data catalogue, sealed fields, audit, jobs."""

    name = "kvs"
    verbose_name = _("ground floor")

    def ready(self) -> None:
        """Register the privacy checks, follow the models the catalogue wants audited, and know all kinds of jobs."""
        from kvs import audit, checks  # noqa: F401, PLC0415  (need the models, which are loaded only now)
        from kvs.widgets import year_is_meant  # noqa: PLC0415  (as above)

        forms.DateField.default_validators = [year_is_meant]  # here, so that no date field of a form can do without
        audit.register_models()
        autodiscover_modules("tasks")  # the web process starts jobs whose work functions stand there
