"""Makes the roles and the database on a server of your own; embedded servers get theirs by themselves."""

from typing import Any
from urllib.parse import unquote, urlsplit

import environ
import psycopg
from django.core.management.base import BaseCommand, CommandError

from fracops.roles import APP, BACKUP, OWNER, create_roles

ADDRESSES = {OWNER: "DATABASE_OWNER_URL", APP: "DATABASE_URL", BACKUP: "DATABASE_BACKUP_URL"}


class Command(BaseCommand):
    help = (
        "Make FracOps' roles and database with DATABASE_ADMIN_URL, a superuser's address that nothing else ever needs."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        env = environ.Env()
        addresses = {role: env.str(variable, "") for role, variable in ADDRESSES.items()}
        admin = env.str("DATABASE_ADMIN_URL", "")
        missing = [
            v
            for v, given in ((*((ADDRESSES[r], a) for r, a in addresses.items()), ("DATABASE_ADMIN_URL", admin)))
            if not given
        ]
        if missing:
            raise CommandError(f"Set {', '.join(missing)} first; docs/operations.md says what each is for.")
        parts = {role: urlsplit(address) for role, address in addresses.items()}
        for role, part in parts.items():
            if part.username != role:
                raise CommandError(
                    f"{ADDRESSES[role]} must log in as {role}: the database's policies speak of that name."
                )
        databases = {part.path.lstrip("/") for part in parts.values()}
        if len(databases) != 1:
            raise CommandError(f"The three addresses name different databases: {', '.join(sorted(databases))}.")
        try:
            create_roles(admin, databases.pop(), {role: unquote(part.password or "") for role, part in parts.items()})
        except psycopg.OperationalError as fault:
            raise CommandError("DATABASE_ADMIN_URL does not lead to a running PostgreSQL that lets us in.") from fault
        self.stdout.write("Roles and database are there.")
