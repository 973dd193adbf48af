"""What was changed, by whom: the audit trail's rows."""

from typing import ClassVar

from django.db import models


class Change(models.Model):
    """One row added, changed or removed, as the database noted it. Of a change, only the columns that differ.

    It refers to nothing by foreign key: it stays when what it tells of is gone. A row of the practice itself has no client.
    """

    tenancy = "client"

    class Action(models.TextChoices):
        INSERT = "insert", "added"
        UPDATE = "update", "changed"
        DELETE = "delete", "removed"

    client_id = models.BigIntegerField(null=True)
    practice_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    """The person's; none where FracOps itself or the shell did it."""
    actor = models.TextField()
    origin = models.TextField()
    subject = models.TextField()
    """The table."""
    row_id = models.BigIntegerField()
    action = models.TextField(choices=Action)
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=["client_id", "-id"], name="change_of_client"),
            models.Index(fields=["practice_id", "-id"], name="change_of_practice"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.subject} {self.row_id}"
