"""The sources page: what feeds a client, how fresh it is, what is wrong, and a new token when one is needed."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clients.models import Client
from clients.permissions import allowed, client_or_404

from .models import Source, SourceKind
from .sources import issue_token, push_source


class SourceForm(forms.Form):
    """A new way in for traces: its name, and the system its data belongs to when the data does not say."""

    name = forms.CharField(
        max_length=120, label="Name of the source", help_text="What sends: “Support bot, production”."
    )
    system = forms.CharField(
        max_length=120, label="AI system", help_text="The system its traces belong to when they carry no service.name."
    )

    keeps_text = forms.BooleanField(
        required=False,
        initial=True,
        label="Keep what was asked and answered",
        help_text="Without it only times, counts, costs and scores are stored.",
    )

    def __init__(self, client: Client, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.client = client

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        if Source.objects.filter(client=self.client, kind=SourceKind.OTLP, name=name).exists():
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
        token = issue_token(push_source(client, asked["name"], asked["system"], keeps_text=asked["keeps_text"]))
        form = SourceForm(client)
    return _page(request, client, form, token, status=422 if form.errors else 200)


@require_POST
def renew(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Give a source a new token, shown this once; the old one stops working at once."""
    client = client_or_404(request, slug, "manage_sources")
    source = get_object_or_404(Source, client=client, public_id=public_id, kind=SourceKind.OTLP)
    return _page(request, client, SourceForm(client), issue_token(source), renewed=source)


def _page(
    request: HttpRequest,
    client: Client,
    form: SourceForm,
    token: str,
    *,
    renewed: Source | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = Source.objects.filter(client=client).select_related("system").worst_first()
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
            "may_manage": allowed(request, client, "manage_sources"),
        },
        status=status,
    )
    response["Cache-Control"] = "no-store"
    return response
