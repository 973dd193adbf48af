"""The roof: settings, addresses, processes, the demo, and the pages that show several floors at once."""

from .celery import app as celery_app

__all__ = ["celery_app"]
