"""Addresses of evidence pages: every number on a page leads to the one that says where it comes from."""

from urllib.parse import urlencode

from django.urls import reverse

from clients.models import Client
from monitoring.catalogue import Metric


def evidence_url(client: Client, metric: Metric, period: str, *, model: str = "", system: str = "") -> str:
    """The evidence page of a metric over a period, of all calls or of one model's or system's."""
    narrowed = {"period": period, "model": model, "system": system}
    query = urlencode({name: value for name, value in narrowed.items() if value})
    return f"{reverse('says-who', args=[client.slug, metric.key])}?{query}"
