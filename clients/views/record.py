"""A client's settings: its profile, its people, what it competes with, how its data is handled, when its pulse goes out."""

from copy import copy as duplicate
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from clients.conflicts import Profile, conflicts, exceptions_of, record
from clients.editing import EditForm
from clients.markdown import rendered
from clients.models import Client, Membership, Role, User
from clients.permissions import allowed, client_or_404

from .conflicting import fingerprint, may_be_saved
from .fields import HOURS, NamesField, TagsField

COMPARED = frozenset({"name", "niche", "competitors"})
_SECTIONS = (
    ("profile", "Profile", ("name", "sector", "headcount", "zone", "currency", "colour")),
    ("people", "People", ("lead", "backup", "contacts")),
    ("competition", "Competition", ("niche", "competitors")),
    ("budget", "Budget", ("ai_budget",)),
    ("pulse", "Pulse", ("pulse_hour",)),
    ("handling", "Data handling", ("data_notes",)),
)

NICHE_HELP = "What it lives from, with commas between: “pet insurance, claims”. Two clients in one niche collide."
COMPETITORS_HELP = "One a line. Legal forms, accents and case do not matter: “Müller GmbH” is “MULLER”."


class SettingsForm(EditForm[Client]):
    """All of a client's row that its managers settle."""

    niche = TagsField(required=False, help_text=NICHE_HELP)
    competitors = NamesField(required=False, help_text=COMPETITORS_HELP)
    pulse_hour = forms.TypedChoiceField(
        label="Hour of the pulse",
        choices=HOURS,
        coerce=int,
        help_text="On Friday, in its time zone. From the next pulse on that is not planned yet.",
    )

    class Meta:
        model = Client
        fields: ClassVar = [name for _, _, names in _SECTIONS for name in names]
        labels: ClassVar = {
            "headcount": "People who work there",
            "backup": "Backup",
            "contacts": "Whom to call",
            "ai_budget": "AI spend a month",
            "data_notes": "How its data is handled",
        }
        help_texts: ClassVar = {
            "sector": "In a word or two; it stands on its page.",
            "zone": "Like Europe/Berlin. Days that are counted already stay cut as they were.",
            "currency": "Three letters, like USD.",
            "colour": "Of its line on every page and in its reports.",
            "lead": "Answers to its pulse reach them.",
            "backup": "Takes over when the lead is away.",
            "ai_budget": "In US dollars, as providers bill it. The portfolio says when a month is heading beyond it.",
            "contacts": "One a line: name, for what, how to reach them.",
            "data_notes": "In Markdown: what may be kept, where it may go, whom to ask.",
        }
        widgets: ClassVar = {
            "colour": forms.TextInput(attrs={"type": "color"}),
            "contacts": forms.Textarea(attrs={"rows": 4}),
            "data_notes": forms.Textarea(attrs={"rows": 10}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("lead", "backup"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - tells the type checker what the model says
            field.queryset = candidates(self.instance)
            field.empty_label = "Nobody yet"

    def clean(self) -> dict[str, Any]:
        """The form, with a backup who is somebody else than the lead."""
        cleaned = super().clean() or {}
        if cleaned.get("backup") and cleaned["backup"] == cleaned.get("lead"):
            self.add_error("backup", ValidationError("The backup is somebody else than the lead."))
        return cleaned

    @property
    def sections(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """The fields as the page shows them: an id, a title and the fields under it."""
        return [(key, title, [self[name] for name in names]) for key, title, names in _SECTIONS]


def candidates(client: Client) -> QuerySet[User]:
    """Who can look after a client: its program managers, the practice's owners, and whoever does now."""
    able = Membership.objects.filter(
        Q(client=client, role=Role.PROGRAM_MANAGER) | Q(practice_id=client.practice_id, client=None, role=Role.OWNER)
    )
    now = [pk for pk in (client.lead_id, client.backup_id) if pk]
    return User.objects.filter(Q(pk__in=able.values("user_id"), is_active=True) | Q(pk__in=now)).order_by(
        "name", "email"
    )


@require_http_methods(["GET", "HEAD", "POST"])
def client_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """Show and save a client's settings; what makes it collide with another client is not saved without an owner's exception."""
    client = client_or_404(request, slug, "edit_record")
    owner = allowed(request, client, "see_conflicts")
    # The form writes on a copy: the page's headings say what is saved, not what is being typed.
    form = SettingsForm(request.POST if request.method == "POST" else None, instance=duplicate(client))
    found = []
    if request.method == "POST" and form.is_valid():
        if COMPARED & set(form.changed_data):
            said = form.cleaned_data
            ours = Profile(said["name"], said["niche"], said["competitors"])
            found = conflicts(client.practice_id, ours, client.pk)
        if may_be_saved(form, found, owner=owner) and form.store():
            record(client, found, form.cleaned_data.get("reason", ""), request.user.get_username() if found else "")
            messages.success(request, "Saved. Reports that were sent stay as they were.")
            return redirect("client-settings", slug)
    context = {
        "client": client,
        "form": form,
        "found": found if owner else [],
        "shown": fingerprint(found) if owner and found else "",
        "exceptions": exceptions_of(client) if owner else [],
        "data_notes": rendered(client.data_notes),
    }
    return render(request, "clients/settings.html", context, status=422 if form.errors else 200)
