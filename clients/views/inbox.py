"""A person's inbox: what they were told, newest first, unread until they open it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clients.models import Notification
from clients.paging import MOST_PAGES, stretch, turns
from clients.permissions import acting_person

A_PAGE = 50


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The list, fifty a page; ``?unread`` leaves out what was read."""
    person, unread = acting_person(request), "unread" in request.GET
    asked = request.GET.get("page", "")
    page = min(max(int(asked), 1), MOST_PAGES) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    rows = Notification.objects.of(person).select_related("client")
    shown = list((rows.filter(read_at=None) if unread else rows)[stretch(page, A_PAGE)])
    context = {
        "rows": shown[:A_PAGE],
        "unread": unread,
        "waiting": rows.filter(read_at=None).count(),
        "zone": person.zone,
        **turns(shown, page, A_PAGE, {"unread": "1"} if unread else {}),
    }
    return render(request, "clients/inbox.html", context)


@require_POST
def follow(request: HttpRequest, public_id: str) -> HttpResponse:
    """Go to where it happened, which reads it."""
    row = get_object_or_404(
        Notification.objects.of(acting_person(request)).select_related("client"), public_id=public_id
    )
    if row.read_at is None:
        Notification.objects.filter(pk=row.pk).update(read_at=timezone.now())
    return redirect(reverse(row.page, args=[row.client.slug, *row.arguments]))


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark everything as read."""
    Notification.objects.of(acting_person(request)).filter(read_at=None).update(read_at=timezone.now())
    return redirect("inbox")
