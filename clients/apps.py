"""The clients app: what was promised, and the plumbing all floors share."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class ClientsConfig(AppConfig):
    name = "clients"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from .rls import grant_global_tables
        from .tenancy import guard

        connection_created.connect(guard, dispatch_uid="fracops.guard")
        post_migrate.connect(grant_global_tables, sender=self, dispatch_uid="fracops.grants")
