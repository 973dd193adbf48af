"""The quick add that stands on every page, and the timer: one line is understood, stored, told in words, and can be undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from clients.local import day_at, today_at
from clients.models import Area, Client, Membership, Practice, System, Timer, User
from clients.permissions import acting_person, allowed, listed, works
from clients.quickadd import EVERYONE, Line, Named, NotUnderstood, found, parse, words_of
from clients.worklog import LONGEST_TIMER, AlreadyThere, NotLogged, Work, log, split, timer_minutes, undo
from clients.writing import weekday_text


@dataclass(frozen=True)
class Typed:
    """A line with what the page it came from knows: its client, where to go back to, whether it is sure, whether a timer ends."""

    line: str
    client: str
    back: str
    sure: bool
    timer: bool


def clients_to_log(request: HttpRequest) -> list[Client]:
    """The clients that the person may log work for, by name."""
    return [client for client in listed(request) if allowed(request, client, "log_hours")]


def worker_or_404(request: HttpRequest) -> User:
    """The logged-in person, where they work for a practice."""
    if not works(request):
        raise Http404
    return acting_person(request)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Log the typed line, or start a timer with it; what cannot be understood comes back with what to write instead."""
    person = worker_or_404(request)
    if request.method != "POST":
        return _again(request, _typed(request), status=200)
    typed = _typed(request)
    if request.POST.get("do") == "start":
        return _start(request, person, typed)
    try:
        said, act = _log(request, person, typed)
    except AlreadyThere as told:
        return _again(request, typed, twice=str(told))
    except (NotUnderstood, NotLogged) as told:
        return _again(request, typed, wrong=str(told))
    if typed.timer:
        Timer.objects.filter(person=person).delete()
    messages.success(request, said, extra_tags=reverse("hours-undo", args=[act]))
    return redirect(typed.back)


def _typed(request: HttpRequest) -> Typed:
    asked = request.POST if request.method == "POST" else request.GET
    back = asked.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = reverse("hours")
    return Typed(
        asked.get("line", "").replace("\0", "").strip(),
        asked.get("client", ""),
        back,
        asked.get("sure") == "yes",
        asked.get("timer") == "yes",
    )


def _log(request: HttpRequest, person: User, typed: Typed) -> tuple[str, str]:
    """Store a line; returns what was understood, in words, and the act's id."""
    mine, today = clients_to_log(request), today_at(person)
    practices = {client.practice_id: client.practice for client in mine}
    areas = [area for firm in practices.values() for area in Area.objects.of(firm) if not area.retired]
    line = parse(typed.line, today, [Named(c.slug, (c.name,)) for c in mine], named_areas(areas))
    concerned = _concerned(line, typed, mine, person)
    by_practice = {(area.practice_id, area.name): area for area in areas}
    drafts, strange = [], []
    for client, minutes in concerned if isinstance(concerned, list) else [(concerned, line.minutes)]:
        area = by_practice.get((client.practice_id, line.area))
        if area is None:
            raise NotUnderstood(f"“{line.area}” is no area of work of {client.practice.name}.")
        system, unknown = _system(client, line.system)
        drafts.append(Work(client, area, line.day, minutes, line.note, system))
        strange += [unknown] if unknown else []
    act = log(person, drafts, today, sure=typed.sure)
    told = _told(line, drafts, today)
    return ". ".join([told.rstrip("."), *strange]) if strange else told, act


def named_areas(areas: Sequence[Area]) -> list[Named]:
    """Areas as a line can name them; one that two practices share is one."""
    return [Named(name, (name,)) for name in dict.fromkeys(area.name for area in areas)]


def _concerned(line: Line, typed: Typed, mine: list[Client], person: User) -> Client | list[tuple[Client, int]]:
    """The client a line is about, or the parts of a line about all."""
    if line.client == EVERYONE:
        assigned = set(Membership.objects.filter(user=person, client__in=mine).values_list("client_id", flat=True))
        return split([client for client in mine if client.pk in assigned] or mine, line.minutes, line.day)
    slug = line.client or typed.client
    named = [client for client in mine if client.slug == slug] if slug else mine
    if len(named) == 1:
        return named[0]
    if not mine:
        raise NotUnderstood("No client is yours to log work for: the practice’s owner assigns them.")
    some = ", ".join(f"@{client.slug}" for client in mine[:6])
    raise NotUnderstood(f"Say for whom: {some}, or @{EVERYONE} to divide it among all of yours.")


