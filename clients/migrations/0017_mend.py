"""From which month on an hour of somebody's costs what: past margins keep the rate that held then."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from clients.rls import Isolate
from clients.trail import Trail

WHOLE = "practice_id = (select fracops_setting('fracops.whole_practice_id'))::bigint"


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0016_writing"),
    ]

    operations = [
        migrations.CreateModel(
            name="HourRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(null=True)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=10, null=True)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.practice"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "cost of an hour",
                "ordering": ("id",),
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("month__day", 1)), name="hour_rate_from_a_month")
                ],
            },
        ),
        Isolate("clients_hourrate", by="practice_id", practice=True, reading=WHOLE, privileges="SELECT, INSERT"),
        Trail("clients_hourrate", client="", practice="practice_id"),
    ]
