"""FracOps without a demo, on this machine: for trying it out from the first practice on."""

from django.conf import settings

from clients.models import Practice
from fracops.standalone import Standalone

FIRST = (
    "",
    "Make the first practice, with yourself as its owner, in a second terminal; sign in with the password that it prints:",
    "",
    '  .venv/bin/python manage.py add_practice northlight --name "Northlight AI" --sender-email pulse@northlight.example \\',
    "      --owner you@northlight.example",
)


class Command(Standalone):
    name = "start"
    help = "Start FracOps without a demo, on this machine, with servers of its own."

    def when_up(self) -> None:
        """Say what comes first where there is nothing yet, and where mail is."""
        empty = not Practice.objects.using("owner").exists()
        self.tell(
            *(FIRST if empty else ()), "", f"Mail is written to files in {settings.HOME}/mail. Ctrl-C stops everything."
        )
