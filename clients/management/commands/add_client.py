"""Makes a client of a practice, unless it collides with another one."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clients.conflicts import Conflict, conflicts, profile_of, record
from clients.models import Client, Engagement, Practice, Terms
from clients.tenancy import practice as whole_practice
from clients.tenancy import scope

from .add_practice import said

FIELDS = ("name", "zone", "sector", "currency", "colour", "pulse_hour")
PLAN = re.compile(r"(\d+(?:\.\d+)?) (hours|days) a (week|month)")


class Command(BaseCommand):
    help = "Make a client, a company that a practice looks after."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="its short name in addresses, like acme")
        parser.add_argument("--practice", required=True, metavar="SLUG")
        parser.add_argument("--name", required=True)
        parser.add_argument("--zone", required=True, help="its time zone, like Europe/Berlin")
        parser.add_argument("--sector", help="what it does, in a word or two")
        parser.add_argument("--currency", help="three letters; USD unless told")
        parser.add_argument("--colour", help="like #6E3FA8")
        parser.add_argument("--pulse-hour", help="the local hour of Friday at which its pulse goes out; 15 unless told")
        parser.add_argument("--plan", help="begins its engagement, like “8 hours a week” or “2 days a month”")
        parser.add_argument("--monthly-fee", help="of that engagement, in its currency")
        parser.add_argument("--started-on", help="its first day, like 2026-11-01; today unless told")
        parser.add_argument("--niche", action="append", default=[], help="what it lives from; can be given again")
        parser.add_argument(
            "--competitor", action="append", default=[], help="a company it competes with; can be given again"
        )
        parser.add_argument(
            "--exception", default="", metavar="WHY", help="add it although it collides with another client, and why"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        practice = Practice.objects.using("owner").filter(slug=options["practice"]).first()
        if practice is None:
            raise CommandError(f"--practice: there is no practice called {options['practice']}.")
        if Client.objects.using("owner").filter(slug=options["slug"]).exists():
            raise CommandError(f"There is a client called {options['slug']} already: choose another short name.")
        given = {field: options[field] for field in FIELDS if options[field] is not None}
        client = Client(
            practice_id=practice.pk,
            slug=options["slug"],
            niche=options["niche"],
            competitors=options["competitor"],
            **given,
        )
        try:
            client.clean_fields(exclude=["practice"])
        except ValidationError as fault:
            raise CommandError(said(fault)) from fault
        began = self._begun(client, options)
        found = conflicts(practice.pk, profile_of(client))
        reason = options["exception"].strip()
        if found and not reason:
            raise CommandError(refusal(found))
        with whole_practice(practice.pk):
            client.save()
        record(client, found, reason, "manage.py add_client")
        if began:
            engagement, terms = began
            with scope(client):
                engagement.save()
                terms.engagement = engagement
                terms.save()
        self.stdout.write(
            f"{client.name} is there. Next: manage.py add_person EMAIL --client {client.slug} --role program_manager"
        )

    def _begun(self, client: Client, options: dict[str, Any]) -> tuple[Engagement, Terms] | None:
        """The engagement that ``--plan`` begins, not saved yet; None without one."""
        if options["plan"] is None:
            if options["monthly_fee"] or options["started_on"]:
                raise CommandError("--plan: say what the fee is for, like --plan “8 hours a week”.")
            return None
        if not (plan := PLAN.fullmatch(options["plan"].strip())):
            raise CommandError("--plan: write it like “8 hours a week”, “30 hours a month” or “2 days a month”.")
        engagement = Engagement(client=client, started_on=options["started_on"] or timezone.now().date())
        terms = Terms(
            client=client, amount=plan[1], unit=f"{plan[2]}_{plan[3]}", monthly_fee=options["monthly_fee"] or None
        )
        try:
            engagement.clean_fields(exclude=["client"])
            terms.month = engagement.started_on.replace(day=1)
            terms.clean_fields(exclude=["client", "engagement"])
        except ValidationError as fault:
            raise CommandError(said(fault).replace("--amount", "--plan")) from fault
        return engagement, terms


def refusal(found: list[Conflict]) -> str:
    """What collides, a sentence a line, and what to do."""
    words = [collision.words for conflict in found for collision in conflict.collisions]
    return "\n".join([*words, 'Nothing was added. --exception "why" adds it all the same, and keeps the reason.'])
