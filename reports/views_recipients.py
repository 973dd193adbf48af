"""Who gets a client's reports: the list as its managers keep it, and each recipient's own way off it and back."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from clients.models import Client
from clients.permissions import client_or_404
from clients.tenancy import by_token, scope

from .models import Recipient

MOST = 100
"""Addresses on one client's list: a client with more has a mailing list of its own."""


class RecipientForm(forms.ModelForm[Recipient]):
    """An address to put on the list."""

    class Meta:
        model = Recipient
        fields: ClassVar = ["email", "name"]
        labels: ClassVar = {"email": "Address"}

    def __init__(self, *args: Any, client: Client, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = client

    def clean_email(self) -> str:
        """The address, where it can be put on the list. One that was taken off is put back; who unsubscribed is not."""
        email = str(self.cleaned_data["email"]).strip().lower()
        known = Recipient.objects.filter(client=self.client, email=email).first()
        if known and known.unsubscribed_at:
            raise ValidationError(
                f"{email} unsubscribed, and only they can come back: by the link at the foot of any mail they had from you."
            )
        if known and known.removed_at is None:
            raise ValidationError(f"{email} is on the list already.")
        if Recipient.objects.on_the_list().filter(client=self.client).count() >= MOST:
            raise ValidationError(
                f"The list holds {MOST} addresses: send to a mailing list of the client’s own instead."
            )
        self.known = known
        return email

    def put_on(self) -> Recipient:
        """The recipient, on the list from now on."""
        recipient = self.known or Recipient(client=self.client, email=self.cleaned_data["email"])
        recipient.name, recipient.removed_at = self.cleaned_data["name"], None
        recipient.save()
        return recipient


@require_http_methods(["GET", "HEAD", "POST"])
def recipients(request: HttpRequest, slug: str) -> HttpResponse:
    """The list, those who unsubscribed among them, and a form to add somebody."""
    client = client_or_404(request, slug, "manage_recipients")
    form = RecipientForm(request.POST if request.method == "POST" else None, client=client)
    if request.method == "POST" and form.is_valid():
        added = form.put_on()
        messages.success(request, f"{added.email} gets the pulse of {client.name} from the next one on.")
        return redirect("recipients", slug)
    shown = Recipient.objects.filter(client=client)
    context = {
        "client": client,
        "form": form,
        "on": list(shown.on_the_list()),
        "gone": list(shown.exclude(unsubscribed_at=None)[:MOST]),
    }
    return render(request, "reports/recipients.html", context, status=422 if form.errors else 200)


@require_POST
def remove(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Take somebody off the list; adding the address again undoes it."""
    client = client_or_404(request, slug, "manage_recipients")
    recipient = get_object_or_404(Recipient, client=client, public_id=public_id)
    Recipient.objects.filter(pk=recipient.pk, removed_at=None).update(removed_at=timezone.now())
    messages.success(request, f"{recipient.email} is off the list. Adding the address undoes that.")
    return redirect("recipients", slug)


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Take a recipient off the list, or with ``again`` put them back: their own wish either way.

    A GET only asks, because mail scanners follow links; a POST is RFC 8058's one click.
    """
    with by_token(token) as digest:
        found = Recipient.objects.filter(unsubscribe_digest=digest).values_list("client_id", "pk").first()
    if found is None:
        raise Http404("This link is not known. It may have been cut off in the mail: copy it whole.")
    client_id, recipient_id = found
    with scope(client_id):
        mine = Recipient.objects.filter(pk=recipient_id)
        if request.method == "POST" and "again" in request.POST:
            mine.update(unsubscribed_at=None)
        elif request.method == "POST":
            mine.filter(unsubscribed_at=None).update(unsubscribed_at=timezone.now())
        recipient = Recipient.objects.select_related("client__practice").get(pk=recipient_id)
        return render(
            request, "reports/unsubscribe.html", {"recipient": recipient, "came_back": "again" in request.POST}
        )
