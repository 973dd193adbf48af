"""Writing down whom a client buys AI from. What is written stands on a page above, next to what vendors bill."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from clients.days import PossibleDays
from clients.editing import EditForm
from clients.local import today_at
from clients.models import Vendor, VendorTalk
from clients.permissions import client_or_404

from .fields import day_input

SECTIONS = (
    ("vendor", "The vendor", ("name", "buys", "contact", "billed_as")),
    (
        "contract",
        "The contract",
        (
            "contract",
            "commitment",
            "currency",
            "commitment_per",
            "renews_on",
            "notice_days",
            "renews_itself",
            "ended_on",
        ),
    ),
    ("data", "What it may do with data", ("retention", "training", "region", "dpa_link")),
)
"""The form's parts: key, title, fields."""


class VendorForm(EditForm[Vendor]):
    """A vendor, its contract and what it may do with data."""

    taken = ("name", "Somebody wrote this vendor down just now: change that one.")

    class Meta:
        model = Vendor
        fields: ClassVar = [name for _key, _title, names in SECTIONS for name in names]
        labels: ClassVar = {
            "commitment": "Commitment",
            "commitment_per": "is paid",
            "renews_on": "Renews on",
            "notice_days": "Days of notice",
            "ended_on": "Ended on",
        }
        help_texts: ClassVar = {
            "buys": "Like “GPT-4o by API, 40 seats of ChatGPT Business”.",
            "contact": "Who answers there.",
            "billed_as": "What the cost page calls it, where that is another name than above.",
            "contract": "Its number, or where it lies.",
            "commitment": "What is paid at least, whatever is used.",
            "notice_days": "Before the renewal. The last day for notice is worked out from it.",
            "renews_itself": "Unless notice is given. Otherwise it ends on that day.",
            "ended_on": "Only where the contract is over.",
            "retention": "Like “30 days, none for the API”.",
            "region": "Like “EU (Frankfurt)”.",
            "dpa_link": "Where it can be read: https://…",
        }
        widgets: ClassVar = {"renews_on": day_input(), "ended_on": day_input()}

    @property
    def parts(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """The form's sections: key, title, fields."""
        return [(key, title, [self[name] for name in names]) for key, title, names in SECTIONS]

    def clean_name(self) -> str:
        """A name that no other vendor of the client has."""
        name: str = self.cleaned_data["name"]
        others = Vendor.objects.filter(client=self.instance.client, name__iexact=name).exclude(pk=self.instance.pk)
        if there := others.first():
            raise ValidationError(f"“{there.name}” is written down already: change that one.")
        return name

    def clean_ended_on(self) -> date | None:
        """A day that has come, or none."""
        day: date | None = self.cleaned_data["ended_on"]
        if day and day > today_at(self.instance.client):
            raise ValidationError(
                "That day has not come: until then the contract runs. Say when it ends under “Renews on”."
            )
        return day

    def clean(self) -> dict[str, Any]:
        """The form, unless a notice period leads before the calendar begins."""
        cleaned = super().clean() or {}
        if cleaned.get("notice_days") and "renews_on" in cleaned and cleaned["renews_on"] is None:
            self.add_error("renews_on", "Days of notice count back from the renewal: write when it renews.")
        renews = cleaned.get("renews_on")
        if renews and not 2000 <= renews.year <= 2100:
            self.add_error("renews_on", f"{renews.year} is no year a contract renews in: write it like 2027-03-31.")
        return cleaned


class TalkForm(PossibleDays, forms.ModelForm[VendorTalk]):
    """A conversation with a vendor."""

    class Meta:
        model = VendorTalk
        fields: ClassVar = ["day", "people", "text"]
        labels: ClassVar = {"day": "On", "people": "With whom", "text": "What was said"}
        widgets: ClassVar = {"day": day_input(), "text": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, today: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_day(self) -> date:
        """A day that has come."""
        day: date = self.cleaned_data["day"]
        if day > self.today:
            raise ValidationError("That day has not come yet.")
        return day


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Write a vendor down; ``?name=`` proposes one that bills already."""
    client = client_or_404(request, slug, "edit_vendors")
    row = Vendor(client=client, currency=client.currency)
    opened = {"name": request.GET.get("name", "")[:120]}
    form = VendorForm(request.POST if request.method == "POST" else None, instance=row, initial=opened)
    if request.method == "POST" and form.is_valid() and form.store():
        messages.success(request, f"{row.name} is written down.")
        return redirect("vendor", client.slug, row.public_id)
    context = {"client": client, "row": None, "title": "", "form": form}
    return render(request, "clients/vendor_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Change what is written of a vendor."""
    client = client_or_404(request, slug, "edit_vendors")
    row = get_object_or_404(Vendor, client=client, public_id=public_id)
    row.client, title = client, row.name
    form = VendorForm(request.POST if request.method == "POST" else None, instance=row)
    if request.method == "POST" and form.is_valid() and form.store():
        messages.success(request, f"{row.name} is saved.")
        return redirect("vendor", client.slug, row.public_id)
    context = {"client": client, "row": row, "title": title, "form": form}
    return render(request, "clients/vendor_form.html", context, status=422 if form.errors else 200)
