"""Writing down what happened to a client's AI: an event, its end, and what reviews found. The timeline itself is one floor up."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clients.event_forms import EventForm, ReviewForm
from clients.local import today_at
from clients.models import Client, Event, EventType, System, SystemReview
from clients.permissions import acting_person, allowed, client_or_404


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Write an event down. What a client's own people write is shown to them."""
    client = client_or_404(request, slug, "log_events")
    staff = allowed(request, client, "edit_events")
    blank = Event(client=client, author=acting_person(request), visible=not staff)
    if request.GET.get("type") in EventType.values:
        blank.type = request.GET["type"]
    return _written(request, client, blank, staff=staff)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Mend an event, or take it away: managers any, contributors what they wrote themselves."""
    client = client_or_404(request, slug, "log_events")
    event = _found(request, client, public_id)
    if request.method == "POST" and request.POST.get("do") == "remove":
        event.delete()
        messages.success(request, f"“{event.title}” is off the timeline.")
        return redirect("events", slug)
    return _written(request, client, event, staff=allowed(request, client, "edit_events"))


@require_POST
def end(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Say that an incident is over now. One that is over stays as it is."""
    client = client_or_404(request, slug, "log_events")
    event = _found(request, client, public_id)
    now = timezone.now()
    over = Event.objects.filter(pk=event.pk, type=EventType.INCIDENT, ended_at=None, began_at__lt=now)
    if over.update(ended_at=now, edition=event.edition + 1):
        messages.success(request, f"“{event.title}” is over. Mend the moment if it ended earlier.")
    return redirect("events", slug)


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Say what was found in a system that a change of the business touched."""
    client = client_or_404(request, slug, "edit_events")
    row = get_object_or_404(SystemReview.objects.select_related("system", "event"), client=client, public_id=public_id)
    today = today_at(client)
    data = request.POST if request.method == "POST" else None
    form = ReviewForm(today, data, instance=row)
    if data is not None and form.is_valid() and form.store():
        messages.success(request, f"Kept what was found in {row.system.name}." if row.done_on else "Saved.")
        return redirect("events", slug)
    context = {"client": client, "review": row, "form": form}
    return render(request, "clients/event_review.html", context, status=422 if form.errors else 200)


def _written(request: HttpRequest, client: Client, event: Event, *, staff: bool) -> HttpResponse:
    """The form of an event, on the client's clock: shown, or stored."""
    now = timezone.now()
    title = event.title
    data = request.POST if request.method == "POST" else None
    with timezone.override(client.zone):
        proposed = {} if event.pk else {"began_at": now.replace(second=0, microsecond=0)}
        systems = System.objects.filter(client=client)
        form = EventForm(systems, now, data, instance=event, staff=staff, initial=proposed)
        if data is not None and form.is_valid() and form.store():
            messages.success(request, f"“{form.instance.title}” is on the timeline.")
            return redirect("events", client.slug)
        context = {"client": client, "form": form, "event": event if event.pk else None, "title": title}
        return render(request, "clients/event.html", context, status=422 if form.errors else 200)


def _found(request: HttpRequest, client: Client, public_id: str) -> Event:
    """An event that the person may mend. One that they are not shown is not there for them."""
    event = get_object_or_404(Event.objects.select_related("author"), client=client, public_id=public_id)
    if not allowed(request, client, "edit_events"):
        if not event.visible:
            raise Http404
        if event.author_id != request.user.pk:
            raise PermissionDenied("Events are mended by whoever wrote them down, or by those who look after you.")
    return event
