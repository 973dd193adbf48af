"""The practice's register of risks and of things worth a try: the list, one item, and what it is changed with."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients import risks
from clients.days import PossibleDays
from clients.editing import EditForm
from clients.local import today_at
from clients.models import Client, Concern, FeedEntry, Practice, RiskItem, RiskNote, RiskStatus, Severity, User
from clients.news import keep, waiting
from clients.paging import AskedForm, stretch, turns
from clients.people import managers
from clients.permissions import acting_person, allowed, practice_or_404
from clients.vendors import notices

from .fields import day_input

A_PAGE = 50


class RiskForm(EditForm[RiskItem]):
    """An item. A new one can be said to concern clients at once."""

    clients = forms.MultipleChoiceField(
        label="Whom it concerns",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Each sees only that it concerns them.",
    )

    class Meta:
        model = RiskItem
        fields: ClassVar = ["title", "kind", "severity", "status", "due", "owner", "link", "words"]
        labels: ClassVar = {"title": "What it is", "due": "To be settled by", "owner": "Who follows it up"}
        help_texts: ClassVar = {
            "severity": "Of something worth a try: how much it promises.",
            "link": "Where it was announced or found: https://…",
            "words": "In plain words, for the executives of every client it concerns. While this is empty, no client sees the item.",
        }
        widgets: ClassVar = {"due": day_input(), "words": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, clients: Sequence[Client], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {client.slug: client for client in clients}
        people = managers(self.instance.practice)
        if self.instance.owner_id:
            people = people | User.objects.filter(pk=self.instance.owner_id)
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]
        self.fields["owner"].empty_label = "Nobody yet"  # type: ignore[attr-defined]
        if self.instance.pk or not clients:
            del self.fields["clients"]
        else:
            self.fields["clients"].choices = [(c.slug, c.name) for c in clients]  # type: ignore[attr-defined]

    @property
    def concerned(self) -> list[Client]:
        """The clients that were chosen."""
        return [self.offered[slug] for slug in self.cleaned_data.get("clients", [])]


class NoteForm(PossibleDays, forms.ModelForm[RiskNote]):
    """What was found out."""

    class Meta:
        model = RiskNote
        fields: ClassVar = ["text", "link"]
        labels: ClassVar = {"text": "What you found"}
        help_texts: ClassVar = {
            "text": "For the practice alone. A note stays as it is.",
            "link": "What shows it: https://…",
        }
        widgets: ClassVar = {"text": forms.Textarea(attrs={"rows": 4})}


class FilterForm(AskedForm):
    """Which items; all of it in the address. What cannot be understood counts as not asked."""

    what = forms.ChoiceField(required=False, label="What", choices=[("", "All"), *risks.WHAT])
    severity = forms.ChoiceField(
        required=False, label="At least", choices=[("", "Any severity"), *((str(v), w) for v, w in Severity.choices)]
    )
    status = forms.ChoiceField(
        required=False, label="Status", choices=[("", "Not closed"), *RiskStatus.choices, ("all", "All")]
    )
    client = forms.ChoiceField(required=False, label="Concerns")
    words = forms.CharField(required=False, max_length=120, label="Words")

    def __init__(self, clients: Sequence[Client], data: Any) -> None:
        super().__init__(data)
        self.fields["client"].choices = [("", "Any client"), *((c.slug, c.name) for c in clients)]  # type: ignore[attr-defined]


@require_safe
def register(request: HttpRequest, practice: str) -> HttpResponse:
    """Fifty items a page, the gravest first."""
    firm = practice_or_404(request, practice, "keep_register")
    clients = _clients(request, firm)
    form = FilterForm(clients, request.GET)
    asked = form.asked()
    page = form.cleaned_data.get("page") or 1
    rows = list(_found(firm, asked, clients)[stretch(page, A_PAGE)])
    concerned = _concerned(rows, clients)
    today = today_at(acting_person(request))
    context = {
        "practice": firm,
        "form": form,
        "asked": asked,
        "sentence": risks.register_sentence(firm, today),
        "lines": [(row, *marks(row, today), concerned[row.pk]) for row in rows[:A_PAGE]],
        "waiting": waiting(firm).count(),
        "notices": notices(clients),
        **turns(rows, page, A_PAGE, asked),
    }
    return render(request, "clients/risks.html", context)


def marks(item: RiskItem, today: date) -> tuple[Any, Any]:
    """An item's severity and status, as they are drawn."""
    return risks.severity_mark(item), risks.item_mark(item, today)


def _clients(request: HttpRequest, firm: Practice) -> list[Client]:
    """The practice's clients that the person looks after."""
    seen = Client.objects.filter(practice=firm).select_related("practice").order_by("name")
    return [client for client in seen if allowed(request, client, "edit_risks")]


def _concerned(items: Sequence[RiskItem], clients: Sequence[Client]) -> dict[int, list[Client]]:
    """Which of the person's clients each item concerns."""
    known = {client.pk: client for client in clients}
    found: dict[int, list[Client]] = {item.pk: [] for item in items}
    rows = Concern.objects.filter(item__in=items, client__in=clients).order_by("client__name")
    for item_id, client_id in rows.values_list("item_id", "client_id"):
        found[item_id].append(known[client_id])
    return found


