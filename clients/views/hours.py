"""A client's hours: the month's burn, the balance, and the entries; for the client's executives what they are shown of it."""

import csv
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from clients.burning import burn_bar, month_burn
from clients.cells import safe_cell
from clients.local import today_at
from clients.models import Area, Client, User, WorkEntry
from clients.paging import stretch, turns
from clients.permissions import acting_person, allowed, client_or_404
from clients.quickadd import words_of
from clients.retainer import Standing, ending_words, standing
from clients.work_forms import EntryForm, FilterForm
from clients.worklog import AlreadyThere, NotLogged, Work, check_full, locked, log
from clients.writing import day_text

A_PAGE = 50
MONTHS = 12
"""Months of the balance that the page lists."""
MOST_ROWS = 50_000
"""Entries in a CSV file."""


@require_safe
def hours(request: HttpRequest, slug: str) -> HttpResponse:
    """The page, fifty entries at a time."""
    client = client_or_404(request, slug, "see_hours")
    staff = allowed(request, client, "log_hours")
    found = standing(client, today_at(client))
    form, entries = _asked(request, client, staff=staff)
    page = form.cleaned_data.get("page") or 1
    rows = list(entries[stretch(page, A_PAGE)])
    kept = form.asked()
    corrects = allowed(request, client, "correct_hours")
    burn = month_burn(found) if found else None
    context = {
        "client": client,
        "standing": found,
        "staff": staff,
        "said": sentence(client, found),
        "ending": ending_words(found.engagement) if found else "",
        "bar": burn_bar(burn) if burn else None,
        "months": list(reversed(found.months))[:MONTHS] if found else [],
        "terms": found.terms_in(found.today) if found else None,
        "form": form,
        "entries": [(row, staff and (corrects or row.person_id == request.user.pk)) for row in rows[:A_PAGE]],
        "total": words_of(entries.aggregate(sum=Sum("minutes"))["sum"] or 0),
        **turns(rows, page, A_PAGE, kept),
        "csv": f"?{urlencode(kept)}" if kept else "",
    }
    return render(request, "clients/hours.html", context)


def sentence(client: Client, found: Standing | None) -> str:
    """What of the month's hours is left, first what is over."""
    month = found.now if found else None
    if found is None:
        return f"No engagement with {client.name} is written down, so there are no hours to set against."
    if month is None:
        return f"The engagement with {client.name} does not run this month."
    if not month.available:
        return f"{words_of(month.worked)} worked for {client.name} this month; no hours are agreed."
    if month.over:
        return f"{words_of(month.over)} more than agreed are worked for {client.name} this month."
    return f"{words_of(month.left)} of this month’s {words_of(month.available)} are left for {client.name}."


def _asked(request: HttpRequest, client: Client, *, staff: bool) -> tuple[FilterForm, "QuerySet[WorkEntry]"]:
    """The filter, and the entries that it and the person's role let through."""
    entries = WorkEntry.objects.filter(client=client).select_related("person", "area")
    people = (
        User.objects.filter(pk__in=entries.order_by().values("person_id").distinct()) if staff else User.objects.none()
    )
    areas = Area.objects.of(client.practice) if staff else []
    form = FilterForm(list(people), areas, request.GET)
    if not staff:
        entries = entries.filter(visible=True)
        for name in ("person", "area", "words"):
            del form.fields[name]
    asked = form.asked()
    conditions = Q()
    for name, column in (
        ("person", "person_id"),
        ("area", "area__public_id"),
        ("since", "day__gte"),
        ("until", "day__lte"),
    ):
        if name in asked:
            conditions &= Q(**{column: asked[name]})
    if words := asked.get("words"):
        conditions &= Q(note__icontains=words) | Q(system__icontains=words) | Q(prompt__icontains=words)
    return form, entries.filter(conditions)


@require_safe
def hours_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The entries that the filter lets through, as a file; for executives the columns and rows they are shown."""
    client = client_or_404(request, slug, "see_hours")
    staff = allowed(request, client, "log_hours")
    _, entries = _asked(request, client, staff=staff)
    answer = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{client.slug}-hours.csv"'},
    )
    file = csv.writer(answer)
    more = ("person", "who was there", "system", "prompt", "client sees it", "in words for the client") if staff else ()
    file.writerow(("day", "minutes", "area", "what was done", *more))
    for row in entries[:MOST_ROWS]:
        shown = [row.area.name, row.note if staff else row.said]
        if staff:
            seen = "yes" if row.visible else "no"
            shown += [row.person.label, row.attendees, row.system, row.prompt, seen, row.visible_note]
        file.writerow((row.day.isoformat(), row.minutes, *map(safe_cell, shown)))
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Log work with all that can be said of it."""
    client = client_or_404(request, slug, "log_hours")
    person = acting_person(request)
    today = today_at(person)
    data = request.POST if request.method == "POST" else None
    blank = WorkEntry(client=client, practice=client.practice, person=person, day=today)
    form = EntryForm(Area.objects.of(client.practice), today, data, instance=blank, initial={"minutes": ""})
    twice = ""
    if data is not None and form.is_valid():
        work = Work(client, **{name: form.cleaned_data[name] for name in EntryForm.Meta.fields})
        try:
            log(person, [work], today, sure=data.get("sure") == "yes")
        except AlreadyThere as told:
            twice = str(told)
        except NotLogged as told:
            form.add_error(None, str(told))
        else:
            messages.success(request, f"{words_of(work.minutes)} logged for {client.name}.")
            return redirect("hours-client", client.slug)
    context = {"client": client, "form": form, "entry": None, "twice": twice}
    return render(request, "clients/entry.html", context, status=422 if data is not None else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Mend an entry or take it away: one's own, and for an owner everybody's."""
    client = client_or_404(request, slug, "log_hours")
    row = get_object_or_404(WorkEntry.objects.select_related("person"), client=client, public_id=public_id)
    if row.person_id != request.user.pk and not allowed(request, client, "correct_hours"):
        raise PermissionDenied("An entry is mended by whoever logged it, or by an owner.")
    data = request.POST if request.method == "POST" else None
    if data is not None and data.get("do") == "remove":
        row.delete()
        messages.success(request, f"{words_of(row.minutes)} of {day_text(row.day)} are taken out of the log.")
        return redirect("hours-client", client.slug)
    form = EntryForm(Area.objects.of(client.practice), today_at(row.person), data, instance=row)
    if data is not None and form.is_valid():
        try:
            with transaction.atomic():
                locked(row.person)
                check_full(row.person, form.cleaned_data["day"], form.cleaned_data["minutes"], instead_of=row)
                stored = form.store()
        except NotLogged as told:
            form.add_error(None, str(told))
        else:
            if stored:
                messages.success(request, "Saved.")
                return redirect("hours-client", client.slug)
    context = {"client": client, "form": form, "entry": row, "twice": ""}
    return render(request, "clients/entry.html", context, status=422 if data is not None else 200)
