"""Seals every source's credentials anew under the first of CREDENTIAL_KEYS, after which the older ones can be taken off the list."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clients.secrets import SealError, sealed_anew
from monitoring.models import Source


class Command(BaseCommand):
    help = "Seal every source's credentials under the first of CREDENTIAL_KEYS. Can be run at any time, and again."

    def handle(self, *args: Any, **options: Any) -> None:
        done, lost = 0, []
        for source in Source.objects.using("owner").exclude(credentials="").select_related("client").iterator():
            try:
                anew = sealed_anew(source.credentials)
            except SealError:
                lost.append(f"{source.name} of {source.client.name}")
                continue
            # Somebody may be entering new ones just now: theirs stay.
            same = Source.objects.using("owner").filter(pk=source.pk, credentials=source.credentials)
            done += same.update(credentials=anew)
        self.stdout.write(f"{done} source{'s' * (done != 1)} sealed under the first key.")
        if lost:
            raise CommandError(
                f"No key in CREDENTIAL_KEYS opens the credentials of: {'; '.join(lost)}. Put the old key back, or enter them again."
            )
