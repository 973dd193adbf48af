"""Where an invitation's link leads: a new person chooses a name and a password, a known one signs in, and accepts."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clients import invitations
from clients.acting import Actor, acting
from clients.invitations import Found, Standing
from clients.models import Invitation, User
from clients.people import role_word
from clients.tenancy import practice

from .doorstep import address_of, too_often


class NewPersonForm(forms.Form):
    """Who they are and the password they choose."""

    name = forms.CharField(max_length=120, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label="A password",
        strip=False,
        max_length=256,
        help_text="At least 12 characters, and none of the common ones.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, email: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        """The form, with the password judged as any other would be."""
        cleaned = super().clean() or {}
        if password := cleaned.get("password"):
            try:
                validate_password(password, User(email=self.email, name=cleaned.get("name", "")))
            except ValidationError as fault:
                self.add_error("password", fault)
        return cleaned


class _TooLateError(Exception):
    """It was accepted, withdrawn or ran out while the form was open."""


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Show the invitation, and accept it. A GET changes nothing, because mail scanners follow links."""
    if answer := too_often(request, "join"):
        return answer
    found = invitations.find(token)
    if found is None:
        raise Http404(
            "This link is not known. A newer one may have been sent, or it was cut off in the mail: copy it whole."
        )
    with practice(found.practice_id):
        invitation = Invitation.objects.select_related("practice", "invited_by").get(pk=found.invitation_id)
        clients = list(invitation.clients.order_by("name").values_list("name", flat=True))
    context: dict[str, Any] = {
        "invitation": invitation,
        "firm": invitation.practice,
        "role": role_word(invitation.practice, invitation.role).lower(),
        "clients": clients,
        "here": request.path,
    }
    stands = invitations.standing(invitation, timezone.now())
    if stands is not Standing.OPEN:
        return render(request, "clients/join_over.html", context | {"stands": stands.value}, status=410)
    # The trail names the address, never the token in the path.
    origin = f"{request.method} /join/ from {address_of(request)}"
    if isinstance(request.user, User):
        return _known(request, found, request.user, origin, context)
    if User.objects.filter(email__iexact=invitation.email).exists():
        return render(request, "clients/join_known.html", context | {"whose": "nobody"})
    return _new(request, found, origin, context)


def _known(request: HttpRequest, found: Found, person: User, origin: str, context: dict[str, Any]) -> HttpResponse:
    """Somebody is signed in: they accept if the invitation is to their address, else they are told whose it is not."""
    if person.email.lower() != context["invitation"].email.lower():
        return render(request, "clients/join_known.html", context | {"whose": "other"})
    if request.method != "POST":
        return render(request, "clients/join_known.html", context | {"whose": "own"})
    with acting(Actor(person.pk, person.label, origin)):
        accepted = invitations.accept(found, person, timezone.now())
    return _welcome(request, context) if accepted else redirect(request.path)


def _new(request: HttpRequest, found: Found, origin: str, context: dict[str, Any]) -> HttpResponse:
    """Nobody has a login for the address: they make one, and are signed in with it."""
    email = context["invitation"].email
    form = NewPersonForm(email, request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "clients/join_new.html", context | {"form": form}, status=422 if form.errors else 200)
    try:
        with transaction.atomic():
            person = User.objects.create_user(email, form.cleaned_data["password"], name=form.cleaned_data["name"])
            with acting(Actor(person.pk, person.label, origin)):
                if not invitations.accept(found, person, timezone.now()):
                    raise _TooLateError
    except (IntegrityError, _TooLateError):
        # Somebody was quicker: the page says now how things stand.
        return redirect(request.path)
    login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    return _welcome(request, context)


def _welcome(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    messages.success(
        request, f"You are in: {context['role']} at {' and '.join(context['clients']) or context['firm'].name}."
    )
    return redirect("clients")
