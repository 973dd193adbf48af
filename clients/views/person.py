"""One person of a practice: role, clients, rate and week; handing their clients over, and ending what they are here."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from clients import people
from clients.editing import EditForm
from clients.hour_costs import change
from clients.listing import listed
from clients.local import today_at
from clients.models import Absence, Client, Membership, Practice, Role, Staff, User
from clients.months import MonthField, month_start, next_month
from clients.people import OF_CLIENT, OF_PRACTICE, RefusedError, changing, held_by, looked_after, role_at, role_word
from clients.permissions import acting_person, practice_or_404
from clients.tenancy import practice as whole_practice
from clients.writing import number_text


class StaffForm(EditForm[Staff]):
    """What an hour of theirs costs from which month on, and how long their week is."""

    month = MonthField(label="A new rate counts from", required=False)

    class Meta:
        model = Staff
        fields: ClassVar = ["hourly_rate", "weekly_hours"]
        labels: ClassVar = {"hourly_rate": "What an hour of theirs costs", "weekly_hours": "Hours a week"}
        help_texts: ClassVar = {"weekly_hours": "For you, on all clients together."}

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["hourly_rate", "month"])
        self.was, self.this_month, self.changed = self.instance.hourly_rate, month_start(today), False
        self.initial["month"] = self.this_month
        self.fields["month"].help_text = "Margins of earlier months keep the rate that held then."
        firm = self.instance.practice
        usual = f"Empty: {number_text(firm.hourly_rate, 2)}, as for everybody." if firm.hourly_rate is not None else ""
        self.fields["hourly_rate"].help_text = f"In {firm.currency}. {usual} Nobody but owners sees it.".replace(
            "  ", " "
        )

    def clean_month(self) -> date:
        """A month that can be meant; this one where none is given."""
        month: date = self.cleaned_data["month"] or self.this_month
        if not month.year >= 2000 or month > next_month(self.this_month, 12):
            raise ValidationError(f"{month:%B %Y} is far from now: look at the year.")
        return month

    def store(self) -> bool:
        """Write rate and week, and from when on the rate counts where it is another one."""
        row = self.instance
        with transaction.atomic():
            stored = super().store()
            if stored and (self.was != row.hourly_rate or "month" in self.changed_data):
                self.changed = change(row.practice, row.user, self.was, row.hourly_rate, self.cleaned_data["month"])
        return stored

    @property
    def saved(self) -> str:
        """What was saved, in a sentence."""
        if not self.changed:
            return "Saved."
        return (
            f"Saved: from {self.cleaned_data['month']:%B %Y} on margins count {self.instance.user.label}’s hours so. Months before"
            " stay as they were."
        )


class TakerForm(forms.Form):
    """Who takes the clients over."""

    taker = forms.ChoiceField(label="Who takes them over")

    def __init__(self, firm: Practice, giver: User, *args: Any, nobody: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Membership.objects.filter(practice=firm, role__in=OF_PRACTICE).exclude(user=giver).select_related("user")
        self.people = {row.user.public_id: row.user for row in rows}
        offered = sorted(((key, user.label) for key, user in self.people.items()), key=lambda pair: pair[1].lower())
        self.fields["taker"].choices = [("", nobody or "Choose"), *offered]  # type: ignore[attr-defined]
        self.fields["taker"].required = not nobody

    @property
    def chosen(self) -> User | None:
        """The person chosen; None where nobody is."""
        return self.people.get(self.cleaned_data["taker"])


@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, practice: str, public_id: str) -> HttpResponse:
    """The person's page; a POST saves their rate and week."""
    firm, who, rows = _asked(request, practice, public_id)
    role = role_at(firm, rows)
    if request.method == "POST" and role is None:
        raise Http404("Rate and week are of those who work for the practice.")
    with whole_practice(firm):
        staff = Staff.objects.filter(practice=firm, user=who).first()
        if staff is None and request.method == "POST":
            staff, _ = Staff.objects.get_or_create(practice=firm, user=who)
        typed = request.POST if request.method == "POST" else None
        row, today = staff or Staff(practice=firm, user=who), today_at(acting_person(request))
        form = StaffForm(typed, instance=row, today=today) if role else None
        if form is not None and request.method == "POST" and form.is_valid() and form.store():
            messages.success(request, form.saved)
            return redirect("person", firm.slug, who.public_id)
    clients = {client.pk: client for client in looked_after(firm, who)} | {
        r.client.pk: r.client for r in rows if r.client
    }
    here = {row.client_id: row.role for row in rows}
    listed = [
        (client, client.lead_id == who.pk, role_word(firm, here[client.pk]) if client.pk in here else "")
        for client in sorted(clients.values(), key=lambda client: client.name.lower())
    ]
    every = Client.objects.filter(practice=firm).order_by("name")
    known = [row.since for row in rows if row.since]
    context = {
        "practice": firm,
        "who": who,
        "role": role,
        "roles": [(r.value, role_word(firm, r), r is role) for r in Role if r in OF_PRACTICE],
        "client_roles": [(r.value, role_word(firm, r)) for r in Role if r in OF_CLIENT],
        "clients": listed,
        "others": [client for client in every if client.pk not in here],
        "sentence": sentence(firm, who, role, [client.name for client, leads, _ in listed if leads], len(listed)),
        "since": min(known) if len(known) == len(rows) else None,
        "leaves": Absence.objects.filter(practice=firm, person=who, last__gte=today_at(who))[:10] if role else (),
        "form": form,
    }
    return render(request, "clients/person.html", context, status=422 if form is not None and form.errors else 200)


