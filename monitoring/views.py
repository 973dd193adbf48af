"""The sources page: what feeds a client, how fresh it is, what is wrong, and its token: renewed or withdrawn, never at one click."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clients.models import Client
from clients.permissions import allowed, client_or_404

from . import doubles
from .doors import issue_token, push_source, withdraw_token
from .models import PushKind, Source, Texts
from .text_field import text_field


class SourceForm(forms.Form):
    """A new way in for traces: its name, and the system its data belongs to when the data does not say."""

    name = forms.CharField(
        max_length=120, label="Name of the source", help_text="What sends: “Support bot, production”."
    )
    system = forms.CharField(
        max_length=120, label="AI system", help_text="The system its traces belong to when they carry no service.name."
    )

    texts = text_field(Texts.KEPT)

    def __init__(self, client: Client, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.client = client

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        if Source.objects.filter(client=self.client, kind=PushKind.OTLP, name=name).exists():
            raise forms.ValidationError(
                f"There is a source called “{name}” already. Give this one another name, or renew that one's token."
            )
        return name


@require_http_methods(["GET", "POST"])
def sources(request: HttpRequest, slug: str) -> HttpResponse:
    """List a client's sources; a manager adds one, and sees its token this once."""
    posting = request.method == "POST"
    client = client_or_404(request, slug, "manage_sources" if posting else "view")
    form = SourceForm(client, request.POST if posting else None)
    token = ""
    if posting and form.is_valid():
        asked = form.cleaned_data
        token = issue_token(push_source(client, asked["name"], asked["system"], texts=Texts(asked["texts"])))
        form = SourceForm(client)
    return _page(request, client, form, token, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def renew(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Ask whether a source shall have a new token; a POST gives it one, shown this once, and the old one stops at once."""
    client, source = _managed(request, slug, public_id, kind=PushKind.OTLP)
    if request.method == "GET":
        return render(request, "monitoring/token.html", {"client": client, "source": source})
    return _page(request, client, SourceForm(client), issue_token(source), renewed=source)


@require_POST
def withdraw(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Take a source's token away without a new one."""
    client, source = _managed(request, slug, public_id, kind=PushKind.OTLP)
    withdraw_token(source)
    messages.success(request, f"The token of {source.name} is withdrawn: nothing more comes in by it.")
    return redirect("sources", client.slug)


@require_POST
def seen(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Clear what a source's trouble was, once somebody has read it."""
    client, source = _managed(request, slug, public_id)
    # Compared here, so that only a message that was on the page can be cleared, never one that came since.
    # What is wrong with a source that is read goes away when it can be read.
    if source.is_pushed and source.error and source.error == request.POST.get("error"):
        Source.objects.seen(source.pk, source.error)
    return redirect("sources", client.slug)


def _managed(request: HttpRequest, slug: str, public_id: str, **narrow: str) -> tuple[Client, Source]:
    """The client and its source, for somebody who manages sources."""
    client = client_or_404(request, slug, "manage_sources")
    return client, get_object_or_404(Source, client=client, public_id=public_id, **narrow)


def _page(
    request: HttpRequest,
    client: Client,
    form: SourceForm,
    token: str,
    *,
    renewed: Source | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = Source.objects.kept().filter(client=client).select_related("system").worst_first()
    response = render(
        request,
        "monitoring/sources.html",
        {
            "client": client,
            "sources": rows,
            "form": form,
            "token": token,
            "renewed": renewed,
            "endpoint": request.build_absolute_uri(reverse("otlp-traces")),
            "pushes": [
                (what, request.build_absolute_uri(reverse(name)))
                for what, name in (("Calls", "push-calls"), ("Scores", "push-scores"), ("Outcomes", "push-outcomes"))
            ],
            "doubled": doubles.open_signals(client),
            "may_manage": allowed(request, client, "manage_sources"),
        },
        status=status,
    )
    response["Cache-Control"] = "no-store"
    return response
