"""Objections that were made before they named their request: those that still stop something belong to the open one."""

from django.db import migrations


def link(apps, schema_editor):
    requests = apps.get_model("privacy", "PrivacyRequest").objects.filter(
        kind="objection", state__in=["new", "handling", "decided"], subject_audit_id__isnull=False
    )
    objections = apps.get_model("privacy", "Objection").objects.filter(withdrawn_at__isnull=True).exclude(outcome="refused")
    for key, audit_id in requests.values_list("pk", "subject_audit_id"):
        objections.filter(student__audit_id=audit_id, request__isnull=True).update(request_id=key)


class Migration(migrations.Migration):
    dependencies = [("privacy", "0014_a_letter_for_each_objection")]
    operations = [migrations.RunPython(link, migrations.RunPython.noop)]
