from django.db import migrations

from kvs.database import APPEND_ONLY


class Migration(migrations.Migration):
    """Tables that only grow let a new key seal again what is sealed in them, in a school that has them already too."""

    dependencies = [("kvs", "0018_breach_and_paper_period")]

    operations = [migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop)]
