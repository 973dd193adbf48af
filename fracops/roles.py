"""The database's four roles, made once by a superuser: an owner of tables, the runtime, its scheduler, and a reader for dumps.

The names are fixed because row-level security policies speak of them.
"""

import psycopg
from psycopg import sql

OWNER = "fracops_owner"
APP = "fracops_app"
SCHEDULER = "fracops_scheduler"
BACKUP = "fracops_backup"


def create_roles(admin_url: str, database: str, passwords: dict[str, str]) -> None:
    """Make the roles and the database where they are missing, and set the passwords given; running it again is harmless.

    `admin_url` is a superuser's address. `passwords` has one for each of OWNER, APP and BACKUP.
    """
    with psycopg.connect(admin_url, autocommit=True) as connection:
        for role, attributes in (
            # CREATEDB lets the test runner make its databases; nothing here is a superuser or bypasses policies but the dump reader.
            (OWNER, "LOGIN CREATEDB"),
            (APP, "LOGIN"),
            (SCHEDULER, "NOLOGIN"),
            (BACKUP, "LOGIN BYPASSRLS"),
        ):
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} " + attributes).format(sql.Identifier(role)))
            if role in passwords:
                connection.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(passwords[role]))
                )
        # Plain membership would switch the scheduler's policies on for every statement of the runtime.
        connection.execute(
            sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE").format(
                sql.Identifier(SCHEDULER), sql.Identifier(APP)
            )
        )
        connection.execute(sql.SQL("GRANT pg_read_all_data TO {}").format(sql.Identifier(BACKUP)))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(OWNER))
            )
