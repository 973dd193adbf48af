"""Adding a client in the browser: its owner says what it is, and it is compared with every other client first."""

from copy import deepcopy
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods

from clients.conflicts import conflicts, profile_of, record
from clients.models import Client, Membership, Practice, Role, User
from clients.people import managers
from clients.permissions import acting_person, practice_or_404
from clients.tenancy import practice as whole_practice

from .conflicting import fingerprint, may_be_saved
from .fields import NamesField, TagsField
from .record import COMPETITORS_HELP, NICHE_HELP

_TAKEN = "There is a client called {name} already: write what tells the two apart, too."
PROPOSALS = 20
"""How many short names are tried before the person is asked for one."""


class NewClientForm(forms.ModelForm[Client]):
    """What a client needs to begin with; the rest is in its settings."""

    slug = forms.SlugField(
        required=False,
        max_length=50,
        label="Short name",
        help_text="In its addresses, for good: “acme” is /c/acme/. Left empty, it is made from the name; "
        "you see it first where that is not plain.",
    )
    niche = TagsField(required=False, help_text=NICHE_HELP)
    competitors = NamesField(required=False, help_text=COMPETITORS_HELP)

    class Meta:
        model = Client
        fields: ClassVar = ["name", "slug", "zone", "currency", "sector", "colour", "lead", "niche", "competitors"]
        help_texts: ClassVar = {
            "zone": "Like Europe/Berlin. It decides where its days begin and when its Friday is.",
            "currency": "Three letters, like USD.",
            "colour": "Of its line on every page and in its reports.",
            "lead": "Who is told of what happens there. A program manager is given access with it.",
        }
        widgets: ClassVar = {"colour": forms.TextInput(attrs={"type": "color"})}

    def __init__(self, *args: Any, firm: Practice, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.firm = firm
        self.initial = {"currency": firm.currency, "lead": person.pk, **self.initial}
        lead = self.fields["lead"]
        assert isinstance(lead, forms.ModelChoiceField)  # noqa: S101 - tells the type checker what the model says
        lead.queryset = managers(firm)
        lead.empty_label = "Nobody yet"

    def clean_name(self) -> str:
        """A name that no other client of the practice has."""
        name = str(self.cleaned_data["name"])
        if self._has(name):
            raise ValidationError(_TAKEN.format(name=name))
        return name

    def _has(self, name: str) -> bool:
        return Client.objects.filter(practice=self.firm, name__iexact=name).exists()

    def add(self) -> Client | None:
        """Write the client, and its lead's access.

        None, with an error on the form, where its short name is taken, or was not typed and nobody could tell it from the name: which of
        them is free shows only in writing it, for other practices' clients are not to be seen.
        """
        client, typed = self.instance, self.cleaned_data["slug"]
        client.practice_id = self.firm.pk
        for slug in [typed] if typed else proposals(client.name):
            client.slug = slug
            asks = not typed and not is_plain(client.name, slug)
            try:
                with transaction.atomic():
                    with whole_practice(self.firm.pk):
                        # Of two who add one name at once the second waits here, and learns of the first.
                        Practice.objects.select_for_update().get(pk=self.firm.pk)
                        if self._has(client.name):
                            self.add_error("name", _TAKEN.format(name=client.name))
                            return None
                        client.save(force_insert=True)
                        if client.lead:
                            _give_access(client, client.lead)
                    if asks:
                        transaction.set_rollback(True)
            except IntegrityError:
                client.pk = None
                continue
            if not asks:
                return client
            client.pk = None
            self._show(slug)
            return None
        # Another practice's client may have it, of which nothing else is told.
        self.add_error("slug", f"“{client.slug}” is taken. Choose another short name.")
        return None

    def _show(self, slug: str) -> None:
        """Put a short name into its field, to be kept or changed."""
        again: Any = deepcopy(self.data)
        again[self.add_prefix("slug")] = slug
        self.data = again
        self.add_error(
            "slug", f"Its address is going to be /c/{slug}/, for good. Keep it or write another, then add it."
        )


def is_plain(name: str, slug: str) -> bool:
    """Whether a short name is what anybody would expect of a name: no number was added, and no letter of the name is left out."""
    return slug == slugify(name) and all(slugify(letter) for letter in name if letter.isalnum())


def proposals(name: str) -> list[str]:
    """Short names made from a name, the plainest first."""
    base = slugify(name)[:46].strip("-") or "client"
    return [base, *(f"{base}-{number}" for number in range(2, PROPOSALS))]


def _give_access(client: Client, lead: User) -> None:
    if not Membership.objects.filter(practice_id=client.practice_id, client=None, user=lead, role=Role.OWNER).exists():
        Membership.objects.create(practice_id=client.practice_id, client=client, user=lead, role=Role.PROGRAM_MANAGER)


@require_http_methods(["GET", "HEAD", "POST"])
def new_client(request: HttpRequest, practice: str) -> HttpResponse:
    """Ask for a client and add it. One that collides with another is added only with an owner's reason."""
    firm = practice_or_404(request, practice, "add_client")
    form = NewClientForm(request.POST if request.method == "POST" else None, firm=firm, person=acting_person(request))
    found = []
    if request.method == "POST" and form.is_valid():
        found = conflicts(firm.pk, profile_of(form.instance))
        if may_be_saved(form, found, owner=True) and (client := form.add()):
            record(client, found, form.cleaned_data.get("reason", ""), request.user.get_username())
            messages.success(
                request, f"{client.name} is there. Its settings can say more of it; its sources come next."
            )
            return redirect("client-settings", client.slug)
    context = {"practice": firm, "form": form, "found": found, "shown": fingerprint(found) if found else ""}
    return render(request, "clients/new_client.html", context, status=422 if form.errors else 200)
