"""Where the link in a charter's mail leads: the text, and one button to agree to it, without a login."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clients import charters
from clients.acting import Actor, acting
from clients.charters import Answer, digest, find, is_open
from clients.models import Charter, CharterLink, with_targets
from clients.tenancy import scope
from clients.views.doorstep import address_of, too_often
from monitoring.charter_words import charter_words

UNKNOWN = "This link is not known. A newer one may have been sent, or it was cut off in the mail: copy it whole."


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def charter_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show the charter, and agree to it. A GET changes nothing, because mail scanners follow links."""
    if answer := too_often(request, "charter"):
        return answer
    found = find(token)
    if found is None:
        raise Http404(UNKNOWN)
    # The trail names the address, never the token in the path.
    origin = f"{request.method} /agree/ from {address_of(request)}"
    with scope(found.client_id):
        link = CharterLink.objects.select_related("client__practice", "sent_by").get(pk=found.link_id)
    with acting(Actor(None, f"{link.name}, {link.email}", origin)), scope(found.client_id):
        return _page(request, link, token)


def _page(request: HttpRequest, link: CharterLink, token: str) -> HttpResponse:
    now = timezone.now()
    charter = Charter.objects.get(pk=link.charter_id)
    charter.client = link.client
    with_targets([charter])
    text = charter.agreed_text or charter_words(link.client, charter).text
    context: dict[str, Any] = {
        "link": link,
        "charter": charter,
        "client": link.client,
        "firm": link.client.practice,
        "text": text if link.expires_at and now < link.expires_at else "",
        "hash": digest(text),
    }
    if link.used_at:
        return render(request, "pages/charter_link_over.html", context | {"stands": "used"})
    superseded = Charter.objects.filter(
        client_id=link.client_id, quarter_start=charter.quarter_start, version__gt=charter.version
    ).exists()
    if not is_open(link, now) or charter.agreed_at or superseded:
        stands = "withdrawn" if link.withdrawn_at or superseded else "agreed" if charter.agreed_at else "expired"
        return render(request, "pages/charter_link_over.html", context | {"stands": stands}, status=410)
    if request.method == "POST":
        answer = charters.agree_by_link(link, charter, text, request.POST.get("hash", ""), now)
        if answer is Answer.CHANGED:
            return render(request, "pages/charter_link.html", context | {"changed": True}, status=409)
        # Whatever it came to, the page says now how things stand.
        return redirect("charter-link", token)
    return render(request, "pages/charter_link.html", context)
