"""Addresses of evidence pages: every number on a page leads to the one that says where it comes from."""

from functools import lru_cache
from urllib.parse import urlencode

from django.urls import reverse

from clients.models import Client
from monitoring.catalogue import Metric


def evidence_url(client: Client, metric: Metric, period: str, *, model: str = "", system: str = "") -> str:
    """The evidence page of a metric over a period, of all calls or of one model's or system's."""
    narrowed = {"period": period, "model": model, "system": system}
    query = urlencode({name: value for name, value in narrowed.items() if value})
    return f"{_page(client.slug, metric.key)}?{query}"


@lru_cache(maxsize=4096)
def _page(slug: str, key: str) -> str:
    """The address without its question: a page has a hundred numbers, and Django takes its time to spell each one's."""
    return reverse("says-who", args=[slug, key])
