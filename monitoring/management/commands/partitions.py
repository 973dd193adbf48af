"""Makes the coming months' span tables and drops the expired ones; run it monthly, as the owner."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections
from django.utils import timezone

from monitoring import partitions


class Command(BaseCommand):
    help = f"Make the next {partitions.AHEAD_MONTHS} months' span tables and drop those older than {partitions.KEPT_MONTHS} months."

    def handle(self, *args: Any, **options: Any) -> None:
        owner, today = connections["owner"], timezone.now().date()
        made = partitions.create(owner, today)
        dropped = partitions.drop_expired(owner, today)
        self.stdout.write(f"Span tables: {len(made)} made, {len(dropped)} dropped.")
