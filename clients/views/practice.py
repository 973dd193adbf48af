"""The practice's settings: its brand, its money and its week."""

from io import BytesIO
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe
from PIL import Image, UnidentifiedImageError

from clients import hour_costs
from clients.editing import EditForm
from clients.local import today_at
from clients.models import Practice
from clients.months import month_start
from clients.permissions import acting_person, practice_or_404
from clients.writing import number_text

DAYS = ((1, "Monday"), (2, "Tuesday"), (3, "Wednesday"), (4, "Thursday"), (5, "Friday"), (6, "Saturday"), (7, "Sunday"))
LOGO_BYTES = 200_000
LOGO_PIXELS = 2_000
_ENDS = {"PNG": b"IEND", "JPEG": b"\xff\xd9"}
"""What a whole picture ends with."""


class PracticeForm(EditForm[Practice]):
    """All that an owner settles about the firm."""

    also = ("logo",)
    logo_file = forms.FileField(
        required=False,
        label="Logo",
        help_text="A PNG or JPEG of at most 200 kB. Without one the name stands in its place.",
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg"}),
    )
    without_logo = forms.BooleanField(required=False, label="Take the logo away")
    working_days = forms.TypedMultipleChoiceField(
        label="Working days", choices=DAYS, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Practice
        fields: ClassVar = [
            "name",
            "sender_name",
            "sender_email",
            "footer",
            "colour",
            "currency",
            "hourly_rate",
            "sold_rate",
            "hours_a_day",
            "working_days",
            "manager_word",
            "pilot_quiet_days",
            "executives_export",
        ]
        labels: ClassVar = {
            "sender_name": "Mails come from",
            "sender_email": "Their address",
            "hourly_rate": "What an hour costs you",
            "sold_rate": "What you sell an hour at",
            "hours_a_day": "Hours in a day of a plan",
            "manager_word": "What you call those who look after clients",
            "pilot_quiet_days": "Days until a quiet pilot counts as stalled",
            "executives_export": "Executives may export what they see of their company",
        }
        help_texts: ClassVar = {
            "sender_email": "Answers reach the client’s lead; this is the address they see.",
            "footer": "Stands under every mail and report, like “Northlight Ltd, 12 Quay Street, Bristol”.",
            "colour": "Of your name in mails and reports.",
            "currency": "Of your own rates and margins; each client has its own.",
            "hourly_rate": "For margins, from this month on; months before keep what held then. Nobody but owners sees it.",
            "sold_rate": "Prices the hours of opportunities where no engagement says what an hour is sold at. Clients see it there.",
            "pilot_quiet_days": "Without any change. Roadmaps and “needs you now” tell of it. From 7 to 365.",
            "manager_word": "“program manager”, “engineer”, “officer”.",
        }
        widgets: ClassVar = {"colour": forms.TextInput(attrs={"type": "color"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.logo:
            del self.fields["without_logo"]

    def clean_currency(self) -> str:
        """A currency; that in which past months' costs are kept stays."""
        currency: str = self.cleaned_data["currency"]
        was = self.initial["currency"]
        if currency != was and hour_costs.kept(self.instance):
            raise ValidationError(
                f"What an hour cost in past months is kept in {was}, and margins are reckoned by it: leave it."
            )
        return currency

    def clean_logo_file(self) -> bytes | None:
        """The picture's bytes, once it was opened and is small enough."""
        sent = self.cleaned_data["logo_file"]
        if not sent:
            return None
        if sent.size > LOGO_BYTES:
            raise ValidationError(f"The logo has {number_text(sent.size / 1000, 0)} kB; make it 200 kB or less.")
        content: bytes = sent.read()
        try:
            with Image.open(BytesIO(content), formats=["PNG", "JPEG"]) as picture:
                if max(picture.size) > LOGO_PIXELS:
                    raise ValidationError("The logo has more than 2,000 pixels on a side; make it smaller.")
                picture.load()
                # Whether a picture that was cut off is refused depends on what else is imported: WeasyPrint has Pillow take it.
                if _ENDS[picture.format or ""] not in content[-1024:]:
                    raise ValueError("cut off")
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as fault:
            raise ValidationError("The logo is no PNG or JPEG that can be opened: save it anew as one.") from fault
        return content

    def clean(self) -> dict[str, Any]:
        """The form, with the logo put on or taken from the row."""
        cleaned = super().clean() or {}
        if content := cleaned.get("logo_file"):
            self.instance.logo = content
        elif cleaned.get("without_logo"):
            self.instance.logo = b""
        return cleaned


@require_http_methods(["GET", "HEAD", "POST"])
def practice_settings(request: HttpRequest, practice: str) -> HttpResponse:
    """Show and save the practice's settings."""
    firm = practice_or_404(request, practice, "edit_practice")
    posted = request.method == "POST"
    was = firm.hourly_rate
    form = PracticeForm(request.POST if posted else None, request.FILES if posted else None, instance=firm)
    if posted and form.is_valid() and form.store():
        hour_costs.change(firm, None, was, firm.hourly_rate, month_start(today_at(acting_person(request))))
        messages.success(request, "Saved. Mails and reports to come look so; those that were sent stay as they were.")
        return redirect("practice-settings", firm.slug)
    firm.name = form.initial["name"]  # headings say what is saved, not what is being typed
    context = {"practice": firm, "form": form}
    return render(request, "clients/practice.html", context, status=422 if form.errors else 200)


@require_safe
def logo(request: HttpRequest, practice: str) -> HttpResponse:
    """The practice's logo, for its own people."""
    firm = practice_or_404(request, practice)
    if not firm.logo:
        raise Http404
    content = bytes(firm.logo)
    kind = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
    return HttpResponse(content, content_type=kind, headers={"Cache-Control": "private, max-age=300"})
