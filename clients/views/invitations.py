"""Invitations of a practice: who was asked to be what, how it stands, and asking somebody new.

An owner asks for every role; a manager asks executives and contributors of the clients they look after, and sees no other invitation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients import invitations
from clients.invitations import Standing, standing
from clients.marks import Mark
from clients.models import Client, Invitation, InvitedTo, Membership, Practice, Role, Sending
from clients.paging import MOST_PAGES, stretch, turns
from clients.people import OF_CLIENT, OF_PRACTICE, role_word
from clients.permissions import allowed, practice_or_404
from clients.tasks import send_invitation
from clients.tenancy import practice as whole_practice
from clients.writing import day_text

A_PAGE = 50


@dataclass(frozen=True)
class Row:
    """One invitation in the list, in words."""

    invitation: Invitation
    role: str
    clients: str
    mark: Mark
    note: str
    may_resend: bool
    may_withdraw: bool


class InviteForm(forms.Form):
    """Whom, as what, for which clients."""

    email = forms.EmailField(label="Address", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label="Role", widget=forms.RadioSelect)
    clients = forms.MultipleChoiceField(
        label="Clients",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Whom they look after, or whose people they are.",
    )

    def __init__(
        self, firm: Practice, roles: Sequence[Role], clients: Sequence[Client], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.firm, self.offered = firm, {client.slug: client for client in clients}
        self.fields["role"].choices = [(role.value, role_word(firm, role)) for role in roles]  # type: ignore[attr-defined]
        self.fields["clients"].choices = [(client.slug, client.name) for client in clients]  # type: ignore[attr-defined]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean_clients(self) -> list[Client]:
        return [self.offered[slug] for slug in self.cleaned_data["clients"]]

    def clean(self) -> dict[str, Any]:
        """The form, unless a client's own person would have no client, or the person is that already."""
        cleaned = super().clean() or {}
        if not cleaned.get("role") or "clients" not in cleaned or not cleaned.get("email"):
            return cleaned
        role = Role(cleaned["role"])
        if role in OF_CLIENT and not cleaned["clients"]:
            self.add_error("clients", f"Say whose {role.label.lower()} they shall be: choose a client.")
        elif standing_there := self._is_already(cleaned["email"], role, cleaned["clients"]):
            self.add_error("email", standing_there)
        return cleaned

    def _is_already(self, email: str, role: Role, clients: Sequence[Client]) -> str:
        """What the address is here already, as far as who asks may know: at the clients offered, and for an owner in the practice."""
        rows = Membership.objects.filter(practice=self.firm, user__email__iexact=email).select_related("client")
        for row in rows:
            if row.client is None and role in OF_PRACTICE:
                return f"{email} works for {self.firm.name} already: their page under People changes what they do."
            if row.client in clients:
                return f"{email} is {role_word(self.firm, row.role).lower()} of {row.client} already."
        return ""


