"""The weekly grid: all the person's clients by day, changed in place; and where the person's days begin and end."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import available_timezones

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clients.local import today_at
from clients.models import Area, Practice
from clients.permissions import allowed
from clients.quickadd import words_of
from clients.week import Week, save, week_of
from clients.writing import day_text, example

from .quick import clients_to_log, worker_or_404

MOST_ASKED = 20
"""Rows that an address can ask for."""


@require_http_methods(["GET", "HEAD", "POST"])
def hours(request: HttpRequest) -> HttpResponse:
    """The week of ``?week=`` (any day of it), this one unless told; ``?row=`` adds a client and area. A POST saves the cells."""
    person = worker_or_404(request)
    today = today_at(person)
    asked = request.POST if request.method == "POST" else request.GET
    monday, wrong = _monday(asked.get("week", ""), today)
    clients = clients_to_log(request)
    practices = {client.practice_id: client.practice for client in clients}
    areas = [area for firm in practices.values() for area in Area.objects.of(firm)]
    extra = asked.getlist("row")[:MOST_ASKED]
    if (slug := asked.get("client")) and (area_id := asked.get("area")):
        extra.append(f"{slug}.{area_id}")
    week = week_of(person, monday, today, clients, areas, extra)
    status = 200
    if request.method == "POST":
        week, changed = save(person, week, request.POST.dict(), today)
        if not week.errors:
            messages.success(request, _saved(changed))
            return redirect(f"{reverse('hours')}?{urlencode({'week': monday.isoformat(), 'row': extra}, doseq=True)}")
        status = 422
    return render(
        request, "clients/week.html", _context(request, week, today, areas, extra, clients, wrong), status=status
    )


def _context(
    request: HttpRequest, week: Week, today: date, areas: list[Area], extra: list[str], clients: Any, wrong: str
) -> dict[str, Any]:
    practices: dict[int, Practice] = {client.practice_id: client.practice for client in clients}
    return {
        "week": week,
        "wrong": wrong,
        "said": sentence(week, today),
        "today": today,
        "last": week.monday + timedelta(days=6),
        "before": (week.monday - timedelta(days=7)).isoformat(),
        "after": (week.monday + timedelta(days=7)).isoformat() if week.monday + timedelta(days=7) <= today else "",
        "rows_asked": extra,
        "clients": clients,
        "areas": [area for area in areas if not area.retired],
        "zones": sorted(available_timezones()),
        "written_now": example(),
        "settles_areas": [firm for firm in practices.values() if allowed(request, firm, "edit_areas")],
    }


def sentence(week: Week, today: date) -> str:
    """What the week holds."""
    this = week.monday <= today < week.monday + timedelta(days=7)
    when = "this week" if this else f"in the week of {day_text(week.monday, year=True)}"
    if not week.entries:
        return f"Nothing is logged {when} yet." if this else f"Nothing is logged {when}."
    clients = len({entry.client_id for entry in week.entries})
    return f"{words_of(week.minutes)} logged {when}, for {clients} client{'' if clients == 1 else 's'}."


def _saved(changed: int) -> str:
    return "Nothing was changed." if not changed else f"Saved: {changed} cell{'' if changed == 1 else 's'} changed."


def _monday(text: str, today: date) -> tuple[date, str]:
    """The Monday of the week that a day lies in, and a sentence where the address was not followed."""
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError:
        return today - timedelta(
            days=today.weekday()
        ), f"“{text[:20]}” is no day: write it like {today:%Y-%m-%d}. Shown is this week."
    if not date(2000, 1, 3) <= day <= today + timedelta(days=366):
        return today - timedelta(days=today.weekday()), f"{text[:20]} is too far away. Shown is this week."
    return day - timedelta(days=day.weekday()), ""


@require_POST
def zone(request: HttpRequest) -> HttpResponse:
    """Settle where the person's days begin and end."""
    person = worker_or_404(request)
    name = request.POST.get("zone", "")
    if name not in available_timezones():
        messages.error(request, f"“{name[:40]}” is no time zone: choose one of the list, like Europe/Berlin.")
    else:
        person.zone = name
        person.save(update_fields=["zone"])
        messages.success(request, f"Your days are those of {name} now. Entries stay on the days they were logged for.")
    return redirect("hours")
