"""Each person's choice of the country whose way dates and numbers are written for them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0015_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="writes_like",
            field=models.CharField(blank=True, max_length=2, verbose_name="writes dates and numbers as in"),
        ),
    ]
