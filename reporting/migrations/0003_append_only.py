"""A version of a layout never changes: what a file was written by can always be shown."""

from django.db import migrations

from kvs.database import append_only


class Migration(migrations.Migration):
    dependencies = [("reporting", "0002_column_profiles")]
    operations = [append_only("reporting_columnprofile"), append_only("reporting_profilecolumn")]
