"""Recipients can be taken off the list, and a report that is not sent for a reason says so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0002_isolation"),
    ]

    operations = [
        migrations.AddField(
            model_name="recipient",
            name="removed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="report",
            name="state",
            field=models.CharField(
                choices=[
                    ("planned", "Planned"),
                    ("composed", "Composed"),
                    ("missed", "Missed its day"),
                    ("skipped", "Not sent"),
                    ("failed", "Could not be composed"),
                ],
                default="planned",
                max_length=10,
            ),
        ),
    ]