@require_POST
def act(request: HttpRequest, practice: str, public_id: str) -> HttpResponse:
    """One change: ``do`` is role, assign, lead or take; ``client`` and ``role`` say to what."""
    firm, who, rows = _asked(request, practice, public_id)
    do, slug, named = (request.POST.get(name, "") for name in ("do", "client", "role"))
    client = Client.objects.filter(practice=firm, slug=slug).first()
    staff = role_at(firm, rows) is not None
    role = Role(named) if named in Role.values else Role.PROGRAM_MANAGER if staff and do == "assign" else None
    try:
        with changing(firm):
            done = _changed(firm, who, do, client, role)
        messages.success(request, done)
    except RefusedError as refused:
        messages.error(request, str(refused))
    if do == "take" and not staff and len(rows) == 1:
        return redirect("people", firm.slug)
    # Who makes themselves a manager has no page of people any more.
    return redirect("clients") if do == "role" and who == request.user else redirect("person", firm.slug, public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest, practice: str, public_id: str) -> HttpResponse:
    """List what the person looks after, and give all of it to somebody else."""
    firm, who, _ = _asked(request, practice, public_id)
    form = TakerForm(firm, who, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and (taker := form.chosen):
        try:
            with changing(firm):
                given = people.hand_over(firm, who, taker)
        except RefusedError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request, f"{taker.label} looks after {listed([c.name for c in given]) or 'no client'} now."
            )
            return redirect("person", firm.slug, taker.public_id)
    return _confirm(request, "clients/hand_over.html", firm, who, form)


@require_http_methods(["GET", "HEAD", "POST"])
def deactivate(request: HttpRequest, practice: str, public_id: str) -> HttpResponse:
    """Say what ends when the person leaves, and end it."""
    firm, who, _ = _asked(request, practice, public_id)
    form = TakerForm(firm, who, request.POST if request.method == "POST" else None, nobody="Nobody for now")
    if request.method == "POST" and form.is_valid():
        try:
            with changing(firm):
                people.leave(firm, who, form.chosen)
        except RefusedError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"{who.label} sees nothing of {firm.name} any more.")
            return redirect("clients") if who == request.user else redirect("people", firm.slug)
    return _confirm(request, "clients/deactivate.html", firm, who, form)


def sentence(firm: Practice, who: User, role: Role | None, leads: list[str], clients: int) -> str:
    """Who the person is, and for whom."""
    if role is None:
        return f"{who.label} belongs to {clients} {'clients' if clients != 1 else 'client'} of {firm.name}."
    word = role_word(firm, role).lower()
    named = f"{who.label} is {'an' if word[:1] in 'aeiou' else 'a'} {word}"
    if not clients:
        return f"{named} and looks after no client."
    return f"{named} and leads {listed(leads)}." if leads else f"{named} and leads no client."


def _changed(firm: Practice, who: User, do: str, client: Client | None, role: Role | None) -> str:
    """Make one change; returns it in words."""
    if do == "role" and role is not None:
        people.change_role(firm, who, role)
        return f"{who.label} is {role_word(firm, role).lower()} now."
    if do == "role":
        raise RefusedError("Choose a role first.")
    if client is None or do not in ("assign", "lead", "take"):
        raise RefusedError("Choose a client first.")
    if do == "take":
        people.take_away(firm, who, client)
        return f"{client.name} is no longer {who.label}’s."
    if do == "lead":
        people.make_lead(firm, who, client)
        return f"{who.label} leads {client.name} now."
    if role is None:
        raise RefusedError(f"Say what {who.label} shall be at {client.name}.")
    people.assign(firm, who, client, role)
    return f"{who.label} is {role_word(firm, role).lower()} of {client.name} now."


def _asked(request: HttpRequest, slug: str, public_id: str) -> tuple[Practice, User, list[Membership]]:
    """The practice, the person, and what they are there. Raises Http404 for who has no role there."""
    firm = practice_or_404(request, slug, "manage_people")
    who = User.objects.filter(public_id=public_id).first()
    rows = list(held_by(firm, who)) if who else []
    if who is None or not rows:
        raise Http404("Nobody with a role here has this page: they may have been deactivated.")
    return firm, who, rows


def _confirm(request: HttpRequest, template: str, firm: Practice, who: User, form: TakerForm) -> HttpResponse:
    clients = list(looked_after(firm, who))
    context = {
        "practice": firm,
        "who": who,
        "form": form,
        "clients": [(client, client.lead_id == who.pk) for client in clients],
    }
    return render(request, template, context, status=422 if form.errors else 200)