def _found(firm: Practice, asked: dict[str, Any], clients: Sequence[Client]) -> QuerySet[RiskItem]:
    found = RiskItem.objects.filter(risks.of_what(asked.get("what", "")), practice=firm)
    match asked.get("status", ""):
        case "":
            found = found.exclude(status=RiskStatus.CLOSED)
        case "all":
            pass
        case status:
            found = found.filter(status=status)
    if least := asked.get("severity"):
        found = found.filter(severity__gte=int(least))
    if slug := asked.get("client"):
        one = next(client for client in clients if client.slug == slug)
        found = found.filter(pk__in=Concern.objects.filter(client=one).values("item_id"))
    if words := asked.get("words"):
        found = found.filter(title__icontains=words)
    return found.select_related("owner")


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, practice: str) -> HttpResponse:
    """Put an item into the register; with ``?entry=`` it is what came of a feed's entry."""
    firm = practice_or_404(request, practice, "keep_register")
    entry = _entry(firm, request.GET.get("entry"))
    clients = _clients(request, firm)
    item = RiskItem(practice=firm)
    opened: dict[str, Any] = {"owner": request.user.pk}
    if entry:
        opened |= {"title": entry.title[:160], "link": entry.link}
    typed = request.POST if request.method == "POST" else None
    form = RiskForm(clients, typed, instance=item, initial=opened)
    if typed is not None and form.is_valid():
        with transaction.atomic():
            form.store()
            risks.concern(item, form.concerned)
            kept = entry is None or keep(entry, item, by=acting_person(request).label, now=timezone.now())
            if not kept:
                transaction.set_rollback(True)
        if kept:
            messages.success(request, f"“{item.title}” is in the register.")
            return redirect("risk", firm.slug, item.public_id)
        form.add_error(None, "Somebody triaged this entry just now. Look at the news before you add it again.")
    context = {"practice": firm, "item": None, "title": "", "entry": entry, "form": form}
    return render(request, "clients/risk_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, practice: str, public_id: str) -> HttpResponse:
    """Change an item."""
    firm = practice_or_404(request, practice, "keep_register")
    item = _item(firm, public_id)
    title = item.title
    form = RiskForm([], request.POST if request.method == "POST" else None, instance=item)
    if request.method == "POST" and form.is_valid() and form.store():
        messages.success(request, f"“{item.title}” is saved.")
        return redirect("risk", firm.slug, item.public_id)
    context = {"practice": firm, "item": item, "title": title, "entry": None, "form": form}
    return render(request, "clients/risk_form.html", context, status=422 if form.errors else 200)


@require_safe
def risk(request: HttpRequest, practice: str, public_id: str) -> HttpResponse:
    """One item: what it is, whom it concerns, and what the practice found out."""
    firm = practice_or_404(request, practice, "keep_register")
    return _page(request, firm, _item(firm, public_id), NoteForm(), 200)


@require_POST
def note(request: HttpRequest, practice: str, public_id: str) -> HttpResponse:
    """Write down what was found out about an item."""
    firm = practice_or_404(request, practice, "keep_register")
    item = _item(firm, public_id)
    by = acting_person(request).label
    written = RiskNote(practice=firm, item=item, written_by=by, written_at=timezone.now())
    form = NoteForm(request.POST, instance=written)
    if not form.is_valid():
        return _page(request, firm, item, form, 422)
    form.save()
    messages.success(request, "Written down.")
    return redirect("risk", firm.slug, item.public_id)


@require_POST
def concern(request: HttpRequest, practice: str, public_id: str) -> HttpResponse:
    """Say that an item concerns more of the person's clients."""
    firm = practice_or_404(request, practice, "keep_register")
    item = _item(firm, public_id)
    chosen = set(request.POST.getlist("clients"))
    added = risks.concern(item, [client for client in _clients(request, firm) if client.slug in chosen])
    if added:
        messages.success(request, "Added. Say for each how it stands there.")
    else:
        messages.error(request, "Nothing was added: choose a client that it does not concern yet.")
    return redirect("risk", firm.slug, item.public_id)


def _page(request: HttpRequest, firm: Practice, item: RiskItem, form: NoteForm, status: int) -> HttpResponse:
    clients = _clients(request, firm)
    rows = item.concerns.filter(client__in=clients).select_related("client").order_by("client__name")
    lines = [(row, risks.stands(row)) for row in rows]
    there = {row.client_id for row, _ in lines}
    severity, mark = marks(item, today_at(acting_person(request)))
    context = {
        "practice": firm,
        "item": item,
        "severity": severity,
        "mark": mark,
        "lines": lines,
        "others": [client for client in clients if client.pk not in there],
        "notes": list(item.notes.all()),
        "form": form,
    }
    return render(request, "clients/risk.html", context, status=status)


def _item(firm: Practice, public_id: str) -> RiskItem:
    found = get_object_or_404(RiskItem.objects.select_related("owner"), practice=firm, public_id=public_id)
    found.practice = firm
    return found


def _entry(firm: Practice, public_id: str | None) -> FeedEntry | None:
    """The entry that is to become an item. Raises Http404 where there is none, or it was triaged already."""
    if public_id is None:
        return None
    found = waiting(firm).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found
