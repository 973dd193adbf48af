"""A practice's areas of work: named, ordered, retired and brought back."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clients.editing import EditForm
from clients.models import Area, Practice
from clients.permissions import practice_or_404

MOST = 40
"""Areas of a practice, retired ones included: a list longer than that sorts nothing."""


class AreaForm(EditForm[Area]):
    """One area's name and whether it can still be logged in."""

    class Meta:
        model = Area
        fields: ClassVar = ["name", "retired"]
        labels: ClassVar = {"name": "Name", "retired": "Retired"}

    def __init__(self, known: Sequence[Area], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        if self.instance._state.adding:
            del self.fields["retired"]

    def clean_name(self) -> str:
        """A name that no other area of the practice has."""
        name = " ".join(self.cleaned_data["name"].split())
        if any(one.name.casefold() == name.casefold() and one.pk != self.instance.pk for one in self.known):
            raise ValidationError(f"There is an area called “{name}” already; bring it back if it is retired.")
        return name

    def clean_retired(self) -> bool:
        """Retired, unless it is the last one that is not."""
        retired: bool = self.cleaned_data["retired"]
        if retired and not any(not one.retired and one.pk != self.instance.pk for one in self.known):
            raise ValidationError("It is the last area: work needs one to be logged in.")
        return retired


@require_http_methods(["GET", "HEAD", "POST"])
def areas(request: HttpRequest, practice: str) -> HttpResponse:
    """All areas; a POST adds one, or with ``area`` renames, retires or brings back that one, or with ``move`` puts it elsewhere."""
    firm = practice_or_404(request, practice, "edit_areas")
    data = request.POST if request.method == "POST" else None
    with transaction.atomic():
        if data is not None:
            Practice.objects.select_for_update().get(pk=firm.pk)
        known = Area.objects.of(firm)
        posted = data.get("area", "") if data is not None else None
        at = get_object_or_404(Area, practice=firm, public_id=posted) if posted else None
        if at and data is not None and "move" in data:
            _move(known, at, data["move"])
            return redirect(f"{reverse('areas', args=[firm.slug])}#area-{at.public_id}")
        last = Area.objects.filter(practice=firm).aggregate(last=Max("position"))["last"] or 0
        new = Area(practice=firm, position=last + 1)
        adding = AreaForm(known, data if posted == "" else None, instance=new, prefix="new")
        forms_of = {
            one.pk: AreaForm(known, data if at == one else None, instance=one, prefix=one.public_id) for one in known
        }
        form = forms_of[at.pk] if at else adding
        if posted == "" and len(known) >= MOST:
            form.add_error(None, f"There are {MOST} areas, retired ones included: bring one of them back instead.")
        if data is not None and form.is_valid() and form.store():
            messages.success(request, "Saved." if at else f"“{form.instance.name}” can be logged in.")
            return redirect("areas", firm.slug)
    rows: list[tuple[Area, forms.BaseForm]] = [(one, forms_of[one.pk]) for one in known]
    context = {"practice": firm, "rows": rows, "adding": adding}
    return render(request, "clients/areas.html", context, status=422 if data is not None else 200)


def _move(known: Sequence[Area], at: Area, way: str) -> None:
    """Put an area one place up or down; the first stays first, the last last. Their places are counted anew from 0."""
    order = [one for one in known if one.pk != at.pk]
    place = [one.pk for one in known].index(at.pk)
    order.insert(max(0, place - 1) if way == "up" else place + 1 if way == "down" else place, at)
    for position, one in enumerate(order):
        if one.position != position:
            Area.objects.filter(pk=one.pk).update(position=position)