def _system(client: Client, typed: str) -> tuple[str, str]:
    """The client's system that was typed, else the text itself, and then what to say of it."""
    if not typed:
        return "", ""
    known = list(System.objects.filter(client=client).order_by("name").values_list("name", flat=True))
    if hit := found(typed, [Named(name, (name,)) for name in known]):
        return hit.key, ""
    has = ", ".join(known[:6]) if known else "no system yet"
    return typed[
        :120
    ], f"No one system of {client.name} is meant by “{typed[:40]}”: it has {has}. Correct it in the hours."


def _told(line: Line, drafts: Sequence[Work], today: date) -> str:
    """What was understood."""
    when = "today" if line.day == today else weekday_text(line.day, comma=True)
    whom = ", ".join(
        f"{draft.client.name} ({words_of(draft.minutes)})" if len(drafts) > 1 else draft.client.name for draft in drafts
    )
    system = f", {drafts[0].system}" if drafts[0].system else ""
    note = f": {line.note}" if line.note else ""
    return f"Logged {words_of(line.minutes)} {when} for {whom}, {line.area}{system}{note}"


def _again(request: HttpRequest, typed: Typed, *, wrong: str = "", twice: str = "", status: int = 422) -> HttpResponse:
    """The line once more, as it was typed, with what is wrong with it or what is asked."""
    mine = clients_to_log(request)
    practices = {client.practice_id: client.practice for client in mine}
    areas = [area.name for firm in practices.values() for area in Area.objects.of(firm) if not area.retired]
    context = {"typed": typed, "wrong": wrong, "twice": twice, "areas": dict.fromkeys(areas), "mine": mine}
    return render(request, "clients/quick.html", context, status=status)


def _start(request: HttpRequest, person: User, typed: Typed) -> HttpResponse:
    """Start the person's timer, unless one runs already."""
    running = Timer.objects.filter(person=person).first()
    if running:
        messages.error(request, "A timer of yours is running already: stop it first.")
        return redirect(typed.back)
    practice = _practice(request, typed)
    line = typed.line if "@" in typed.line or not typed.client else f"{typed.line} @{typed.client}".strip()
    Timer.objects.get_or_create(
        practice=practice, person=person, defaults={"started_at": timezone.now(), "line": line[:500]}
    )
    return redirect(typed.back)


def _practice(request: HttpRequest, typed: Typed) -> Practice:
    """The practice of the page's client, or else of the person's first."""
    mine = clients_to_log(request)
    practice = next((client.practice for client in mine if typed.client in (client.slug, "")), None)
    practice = practice or Practice.objects.order_by("pk").first()
    if practice is None:
        raise Http404
    return practice


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Stop the timer and log its line with the minutes it ran; or, with ``do=discard``, log nothing."""
    person = worker_or_404(request)
    typed = _typed(request)
    timer = Timer.objects.filter(person=person).first()
    if timer is None:
        messages.error(request, "No timer of yours is running.")
        return redirect(typed.back)
    if request.POST.get("do") == "discard":
        timer.delete()
        messages.success(request, "The timer is discarded; nothing was logged.")
        return redirect(typed.back)
    ran = timer_minutes(timer, timezone.now())
    began = day_at(person, timer.started_at)
    day = "" if began == today_at(person) else f"{began:%Y-%m-%d} "
    if ran > LONGEST_TIMER:
        line = Typed(f"{day}{timer.line}".strip(), "", typed.back, False, True)
        return _again(
            request, line, wrong=f"The timer ran for {words_of(ran)}. Say at the beginning how long you worked."
        )
    line = Typed(f"{ran}m {day}{timer.line}".strip(), "", typed.back, False, True)
    try:
        said, act = _log(request, person, line)
    except AlreadyThere as told:
        return _again(request, line, twice=str(told))
    except (NotUnderstood, NotLogged) as told:
        return _again(request, line, wrong=str(told))
    timer.delete()
    messages.success(request, said, extra_tags=reverse("hours-undo", args=[act]))
    return redirect(typed.back)


@require_POST
def take_back(request: HttpRequest, act: str) -> HttpResponseRedirect:
    """Undo what the person logged in one act."""
    person = worker_or_404(request)
    taken = undo(person, act)
    if taken:
        messages.success(
            request, "Undone: it is out of the log." if taken == 1 else f"Undone: {taken} entries are out of the log."
        )
    else:
        messages.error(request, "There is nothing of yours to undo there: it was taken out already.")
    return redirect(_typed(request).back)
