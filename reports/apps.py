"""The reports app: what is said."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from clients.people import access_ended

        from .lists import take_off

        access_ended.connect(take_off, dispatch_uid="reports.lists")
