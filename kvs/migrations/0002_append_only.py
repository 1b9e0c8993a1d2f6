"""The audit and access lines only grow."""

from django.db import migrations

from kvs.database import append_only


class Migration(migrations.Migration):
    dependencies = [("kvs", "0001_initial")]
    operations = [append_only("kvs_auditentry"), append_only("kvs_accessevent")]
