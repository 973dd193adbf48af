"""The audit trail, for owners: who changed what of the practice and its clients, newest first."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django import forms
from django.apps import apps
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clients.models import Change, Client, HourRate, Membership, Practice, Staff, User
from clients.paging import MOST_PAGES, stretch, turns
from clients.permissions import practice_or_404

A_PAGE = 50
LONGEST = 160
"""Characters of a value that a line shows; the row holds the rest."""
_PLUMBING = frozenset({"id", "client_id", "practice_id", "public_id", "edition"})


class FilterForm(forms.Form):
    """Which changes; all of it in the address. What cannot be understood counts as not asked."""

    client = forms.ChoiceField(required=False, label="Client")
    subject = forms.ChoiceField(required=False, label="What")
    actor = forms.CharField(required=False, max_length=120, label="Who")
    page = forms.IntegerField(required=False, min_value=1, max_value=MOST_PAGES, widget=forms.HiddenInput)

    def __init__(self, clients: list[Client], data: Any) -> None:
        super().__init__(data)
        self.fields["client"].choices = [("", "All"), *((c.slug, c.name) for c in clients)]  # type: ignore[attr-defined]
        noted = sorted((name, label.capitalize()) for name, label in subjects().items())
        self.fields["subject"].choices = [("", "All"), *noted]  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Line:
    """One change in words: the row it is of, and of each column the name, the old value and the new one."""

    change: Change
    subject: str
    name: str
    client: Client | None
    values: tuple[tuple[str, str, str], ...]


@cache
def subjects() -> Mapping[str, str]:
    """The tables that people know, by the name of their model in words."""
    return {m._meta.db_table: str(m._meta.verbose_name) for m in apps.get_models() if getattr(m, "tenancy", None)}


@require_safe
def changes(request: HttpRequest, practice: str) -> HttpResponse:
    """Fifty changes a page, of the practice itself and of all its clients."""
    firm = practice_or_404(request, practice, "see_changes")
    clients = list(Client.objects.filter(practice=firm).order_by("name"))
    form = FilterForm(clients, request.GET)
    form.full_clean()
    asked = form.cleaned_data
    page = asked.get("page") or 1
    rows = list(_found(firm, clients, asked)[stretch(page, A_PAGE)])
    kept = {name: value for name, value in asked.items() if value and name != "page"}
    known, named = {c.pk: c for c in clients}, _people(rows)
    context = {
        "practice": firm,
        "form": form,
        "lines": [line(row, known, named) for row in rows[:A_PAGE]],
        **turns(rows, page, A_PAGE, kept),
    }
    return render(request, "clients/changes.html", context)


def _found(firm: Practice, clients: list[Client], asked: Mapping[str, Any]) -> Any:
    of_clients = [c.pk for c in clients if asked.get("client") in (c.slug, "", None)]
    found = Change.objects.filter(
        Q(client_id__in=of_clients) if asked.get("client") else Q(client_id__in=of_clients) | Q(practice_id=firm.pk)
    )
    if asked.get("subject"):
        found = found.filter(subject=asked["subject"])
    if asked.get("actor"):
        found = found.filter(actor__icontains=asked["actor"])
    return found


def line(change: Change, clients: Mapping[int, Client], people: Mapping[int, str]) -> Line:
    """A change in words. `people` names by the change's id whom a row without a name of its own is about."""
    whole = {**change.before, **change.after}
    return Line(
        change,
        subjects().get(change.subject, change.subject),
        people.get(change.pk) or str(whole.get("name") or whole.get("title") or whole.get("email") or ""),
        clients.get(change.client_id or 0),
        tuple(_values(change)) if change.action == Change.Action.UPDATE else (),
    )


def _people(rows: Iterable[Change]) -> dict[int, str]:
    """Whom rows of roles and rates are about, by the change's id. A changed row notes only what differs, so it is looked up itself."""
    about = {
        model._meta.db_table: [row for row in rows if row.subject == model._meta.db_table]
        for model in (Membership, Staff, HourRate)
    }
    users = {
        row.pk: whole["user_id"]
        for found in about.values()
        for row in found
        if "user_id" in (whole := row.before | row.after)
    }
    held = {row.row_id for row in about[Membership._meta.db_table] if row.pk not in users}
    there = dict(Membership.objects.filter(pk__in=held).values_list("pk", "user_id"))
    users |= {row.pk: there[row.row_id] for row in about[Membership._meta.db_table] if row.row_id in there}
    names = {user.pk: user.label for user in User.objects.filter(pk__in=users.values())}
    return {pk: names[user_id] for pk, user_id in users.items() if user_id in names}


def _values(change: Change) -> Iterator[tuple[str, str, str]]:
    for column in sorted(change.before.keys() - _PLUMBING):
        yield column.removesuffix("_id").replace("_", " "), _said(change.before[column]), _said(change.after[column])


def _said(value: Any) -> str:
    text = (
        "nothing"
        if value in (None, "")
        else {True: "yes", False: "no"}.get(value, value)
        if isinstance(value, bool)
        else value
    )
    text = ", ".join(map(str, text)) if isinstance(text, list) else str(text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
