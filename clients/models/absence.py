"""When those who work for a practice are away."""

from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.db import models

from clients.editing import Edited

from .fields import PublicIdField
from .practice import Practice
from .users import User


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def touching(self, first: date, last: date) -> "AbsenceQuerySet":
        """Those with a day among these, both included."""
        return self.filter(first__lte=last, last__gte=first)

    def near(self, moment: datetime) -> "AbsenceQuerySet":
        """Those that are under way, begin tomorrow or ended yesterday, wherever on earth the person is."""
        day = moment.astimezone(UTC).date()
        return self.touching(day - timedelta(days=2), day + timedelta(days=2))


class Absence(Edited):
    """A person's leave, from its first day through its last, as days are in that person's own time zone."""

    tenancy = "practice"

    public_id = PublicIdField()
    practice = models.ForeignKey(Practice, models.CASCADE, db_index=False, related_name="+")
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    first = models.DateField("first day")
    last = models.DateField("last day")

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = "leave"
        ordering = ("first", "id")
        indexes: ClassVar = [models.Index(fields=["practice", "last"], name="absence_of_practice")]
        constraints = (
            models.UniqueConstraint(fields=["practice", "person", "first"], name="absence_once"),
            models.CheckConstraint(condition=models.Q(last__gte=models.F("first")), name="absence_ends_after"),
        )

    def __str__(self) -> str:
        return f"{self.person} from {self.first} to {self.last}"

    def covers(self, day: date) -> bool:
        """Whether it is a day of the leave."""
        return self.first <= day <= self.last

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """From the first day's midnight to the one after the last, where the person is."""
        zone = ZoneInfo(self.person.zone)
        return (
            datetime.combine(self.first, time(), zone),
            datetime.combine(self.last + timedelta(days=1), time(), zone),
        )
