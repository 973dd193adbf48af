"""How dates and numbers are written for a person: as in the country that they choose, or as their browser asks."""

from typing import cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from clients.models import User
from clients.writing import choices, example, name_of, territory_asked, writing_of


class WritingForm(forms.Form):
    """One country of CLDR's, or none."""

    country = forms.ChoiceField(
        label="Country",
        required=False,
        error_messages={"invalid_choice": "“%(value)s” is no country of the list: choose one of it."},
    )

    def __init__(self, asked: str, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        browser = f"As your browser asks: {example(writing_of(asked))}"
        self.fields["country"].choices = [("", browser), *choices()]  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def writing(request: HttpRequest) -> HttpResponse:
    """The page of the choice; a POST keeps it. Everybody who is signed in has it."""
    person = cast("User", request.user)
    form = WritingForm(
        territory_asked(request.headers.get("Accept-Language", "")),
        request.POST if request.method == "POST" else None,
        initial={"country": person.writes_like},
    )
    if request.method == "POST" and form.is_valid():
        person.writes_like = form.cleaned_data["country"]
        person.save(update_fields=["writes_like"])
        said = f"as in {name_of(person.writes_like)}" if person.writes_like else "as your browser asks"
        messages.success(request, f"Dates and numbers are written {said} now.")
        return redirect("writing")
    context = {"form": form, "example": example()}
    return render(request, "clients/writing.html", context, status=422 if form.errors else 200)