@require_safe
def listed(request: HttpRequest, practice: str) -> HttpResponse:
    """The open invitations, or all with ``?show=all``, newest first."""
    firm = practice_or_404(request, practice, "invite")
    everything = request.GET.get("show") == "all"
    page = _page(request)
    now = timezone.now()
    with whole_practice(firm):
        found = _visible(request, firm)
        found = found if everything else found.filter(accepted_at=None, withdrawn_at=None)
        found = found.select_related("invited_by", "accepted_by").prefetch_related("clients")
        rows = [row_of(firm, one, now) for one in found[stretch(page, A_PAGE)]]
    kept = {"show": "all"} if everything else {}
    context = {
        "practice": firm,
        "rows": rows[:A_PAGE],
        "everything": everything,
        "sentence": sentence(rows, everything=everything),
        "may_see_people": allowed(request, firm, "manage_people"),
        **turns(rows, page, A_PAGE, kept),
    }
    return render(request, "clients/invitations.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, practice: str) -> HttpResponse:
    """Ask somebody; ``?client=slug`` and ``?role=`` choose beforehand."""
    firm = practice_or_404(request, practice, "invite")
    roles = [role for role in Role if role in OF_CLIENT or allowed(request, firm, "manage_people")]
    clients = _mine(request, firm)
    opened = {"clients": request.GET.getlist("client"), "role": request.GET.get("role", "")}
    form = InviteForm(firm, roles, clients, request.POST if request.method == "POST" else None, initial=opened)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        now = timezone.now()
        with whole_practice(firm):
            same = _visible(request, firm).filter(accepted_at=None, withdrawn_at=None, email__iexact=said["email"])
            asked = next((one for one in same if standing(one, now) is Standing.OPEN), None)
            stop = "" if asked else invitations.refused(firm, now, anew=True)
            if asked is None and not stop:
                made = invitations.invite(firm, request.user, said["email"], Role(said["role"]), said["clients"], now)  # type: ignore[arg-type]
        if asked is None and not stop:
            _send(made)
            messages.success(request, f"{made.email} is invited. The mail leaves in a few seconds.")
            return redirect("invitations", firm.slug)
        if asked:
            stop = f"{asked.email} was invited on {day_text(asked.created_at)} already: send that again, or withdraw it first."
        form.add_error("email" if asked else None, stop)
    context = {"practice": firm, "form": form}
    return render(request, "clients/invite.html", context, status=422 if form.errors else 200)


@require_POST
def act(request: HttpRequest, practice: str, public_id: str) -> HttpResponse:
    """Send an invitation again with a new link, or withdraw it: ``do`` says which."""
    firm = practice_or_404(request, practice, "invite")
    acts = {"resend": invitations.resend, "withdraw": invitations.withdraw}
    do = acts.get(request.POST.get("do", ""))
    stop, now = "", timezone.now()
    with whole_practice(firm):
        invitation = get_object_or_404(_visible(request, firm), public_id=public_id)
        if do is invitations.resend:
            stop = invitations.refused(firm, now, anew=False)
        done = do is not None and not stop and do(invitation, now)
    if stop:
        messages.error(request, stop)
    elif do is None:
        messages.error(request, "Say what to do: send it again, or withdraw it.")
    elif not done:
        messages.info(request, f"The invitation of {invitation.email} is over, or is being sent this very moment.")
    elif do is invitations.resend:
        _send(invitation)
        messages.success(request, f"{invitation.email} gets a new link; the old one no longer works.")
    else:
        messages.success(request, f"Withdrawn: the link sent to {invitation.email} no longer works.")
    return redirect("invitations", firm.slug)


def row_of(firm: Practice, invitation: Invitation, now: datetime) -> Row:
    """An invitation in words. What is open and settled can be sent again, what is open can be withdrawn."""
    stands = standing(invitation, now)
    is_open = stands in (Standing.OPEN, Standing.EXPIRED)
    mark, note = _said(invitation, stands)
    return Row(
        invitation,
        role_word(firm, invitation.role),
        ", ".join(sorted(client.name for client in invitation.clients.all())),
        mark,
        note,
        is_open and invitation.sending not in (Sending.WAITING, Sending.CLAIMED),
        is_open,
    )


def sentence(rows: Sequence[Row], *, everything: bool) -> str:
    """What a person shall look at, else how many wait for an answer."""
    unsure = [row.invitation.email for row in rows if row.may_withdraw and row.mark.tone in ("off", "watch")]
    if unsure:
        return f"{unsure[0]}{f' and {len(unsure) - 1} more' if unsure[1:] else ''} may not have a link that works."
    if not rows:
        return "Nobody was invited yet." if everything else "No invitation is open."
    waiting = sum(row.may_withdraw for row in rows)
    return f"{waiting} {'invitations wait' if waiting != 1 else 'invitation waits'} for an answer."


def _said(invitation: Invitation, stands: Standing) -> tuple[Mark, str]:
    if stands is Standing.ACCEPTED:
        by = invitation.accepted_by.label if invitation.accepted_by else ""
        return Mark("good", "good", "Accepted"), f"{by}, {_day(invitation.accepted_at)}"
    if stands is Standing.WITHDRAWN:
        return Mark("nodata", "none", "Withdrawn"), _day(invitation.withdrawn_at)
    if stands is Standing.EXPIRED:
        return Mark("watch", "watch", "Expired"), f"on {_day(invitation.expires_at)}: send it again"
    if invitation.sending == Sending.FAILED:
        return Mark("off", "off", "Not sent"), invitation.error
    if invitation.sending == Sending.UNCERTAIN:
        asks = f"{invitation.error.rstrip('.')}. Ask whether it came, or send it again. Its Message-ID: {invitation.message_id}"
        return Mark("watch", "watch", "Uncertain"), asks
    if invitation.sending == Sending.SENT:
        return Mark(
            "early", "none", "Sent"
        ), f"{_day(invitation.sent_at)}; its link works until {_day(invitation.expires_at)}"
    return Mark("early", "none", "Being sent"), invitation.error and f"{invitation.error} It is tried again."


def _day(moment: datetime | None) -> str:
    return day_text(moment, year=True, short=True) if moment else ""


def _mine(request: HttpRequest, firm: Practice) -> list[Client]:
    """The clients that the person may invite to, by name."""
    return [c for c in Client.objects.filter(practice=firm).order_by("name") if allowed(request, c, "invite")]


def _visible(request: HttpRequest, firm: Practice) -> QuerySet[Invitation]:
    """The invitations that the person may see and act on. Needs the whole practice's scope."""
    found = Invitation.objects.filter(practice=firm)
    if allowed(request, firm, "manage_people"):
        return found
    # In this scope all of the practice's clients can be read: what is theirs is said by their roles.
    mine = [client.pk for client in _mine(request, firm)]
    about = InvitedTo.objects.filter(practice=firm)
    theirs, others = about.filter(client__in=mine), about.exclude(client__in=mine)
    return found.filter(role__in=OF_CLIENT, pk__in=theirs.values("invitation_id")).exclude(
        pk__in=others.values("invitation_id")
    )


def _send(invitation: Invitation) -> None:
    """Have a worker write to them once this is committed; should that be lost, the clock finds it within a minute."""
    ids = {"practice_id": invitation.practice_id, "invitation_id": invitation.pk}
    transaction.on_commit(lambda: send_invitation.delay(**ids))


def _page(request: HttpRequest) -> int:
    asked = request.GET.get("page", "1")
    if not asked.isascii() or not asked.isdecimal() or not 0 < int(asked[:9]) <= MOST_PAGES:
        return 1
    return int(asked)
