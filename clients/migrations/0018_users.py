"""A currency is one that is in use: what forms check; nothing of the tables changes."""

from django.db import migrations, models

import clients.models.fields


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0017_mend"),
    ]

    operations = [
        migrations.AlterField(
            model_name="client",
            name="currency",
            field=models.CharField(default="USD", max_length=3, validators=[clients.models.fields.currency_code]),
        ),
        migrations.AlterField(
            model_name="exchangerate",
            name="base",
            field=models.CharField(max_length=3, validators=[clients.models.fields.currency_code]),
        ),
        migrations.AlterField(
            model_name="exchangerate",
            name="quote",
            field=models.CharField(max_length=3, validators=[clients.models.fields.currency_code]),
        ),
        migrations.AlterField(
            model_name="practice",
            name="currency",
            field=models.CharField(default="USD", max_length=3, validators=[clients.models.fields.currency_code]),
        ),
        migrations.AlterField(
            model_name="toolcost",
            name="currency",
            field=models.CharField(max_length=3, validators=[clients.models.fields.currency_code]),
        ),
        migrations.AlterField(
            model_name="vendor",
            name="currency",
            field=models.CharField(max_length=3, validators=[clients.models.fields.currency_code]),
        ),
    ]
