"""Whether a practice put its first steps away."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0012_handover"),
    ]

    operations = [
        migrations.AddField(
            model_name="practice",
            name="first_steps_hidden",
            field=models.BooleanField(default=False, editable=False),
        ),
    ]
