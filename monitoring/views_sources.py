"""The pages of a source that is pulled from: connect it, watch it, edit it, pause it, take it away."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clients.models import Client
from clients.permissions import allowed, client_or_404

from . import connections, kept_keys, source_words, tasks
from .connect_form import JUST_ENTERED, ConnectForm, EditForm, KeepingForm, SettingsForm, TryForm, choices_of
from .connecting.errors import SourceError
from .connecting.kind import Brings, Findings, Settings
from .models import Signal, Source, State, Sync, Texts
from .sources import kinds

HISTORY = 30
"""Syncs the source page shows."""
GROUPS = ((Brings.TRACES, "Traces and scores"), (Brings.BILLS, "Usage and bills"), (Brings.OUTCOMES, "Outcomes"))


@require_http_methods(["GET", "POST"])
def connect(request: HttpRequest, slug: str) -> HttpResponse:
    """Pick a kind, give its key, try it, name the system, start: one page. A POST tries (``do=try``) or starts."""
    client = client_or_404(request, slug, "manage_sources")
    connector = kinds().get(request.GET.get("kind", ""))
    if connector is None:
        return render(request, "monitoring/connect.html", {"client": client, "groups": _groups()})
    trying = request.POST.get("do") == "try"
    fragment = request.headers.get("X-Fragment") == "found"
    which = f"connect:{client.pk}:{connector.kind.key}"
    if request.method == "POST":
        # A key can be tried before the rest is filled in.
        kind_of_form = TryForm if trying else ConnectForm
        form = kind_of_form(client, connector.kind, request.POST, kept_keys.held(request, which))
    else:
        kept_keys.drop(request)
        form = ConnectForm(client, connector.kind)
    found, refused = None, ""
    if form.is_bound and form.is_valid() and form.settings:
        try:
            found = connections.try_out(connector.kind.key, form.settings)
        except SourceError as error:
            refused = source_words.refusal(error, timezone.now())
        if found and not trying:
            started = _start(client, connector.kind.key, form.settings, form.cleaned_data)
            if started:
                kept_keys.drop(request)
                return redirect("source", client.slug, started.public_id)
            form.add_error("name", "It was connected just now, from another page: look at the list of sources.")
    if form.is_bound and not fragment:
        _hold(request, which, form)
    context = {
        "client": client,
        "groups": _groups(),
        "kind": connector.kind,
        "form": form,
        "found": found,
        "refused": refused,
        "in_part": fragment,
    }
    template = "monitoring/_found.html" if fragment else "monitoring/connect.html"
    status = 422 if (refused or form.errors) and not fragment else 200
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _hold(request: HttpRequest, which: str, form: SettingsForm) -> None:
    """Keep the key of a form that is shown again: no page ever holds one, and nobody should have to paste it twice."""
    kept_keys.hold(request, which, form.entered)
    form.keep(form.entered, JUST_ENTERED)


def _start(client: Client, kind: str, settings: Settings, asked: Mapping[str, Any]) -> Source | None:
    """The source, connected and about to be read; None where another request has connected one of that name meanwhile."""
    try:
        with transaction.atomic():
            source = connections.connect(
                client,
                kind,
                settings,
                name=asked["name"],
                system_name=asked["system"].strip(),
                texts=Texts(asked.get("texts", Texts.MEASURED)),
                backfill=timedelta(days=asked["days"]),
            )
    except IntegrityError:
        return None
    _pull_soon(source)
    return source


def _pull_soon(source: Source) -> None:
    """Have a worker read it once this request is committed."""
    tasks.pull_after_commit(source.client_id, source.pk)


def _groups() -> list[tuple[str, list[Any]]]:
    return [(title, [c.kind for c in kinds().values() if c.kind.brings is brings]) for brings, title in GROUPS]


@require_GET
def source(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """How a source is doing, what its syncs brought, and what can be done with it."""
    client = client_or_404(request, slug)
    found = _found(client, public_id)
    may_manage = allowed(request, client, "manage_sources")
    context = {**_standing(found), "may_manage": may_manage, "settings": _settings(found) if may_manage else ()}
    return render(request, "monitoring/source.html", context)


def _settings(found: Source) -> list[tuple[str, Any]]:
    """The settings that are no secrets, by their titles."""
    connector = kinds().get(found.kind)
    fields = connector.Settings.model_fields if connector else {}
    return [
        (fields[name].title, choices_of(fields[name]).get(str(value), value)) if name in fields else (name, value)
        for name, value in found.settings.items()
    ]


@require_GET
def progress(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """The parts of a source's page that change while it is read: how it stands with its syncs, or (``?part=about``) what it is."""
    client = client_or_404(request, slug)
    found = _found(client, public_id)
    if request.GET.get("part") == "about":
        context = {
            **_standing(found),
            "settings": _settings(found) if allowed(request, client, "manage_sources") else (),
        }
        response = render(request, "monitoring/_about.html", context)
    else:
        response = render(request, "monitoring/_standing.html", _standing(found))
    response["Cache-Control"] = "no-store"
    return response


