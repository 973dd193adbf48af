"""Leave: who is away and who stands in, for everybody who works for the practice; each enters their own, an owner anybody's."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients.absences import Roster, StandIn
from clients.editing import EditForm
from clients.local import day_at, today_at
from clients.marks import Mark, calm, watch
from clients.models import Absence, Membership, Practice, User
from clients.paging import AskedForm, stretch, turns
from clients.people import OF_PRACTICE
from clients.permissions import acting_person, allowed, practice_or_404
from clients.writing import day_text

from .fields import day_input

A_PAGE = 50
LONGEST = timedelta(days=366)
AHEAD = timedelta(days=3 * 366)


class FilterForm(AskedForm):
    """Which of the leaves."""

    past = forms.BooleanField(required=False, label="Also past ones")


class AbsenceForm(EditForm[Absence]):
    """The first and the last day of one person's leave."""

    taken = (None, "This leave is entered already: look at the list.")

    class Meta:
        model = Absence
        fields: ClassVar = ["first", "last"]
        help_texts: ClassVar = {"last": "Included. Left empty, it is the first."}
        widgets: ClassVar = {"first": day_input(), "last": day_input()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["last"].required = False

    def clean(self) -> dict[str, Any]:
        """The form, with days that are in their order, not over, and not part of another leave."""
        cleaned = super().clean() or {}
        first, today = cleaned.get("first"), today_at(self.instance.person)
        if first is None or "last" in self.errors:
            return cleaned
        last = cleaned["last"] = cleaned.get("last") or first
        if last < first:
            self.add_error("last", "It ends before it begins: write the later day here.")
        elif last < today:
            self.add_error("last", f"It is over already: where {self.instance.person.label} is, it is {_day(today)}.")
        elif last - first > LONGEST:
            self.add_error("last", "It is longer than a year: hand the clients over instead.")
        elif first - today > AHEAD:
            self.add_error("first", "That is more than three years ahead: look at the year.")
        elif other := self._other(first, last):
            self.add_error(
                "first", f"It overlaps leave from {_day(other.first)} to {_day(other.last)}: change that one."
            )
        return cleaned

    def _other(self, first: date, last: date) -> Absence | None:
        """Leave of the same person that shares a day. Of two forms at once the second waits here for the first."""
        row = self.instance
        Practice.objects.select_for_update().get(pk=row.practice_id)
        others = Absence.objects.filter(practice_id=row.practice_id, person_id=row.person_id).exclude(pk=row.pk)
        return others.touching(first, last).first()


@dataclass(frozen=True)
class Line:
    """One leave in the list: whose, how it stands today, and who stands in at the clients that the reader sees."""

    leave: Absence
    mark: Mark
    stand_ins: list[StandIn]
    may_edit: bool


@require_safe
def absences(request: HttpRequest, practice: str) -> HttpResponse:
    """Who is away now and next, fifty leaves a page."""
    firm, now = practice_or_404(request, practice), timezone.now()
    form = FilterForm(request.GET)
    asked = form.asked()
    page = form.cleaned_data.get("page") or 1
    rows = Absence.objects.filter(practice=firm).select_related("person")
    # A day ago, for it may still be that day somewhere.
    since = now.date() - timedelta(days=1)
    found = rows.order_by("-first", "-id") if asked.get("past") else rows.filter(last__gte=since)
    shown = list(found[stretch(page, A_PAGE)])
    near = _leaves(firm, shown)
    roster = Roster.of(firm, near)
    me, owner = acting_person(request), allowed(request, firm, "manage_people")
    lines = [
        Line(
            leave,
            mark(leave, now),
            roster.stand_ins(leave.person_id, leave.first, leave.last),
            may_edit=leave.person_id == me.pk or owner,
        )
        for leave in shown[:A_PAGE]
    ]
    context = {
        "practice": firm,
        "form": form,
        "lines": lines,
        "sentence": sentence(lines, asked.get("past", False)),
        "colleagues": _colleagues(firm, me) if owner else [],
        "me": me,
        **turns(shown, page, A_PAGE, {"past": "on"} if asked.get("past") else {}),
    }
    return render(request, "clients/absences.html", context)


def mark(leave: Absence, now: datetime) -> Mark:
    """Whether it is to come, under way or over where the person is."""
    day = day_at(leave.person, now)
    if leave.covers(day):
        return watch("Away")
    return calm("To come") if leave.first > day else calm("Over")


def sentence(lines: Iterable[Line], past: bool) -> str:
    """Who is away now, else who is next."""
    listed = list(lines)
    away = [line.leave for line in listed if line.mark.word == "Away"]
    if len(away) > 1:
        return f"{len(away)} people are away now."
    if away:
        return f"{away[0].person.label} is away until {_day(away[0].last)}."
    coming = [line.leave for line in listed if line.mark.word == "To come"]
    if coming:
        nearest = min(coming, key=lambda leave: leave.first)
        return f"Nobody is away; {nearest.person.label} is from {_day(nearest.first)} on."
    return "Nobody is away." if listed or past else "Nobody is away, and no leave is entered."


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, practice: str) -> HttpResponse:
    """Enter leave: one's own, or with ``?person=`` that of somebody an owner names."""
    firm = practice_or_404(request, practice)
    me = acting_person(request)
    who = _person(firm, request.GET["person"]) if request.GET.get("person") else me
    if who != me and not allowed(request, firm, "manage_people"):
        raise PermissionDenied("Everybody enters their own leave, and an owner anybody’s.")
    return _edited(request, firm, Absence(practice=firm, person=who), may_edit=True)


