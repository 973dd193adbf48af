"""A client's colour as a stylesheet of its own, because the content security policy allows no style attributes."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from clients.permissions import client_or_404


@require_GET
@cache_control(private=True, max_age=300)
def colour(request: HttpRequest, slug: str) -> HttpResponse:
    """CSS that gives the shell this client's colour."""
    client = client_or_404(request, slug)
    return HttpResponse(f".app {{ --client: {client.colour}; }}\n", content_type="text/css")
