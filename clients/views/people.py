"""People of a practice and of its clients: who they are, what they look after, and what an owner changes about it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Case, IntegerField, Min, Q, Value, When
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clients.models import Client, Membership, Practice, Role, User
from clients.paging import MOST_PAGES, stretch, turns
from clients.people import OF_CLIENT, OF_PRACTICE, role_at, role_word
from clients.permissions import practice_or_404

A_PAGE = 50
_RANK = Case(*(When(role=role, then=Value(rank)) for rank, role in enumerate(Role)), output_field=IntegerField())


class FilterForm(forms.Form):
    """Whom; all of it in the address. What cannot be understood counts as not asked."""

    q = forms.CharField(required=False, max_length=120, label="Name or address")
    role = forms.ChoiceField(required=False, label="Role")
    client = forms.ChoiceField(required=False, label="Client")
    page = forms.IntegerField(required=False, min_value=1, max_value=MOST_PAGES, widget=forms.HiddenInput)

    def __init__(self, firm: Practice, clients: Sequence[Client], data: Any) -> None:
        super().__init__(data)
        self.fields["role"].choices = [("", "All"), *((r.value, role_word(firm, r)) for r in Role)]  # type: ignore[attr-defined]
        self.fields["client"].choices = [("", "All"), *((c.slug, c.name) for c in clients)]  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Line:
    """A person in the list: the roles in words, what they look after (or are of), and since when."""

    person: User
    roles: str
    leads: str
    others: str
    """Clients that are assigned to them or whose people they are, without those they lead."""
    note: str
    """Of who works for the practice and has no client of their own: whether they see all or none."""
    since: datetime | None


@require_safe
def people(request: HttpRequest, practice: str) -> HttpResponse:
    """Everybody with a role, fifty a page: owners first, then managers, then clients' own people."""
    firm = practice_or_404(request, practice, "manage_people")
    clients = list(Client.objects.filter(practice=firm).order_by("name"))
    form = FilterForm(firm, clients, request.GET)
    form.full_clean()
    asked = form.cleaned_data
    page = asked.get("page") or 1
    ids = list(_found(firm, asked)[stretch(page, A_PAGE)])
    rows: dict[int, list[Membership]] = {user_id: [] for user_id in ids[:A_PAGE]}
    held = Membership.objects.filter(practice=firm, user__in=rows).select_related("user", "client")
    for row in held.order_by("client__name"):
        rows[row.user_id].append(row)
    kept = {name: value for name, value in asked.items() if value and name != "page"}
    context = {
        "practice": firm,
        "form": form,
        "lines": [line(firm, one, clients) for one in rows.values()],
        "sentence": sentence(firm, clients, *_counts(firm)),
        **turns(ids, page, A_PAGE, kept),
    }
    return render(request, "clients/people.html", context)


def line(firm: Practice, rows: Sequence[Membership], clients: Iterable[Client]) -> Line:
    """A person, given by their rows, in words."""
    person = rows[0].user
    led = [c for c in clients if c.lead_id == person.pk]
    backed = {c.name for c in clients if c.backup_id == person.pk and c not in led}
    staff = role_at(firm, rows)
    roles = {staff} if staff else {Role(row.role) for row in rows}
    assigned = {row.client.name for row in rows if row.client and row.client not in led}
    others = sorted([*(assigned - backed), *(f"{name} as backup" for name in backed)])
    known = [row.since for row in rows if row.since]
    return Line(
        person,
        ", ".join(role_word(firm, role) for role in Role if role in roles),
        ", ".join(c.name for c in led),
        ", ".join(others),
        {Role.OWNER: "sees all", Role.PROGRAM_MANAGER: "none yet"}.get(staff, "")
        if staff and not (led or others)
        else "",
        min(known) if len(known) == len(rows) else None,
    )


def sentence(firm: Practice, clients: Sequence[Client], ours: int, theirs: int) -> str:
    """What an owner shall look at, else how many people there are."""
    count = f"{ours} {'people work' if ours != 1 else 'person works'} for {firm.name}"
    count += f", {theirs} for its clients" if theirs else ""
    lost = [c.name for c in clients if c.lead_id is None]
    if lost:
        named = f"{lost[0]} and {len(lost) - 1} more have" if lost[1:] else f"{lost[0]} has"
        return f"{named} no lead; {count}."
    return f"{count}{', and every client has a lead' if clients else ''}."


def _found(firm: Practice, asked: dict[str, Any]) -> Any:
    """Ids of the people asked for, in order."""
    found = Membership.objects.filter(practice=firm)
    if role := asked.get("role"):
        found = found.filter(role=role)
    if slug := asked.get("client"):
        leads = Client.objects.filter(practice=firm, slug=slug).values("lead")
        found = found.filter(Q(client__slug=slug) | Q(user__in=leads))
    if text := asked.get("q"):
        found = found.filter(Q(user__name__icontains=text) | Q(user__email__icontains=text))
    people = found.values("user_id").annotate(rank=Min(_RANK)).order_by("rank", Lower("user__name"), "user__email")
    return people.values_list("user_id", flat=True)


def _counts(firm: Practice) -> tuple[int, int]:
    """How many people work for the practice, and how many for its clients."""
    rows = Membership.objects.filter(practice=firm)
    ours = set(rows.filter(role__in=OF_PRACTICE).values_list("user_id", flat=True))
    theirs = set(rows.filter(role__in=OF_CLIENT).values_list("user_id", flat=True))
    return len(ours), len(theirs - ours)