@require_http_methods(["GET", "HEAD", "POST"])
def absence(request: HttpRequest, practice: str, public_id: str) -> HttpResponse:
    """One leave and who stands in; whose it is, or an owner, changes its days."""
    firm, leave, may_edit = _asked(request, practice, public_id)
    if request.method == "POST" and not may_edit:
        raise PermissionDenied("Leave is changed by whose it is, or by an owner.")
    return _edited(request, firm, leave, may_edit=may_edit)


@require_POST
def remove(request: HttpRequest, practice: str, public_id: str) -> HttpResponse:
    """Take a leave back. What was handed on already stays in the inboxes it reached."""
    firm, leave, may_edit = _asked(request, practice, public_id)
    if not may_edit:
        raise PermissionDenied("Leave is taken back by whose it is, or by an owner.")
    leave.delete()
    days = f"{_day(leave.first)} to {_day(leave.last)}"
    messages.success(
        request, f"The leave of {leave.person.label} ({days}) is taken back. Entering it again undoes that."
    )
    return redirect("absences", firm.slug)


def _edited(request: HttpRequest, firm: Practice, leave: Absence, *, may_edit: bool) -> HttpResponse:
    """The form beside who stands in, which is told before anything is saved."""
    was = (leave.first, leave.last) if leave.pk else None
    form = AbsenceForm(request.POST if request.method == "POST" else None, instance=leave) if may_edit else None
    valid = form is not None and request.method == "POST" and form.is_valid()
    first, last = (leave.first, leave.last) if valid else was or (None, None)
    today = today_at(leave.person)
    stand_ins = _stand_ins(firm, leave, first or today, last or today)
    if form is not None and valid and form.store():
        days = f"from {_day(leave.first)} to {_day(leave.last)}"
        told = " ".join(["Saved.", *(one.words for one in stand_ins[:3])])
        more = f" And so on for {len(stand_ins) - 3} more." if len(stand_ins) > 3 else ""
        messages.success(request, f"{leave.person.label} is away {days}. {told}{more}")
        return redirect("absences", firm.slug)
    context = {
        "practice": firm,
        "leave": leave if leave.pk else None,
        "days": f"{_day(was[0])} to {_day(was[1])}" if was else "",
        "who": leave.person,
        "mine": leave.person_id == request.user.pk,
        "form": form,
        "stand_ins": stand_ins,
    }
    return render(request, "clients/absence.html", context, status=422 if form is not None and form.errors else 200)


def _stand_ins(firm: Practice, leave: Absence, first: date, last: date) -> list[StandIn]:
    others = Absence.objects.filter(practice=firm).touching(first, last).select_related("person")
    return Roster.of(firm, others).stand_ins(leave.person_id, first, last)


def _leaves(firm: Practice, shown: list[Absence]) -> Iterable[Absence]:
    """All that share a day with any of those shown. One query."""
    if not shown:
        return ()
    first, last = min(one.first for one in shown), max(one.last for one in shown)
    return Absence.objects.filter(practice=firm).touching(first, last)


def _asked(request: HttpRequest, slug: str, public_id: str) -> tuple[Practice, Absence, bool]:
    """The practice, the leave, and whether the reader may change it."""
    firm = practice_or_404(request, slug)
    rows = Absence.objects.filter(practice=firm).select_related("person", "practice")
    leave = get_object_or_404(rows, public_id=public_id)
    return firm, leave, leave.person_id == request.user.pk or allowed(request, firm, "manage_people")


def _person(firm: Practice, public_id: str) -> User:
    """Somebody who works for the practice. Raises Http404 for anybody else."""
    held = Membership.objects.filter(practice=firm, role__in=OF_PRACTICE, user__public_id=public_id[:16])
    row = held.select_related("user").first()
    if row is None:
        raise Http404("Nobody who works here has this address.")
    return row.user


def _colleagues(firm: Practice, me: User) -> list[User]:
    held = Membership.objects.filter(practice=firm, role__in=OF_PRACTICE).values("user_id")
    return list(User.objects.filter(pk__in=held).exclude(pk=me.pk).order_by("name", "email"))


def _day(day: date) -> str:
    return day_text(day, year=True)
