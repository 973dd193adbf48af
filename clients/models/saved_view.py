"""A person's own named filters of the portfolio."""

from django.db import models

from .fields import PublicIdField
from .practice import Practice
from .users import User


class SavedView(models.Model):
    """What somebody asked of the portfolio, under a name of theirs."""

    tenancy = "practice"

    public_id = PublicIdField()
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="+")
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=400, blank=True)
    """As it stands in the address after the question mark."""

    class Meta:
        ordering = ("name", "id")
        constraints = (models.UniqueConstraint(fields=["practice", "person", "name"], name="saved_view_once"),)

    def __str__(self) -> str:
        return self.name
