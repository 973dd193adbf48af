"""The firm."""

from django.db import models

from .fields import PublicIdField


class Practice(models.Model):
    """The firm: owns the brand, its people and its clients."""

    tenancy = "practice"

    public_id = PublicIdField()
    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True)
    sender_name = models.CharField(max_length=120)
    sender_email = models.EmailField()

    def __str__(self) -> str:
        return self.name
