"""Lets a person in: makes their login if it is new, and gives them a role at a client or in a practice."""

import secrets
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import IntegrityError

from clients.models import Client, Membership, Practice, Role, User
from clients.tenancy import practice as whole_practice

OF_A_PRACTICE = {Role.OWNER, Role.PROGRAM_MANAGER}
OF_A_CLIENT = {Role.PROGRAM_MANAGER, Role.EXECUTIVE, Role.CONTRIBUTOR}


class Command(BaseCommand):
    help = (
        "Give a person a role; a new one gets a password, made here or read from standard input with --password-stdin."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--role", required=True, choices=[role.value for role in Role])
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--practice", metavar="SLUG", help="for an owner, or a manager without a client yet")
        where.add_argument("--client", metavar="SLUG", help="for a manager of this client, or its own people")
        parser.add_argument("--lead", action="store_true", help="make them the client's lead, whom replies reach")
        parser.add_argument(
            "--existing", action="store_true", help="the address is a login already, and is that person's"
        )
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        client, practice_id = self.place(options)
        role = Role(options["role"])
        if role not in (OF_A_CLIENT if client else OF_A_PRACTICE):
            where = "--practice" if role is Role.OWNER else "--client"
            raise CommandError(f"--role: a person is {role.label.lower()} of a {where[2:]}; name it with {where}.")
        try:
            validate_email(options["email"])
        except ValidationError as fault:
            raise CommandError(f"“{options['email']}” is no email address.") from fault
        person = User.objects.filter(email__iexact=options["email"]).first()
        if person and not options["existing"] and not self.is_there(person, practice_id, client):
            raise CommandError(
                f"{person.email} is a login already, of {person.label}. If this is the same person, add --existing."
            )
        password = "" if person else self.password(options)
        if person is None:
            person = User.objects.create_user(options["email"], password, name=options["name"])
        with whole_practice(practice_id):
            try:
                Membership.objects.update_or_create(
                    practice_id=practice_id, client=client, user=person, defaults={"role": role}
                )
            except IntegrityError as fault:
                raise CommandError(f"{person.email} cannot be {role.label.lower()} there.") from fault
            if client and options["lead"]:
                Client.objects.filter(pk=client.pk).update(lead=person)
        self.stdout.write(f"{person.email} is {role.label.lower()} of {client or options['practice']}.")
        if password and not options["password_stdin"]:
            self.stdout.write(f"Password, shown this once: {password}")

    def is_there(self, person: User, practice_id: int, client: Client | None) -> bool:
        """Whether the person has a role at that very place, so that the command only changes it."""
        with whole_practice(practice_id):
            return Membership.objects.filter(user=person, practice_id=practice_id, client=client).exists()

    def place(self, options: dict[str, Any]) -> tuple[Client | None, int]:
        """The client, if one was named, and the practice."""
        if options["client"]:
            client = Client.objects.using("owner").filter(slug=options["client"]).first()
            if client is None:
                raise CommandError(f"--client: there is no client called {options['client']}.")
            return client, client.practice_id
        practice = Practice.objects.using("owner").filter(slug=options["practice"]).first()
        if practice is None:
            raise CommandError(f"--practice: there is no practice called {options['practice']}.")
        return None, practice.pk

    def password(self, options: dict[str, Any]) -> str:
        """The one given, checked as a sign-up would, or a new random one."""
        if not options["password_stdin"]:
            return secrets.token_urlsafe(12)
        given = sys.stdin.readline().rstrip("\n")
        try:
            validate_password(given)
        except ValidationError as fault:
            raise CommandError(" ".join(fault.messages)) from fault
        return given
