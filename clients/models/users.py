"""People who log in."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from .fields import PublicIdField, known_zone, monogram


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person who logs in by email. What they may see is in their memberships, never here."""

    public_id = PublicIdField()
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    zone = models.CharField("time zone", max_length=64, default="UTC", validators=[known_zone])
    """Where the person's own days begin and end: those of the hours they log."""
    writes_like = models.CharField("writes dates and numbers as in", max_length=2, blank=True)
    """The country, in two capitals, whose way of writing the person reads; "" is what their browser asks for."""
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = (models.UniqueConstraint(Lower("email"), name="user_email_once"),)

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name, or the address of someone who gave none."""
        return self.name or self.email

    @property
    def monogram(self) -> str:
        return monogram(self.label)
