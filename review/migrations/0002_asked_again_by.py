"""The column that 0001 has gained after it had landed: installs made before that do not have it yet."""

from django.db import migrations


def add_where_missing(apps, schema_editor):
    model = apps.get_model("review", "Review")
    field = model._meta.get_field("asked_again_by")
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, model._meta.db_table)
    if field.column not in {column.name for column in columns}:
        schema_editor.add_field(model, field)


class Migration(migrations.Migration):

    dependencies = [("review", "0001_initial")]

    operations = [migrations.RunPython(add_where_missing, migrations.RunPython.noop)]
