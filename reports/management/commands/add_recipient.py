"""Puts somebody on a client's list for reports, also somebody who once unsubscribed and asks to be back."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from clients.models import Client
from clients.tenancy import scope
from reports.models import Recipient


class Command(BaseCommand):
    help = "Send a client's pulse to an address from its next Friday on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--client", required=True, metavar="SLUG")
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            validate_email(options["email"])
        except ValidationError as fault:
            raise CommandError(f"“{options['email']}” is no email address.") from fault
        client = Client.objects.using("owner").filter(slug=options["client"]).first()
        if client is None:
            raise CommandError(f"--client: there is no client called {options['client']}.")
        with scope(client.pk):
            recipient, _ = Recipient.objects.get_or_create(
                client=client, email=options["email"].strip().lower(), defaults={"name": options["name"]}
            )
            recipient.unsubscribed_at = recipient.removed_at = None
            recipient.save(update_fields=["unsubscribed_at", "removed_at"])
        self.stdout.write(f"{recipient.email} gets the pulse of {client.name} from the next Friday on.")
