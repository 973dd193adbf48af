"""The ground floor's nouns: practices, people, clients, their systems, and the quarter's charter."""

import secrets
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower


def public_id() -> str:
    """A random id for the outside world; row numbers are never shown. It begins with no dash, which a shell would take for an option."""
    while (made := secrets.token_urlsafe(9)).startswith("-"):
        pass
    return made


def known_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(f"“{value}” is no time zone. Use a name like Europe/Berlin or America/Chicago.")


hex_colour = RegexValidator(r"^#[0-9A-Fa-f]{6}\Z", "Write a colour as # and six hex digits, like #6E3FA8.")


class PublicIdField(models.CharField[str, str]):
    """The random id by which the outside world names a row."""

    def __init__(self, **options: Any) -> None:
        usual: dict[str, Any] = {"max_length": 16, "default": public_id, "unique": True, "editable": False}
        super().__init__(**usual | options)


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

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
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


def monogram(name: str) -> str:
    """Two letters that stand for a name: initials, or the first two letters of a single word."""
    words = [w for w in name.replace("@", " ").split() if w[0].isalnum()]
    return ("".join(w[0] for w in words[:2]) if len(words) > 1 else name[:2]).upper()


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


class ClientQuerySet(models.QuerySet["Client"]):
    def listed(self) -> "ClientQuerySet":
        """With what a list shows, in the order a person looks for them."""
        return self.select_related("lead").order_by("name")


class Client(models.Model):
    """A company looked after: the tenant."""

    tenancy = "client"

    public_id = PublicIdField()
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="clients")
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    sector = models.CharField(max_length=80, blank=True)
    zone = models.CharField("time zone", max_length=64, default="UTC", validators=[known_zone])
    currency = models.CharField(
        max_length=3, default="USD", validators=[RegexValidator(r"^[A-Z]{3}\Z", "Three capital letters, like USD.")]
    )
    colour = models.CharField(max_length=7, default="#14191A", validators=[hex_colour])
    lead = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    pulse_hour = models.PositiveSmallIntegerField(default=15, validators=[MaxValueValidator(23)])
    monthly_fee = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ClientQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def monogram(self) -> str:
        return monogram(self.name)


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    PROGRAM_MANAGER = "program_manager", "Program manager"
    EXECUTIVE = "executive", "Executive"
    CONTRIBUTOR = "contributor", "Contributor"


class Membership(models.Model):
    """What a person is to a practice (no client) or to one client. A manager has a row for each client assigned to them."""

    tenancy = "practice"

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="memberships")
    client = models.ForeignKey(Client, models.CASCADE, null=True, blank=True, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["practice", "client", "user"], nulls_distinct=False, name="membership_once"
            ),
            models.CheckConstraint(
                condition=models.Q(client__isnull=True, role__in=["owner", "program_manager"])
                | models.Q(client__isnull=False, role__in=["program_manager", "executive", "contributor"]),
                name="membership_role_fits",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} as {self.get_role_display()}"


class System(models.Model):
    """One live AI system of a client."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="systems")
    name = models.CharField(max_length=120)
    environment = models.CharField(max_length=40, default="production")

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["client", "name"], name="system_once"),)

    def __str__(self) -> str:
        return self.name


def quarter_start(day: date) -> date:
    """The first day of the calendar quarter that `day` is in."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


class CharterManager(models.Manager["Charter"]):
    def current(self, client: Client, today: date) -> "Charter | None":
        """The charter of the quarter `today` is in, with its targets at hand."""
        of_quarter = self.filter(client=client, quarter_start=quarter_start(today))
        return of_quarter.prefetch_related(models.Prefetch("targets", Target.objects.select_related("system"))).first()


class Charter(models.Model):
    """The quarter's one page: its scope and its targets."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="charters")
    quarter_start = models.DateField()
    scope = models.TextField(blank=True)
    edition = models.PositiveIntegerField(default=0)
    """How often it was saved: of two people who write at once, the second learns of the first."""

    objects = CharterManager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["client", "quarter_start"], name="charter_once"),)

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return f"Q{(self.quarter_start.month + 2) // 3} {self.quarter_start.year}"

    @property
    def quarter_end(self) -> date:
        """The last day of the quarter."""
        return quarter_start(self.quarter_start + timedelta(days=93)) - timedelta(days=1)


class Target(models.Model):
    """One numeric promise of a charter: a metric that shall go from its baseline to a goal by a day.

    `metric` is a key of the catalogue one floor up; numbers are in that metric's unit (a rate of 62% is 0.62).
    """

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    charter = models.ForeignKey(Charter, models.CASCADE, related_name="targets")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=120)
    metric = models.CharField(max_length=120)
    system = models.ForeignKey(System, models.SET_NULL, null=True, blank=True, related_name="+")
    model = models.CharField(max_length=120, blank=True)
    baseline = models.DecimalField(max_digits=20, decimal_places=8, null=True, blank=True)
    baseline_n = models.PositiveIntegerField(null=True, blank=True)
    baseline_source = models.CharField(max_length=200, blank=True)
    goal = models.DecimalField(max_digits=20, decimal_places=8)
    due = models.DateField()
    owner = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.name