def _standing(found: Source) -> dict[str, Any]:
    now = timezone.now()
    reach = source_words.reach_of(found, now) if not found.is_pushed else None
    return {
        "client": found.client,
        "source": found,
        "state": found.state,
        "reach": reach,
        "said": source_words.sentence(found, reach, now),
        "live": found.state in (State.READING,) or (reach is not None and reach.share < 1 and not found.error),
        "syncs": Sync.objects.filter(source=found)[:HISTORY],
    }


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Change a source's settings; they are tried before they are stored, and a secret left empty stays."""
    client, found = _managed(request, slug, public_id)
    which = f"edit:{found.public_id}"
    form = EditForm(found, request.POST if request.method == "POST" else None, connections.kept_keys_of(found))
    if form.is_bound:
        form.keep(kept_keys.held(request, which), JUST_ENTERED)
    else:
        kept_keys.drop(request)
    refused = ""
    if form.is_bound and form.is_valid() and form.settings:
        try:
            connections.try_out(found.kind, form.settings)
        except SourceError as error:
            refused = source_words.refusal(error, timezone.now())
        else:
            turns, meant = connections.turns(found, form.settings), form.cleaned_data["meant"]
            if not turns or meant:
                anew = turns and meant == EditForm.OTHER
                connections.change(found, form.settings, anew=anew)
                kept_keys.drop(request)
                _pull_soon(found)
                messages.success(request, _changed(found, anew=anew))
                return _watching(client, found)
            form.ask()
    status = 422 if refused or form.errors else 200
    if form.is_bound:
        _hold(request, which, form)
    context = {"client": client, "source": found, "form": form, "refused": refused}
    return render(request, "monitoring/source_edit.html", context, status=status)


def _changed(found: Source, *, anew: bool) -> str:
    if anew:
        return f"{found.name} reads other data now, from its history on. What it brought before stays."
    return f"{found.name} has its new settings and is being read."


@require_http_methods(["GET", "POST"])
def keeping(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Rename a source, and say what of its data is kept for how long."""
    client, found = _managed(request, slug, public_id, pulled=False)
    form = KeepingForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid() and _saved(form):
        messages.success(request, f"{found.name} keeps what you said, of what comes from now on.")
        return redirect("source", client.slug, found.public_id)
    context = {"client": client, "source": found, "form": form}
    return render(request, "monitoring/source_keeping.html", context, status=422 if form.errors else 200)


def _saved(form: KeepingForm) -> bool:
    """Whether it was saved: another page may have given its name to another source meanwhile."""
    try:
        with transaction.atomic():
            form.save()
    except IntegrityError:
        form.add_error("name", "There is another source of that name since a moment ago. Give this one another.")
        return False
    return True


@require_POST
def act(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Sync now, check, pause or resume a source."""
    client, found = _managed(request, slug, public_id)
    match request.POST.get("do"):
        case "sync":
            paused = found.next_run_at is None
            if paused:
                connections.resume(found)
            tasks.pull_after_commit(client.pk, found.pk, asked_by=Sync.AskedBy.PERSON)
            again = "is no longer paused: it " if paused else ""
            messages.success(request, f"{found.name} {again}is read as soon as a worker is free.")
        case "check":
            try:
                messages.success(request, _told(connections.check(found)))
            except SourceError as error:
                messages.error(request, source_words.refusal(error, timezone.now()))
        case "pause":
            connections.pause(found)
            messages.success(request, f"{found.name} is paused.")
        case "resume":
            connections.resume(found)
            _pull_soon(found)
            messages.success(request, f"{found.name} goes on where it was.")
        case _:
            raise Http404
    return _watching(client, found)


def _watching(client: Client, found: Source) -> HttpResponse:
    """Back to a source's page, which follows what a worker does for a while."""
    return redirect(reverse("source", args=[client.slug, found.public_id]) + "?asked")


def _told(found: Findings) -> str:
    sees = ", ".join(seen.name for seen in found.sees[:5])
    return " ".join([f"The key works: {found.account}" + (f" ({sees})." if sees else "."), *found.warnings])


@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Ask whether a source shall go, and whether what it brought goes with it."""
    client, found = _managed(request, slug, public_id, pulled=False)
    if request.method == "GET":
        return render(request, "monitoring/source_remove.html", {"client": client, "source": found})
    connections.retire(found)
    if request.POST.get("data") == "delete":
        tasks.forget_after_commit(client.pk, found.pk)
        messages.success(request, f"{found.name} is gone; what it brought is being deleted.")
    else:
        messages.success(request, f"{found.name} is gone; what it brought is kept.")
    return redirect("sources", client.slug)


@require_GET
def signals(request: HttpRequest, slug: str) -> HttpResponse:
    """What the system noticed about a client, open ones first."""
    client = client_or_404(request, slug)
    rows = Signal.objects.filter(client=client).select_related("source")
    context = {
        "client": client,
        "open": rows.filter(closed_at=None),
        "closed": rows.exclude(closed_at=None)[:HISTORY],
    }
    return render(request, "monitoring/signals.html", context)


def _found(client: Client, public_id: str) -> Source:
    found = get_object_or_404(Source.objects.select_related("system"), client=client, public_id=public_id)
    found.client = client
    return found


def _managed(request: HttpRequest, slug: str, public_id: str, *, pulled: bool = True) -> tuple[Client, Source]:
    client = client_or_404(request, slug, "manage_sources")
    found = _found(client, public_id)
    if found.removed_at or (pulled and found.is_pushed):
        raise Http404
    return client, found
