"""A client's engagement: plan and fee with their history, balance, notice, and what each month delivers."""

from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients.earning import earnings
from clients.engagement_forms import DeliverableForm, EngagementForm, NoticeForm, TermsForm
from clients.local import today_at
from clients.models import Client, Deliverable, Discovery, DiscoveryOutcome, Engagement, Terms
from clients.months import month_of, month_start, next_month
from clients.permissions import allowed, client_or_404
from clients.retainer import Standing, ending_words, standing
from clients.writing import day_text

from .fit import checks_of

DELIVERED = 12
"""Months of deliverables that the page lists."""


@require_safe
def engagement(request: HttpRequest, slug: str) -> HttpResponse:
    """The engagement at hand, its plans and fees, the months' balance and deliverables."""
    client = client_or_404(request, slug, "see_hours")
    today = today_at(client)
    found = standing(client, today)
    owner = allowed(request, client, "see_margin")
    context = {
        "client": client,
        "standing": found,
        "said": sentence(client, found),
        "ending": ending_words(found.engagement) if found else "",
        "terms": list(reversed(found.terms)) if found else [],
        "valid": found.terms_in(month_start(max(today, found.engagement.started_on))) if found else None,
        "deliverables": list(Deliverable.objects.filter(client=client)[:DELIVERED]),
        "checks": checks_of(client) if allowed(request, client, "check_fit") else None,
        "discoveries": list(Discovery.objects.filter(client=client)),
        "month": month_start(today),
        "may_edit": allowed(request, client, "edit_engagement"),
        "may_deliver": allowed(request, client, "edit_deliverables"),
        "earned": earnings(found, found.months[-1 : -DELIVERED - 1 : -1]) if found and owner else [],
        "practice": client.practice,
    }
    return render(request, "clients/engagement.html", context)


def sentence(client: Client, found: Standing | None) -> str:
    """How the engagement stands, in one sentence; an end comes first."""
    if found is None:
        return f"No engagement with {client.name} is written down yet."
    one, terms = found.engagement, found.terms_in(month_start(found.today))
    plan = terms.plan_words if terms else "no plan"
    if found.over and one.ends_on:
        return f"The engagement with {client.name} ended on {day_text(one.ends_on, year=True)}."
    if one.ends_on:
        return f"The engagement with {client.name} ends on {day_text(one.ends_on, year=True)}; until then, {plan}."
    if found.ahead:
        return f"The engagement with {client.name} begins on {day_text(one.started_on, year=True)}, with {plan}."
    return f"{plan[:1].upper()}{plan[1:]} for {client.name}, from month to month since {day_text(one.started_on, year=True)}."


@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin an engagement, with its first plan; with ``?discovery=`` from the draft that a discovery left."""
    client = client_or_404(request, slug, "edit_engagement")
    new = Engagement(client=client)
    data = request.POST if request.method == "POST" else None
    draft = _draft(client, request.GET.get("discovery", ""))
    agreed = {"amount": draft.draft_amount, "unit": draft.draft_unit, "monthly_fee": draft.draft_fee} if draft else {}
    form = EngagementForm(client, data, instance=new, initial={"started_on": draft.draft_start} if draft else {})
    terms = TermsForm(new, client, data, initial=agreed)
    if data is not None and all((form.is_valid(), terms.is_valid())):
        try:
            with transaction.atomic():
                form.store()
                terms.put(new)
                if draft:
                    draft.retainer = new
                    draft.save(update_fields=["retainer"])
        except IntegrityError:
            form.add_error(
                "started_on", "Somebody began another engagement of this client meanwhile: look at it first."
            )
        else:
            messages.success(request, f"The engagement with {client.name} is written down.")
            return redirect("engagement", client.slug)
    context = {"client": client, "form": form, "terms": terms}
    return render(request, "clients/engagement_begin.html", context, status=422 if data is not None else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Change what an engagement is, apart from its plan and fee."""
    client, one = _engagement(request, slug, public_id)
    data = request.POST if request.method == "POST" else None
    form = EngagementForm(client, data, instance=one)
    if data is not None and form.is_valid() and form.store():
        messages.success(request, "Saved.")
        return redirect("engagement", client.slug)
    title = f"What the engagement with {client.name} includes."
    return _form(request, client, form, title=title, name="What it includes", act="Save")


@require_http_methods(["GET", "HEAD", "POST"])
def terms(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Agree another plan or fee from a month on."""
    client, one = _engagement(request, slug, public_id)
    data = request.POST if request.method == "POST" else None
    last = one.terms.last()
    fields = ("amount", "unit", "monthly_fee", "carry_over", "carry_hours", "carry_months")
    kept = {name: getattr(last, name) for name in fields} if last else {}
    initial = kept | {"month": next_month(max(today_at(client), one.started_on))}
    form = TermsForm(one, client, data, instance=Terms(), initial=initial)
    if data is not None and form.is_valid():
        made = form.put(one)
        messages.success(request, f"From {made.month:%B %Y}: {made.plan_words}. What was agreed before stays listed.")
        return redirect("engagement", client.slug)
    return _form(
        request, client, form, title="Another plan or fee, from a month on.", name="Another plan or fee", act="Agree it"
    )


@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Note that notice was given."""
    client, one = _engagement(request, slug, public_id)
    today = today_at(client)
    data = request.POST if request.method == "POST" else None
    form = NoticeForm(today, data, instance=one, initial={"notice_on": today} if not one.notice_on else {})
    if data is not None and form.is_valid() and form.store():
        messages.success(request, f"{ending_words(one)}. It can be withdrawn until then.")
        return redirect("engagement", client.slug)
    term = f", and not before its {one.minimum_months} months are over" if one.minimum_months else ""
    about = f"It then ends {one.notice_days} days later{term}. Everybody who sees the client sees the day."
    return _form(
        request,
        client,
        form,
        title=f"Notice of the engagement with {client.name}.",
        name="Notice",
        act="Note it",
        about=about,
    )


@require_POST
def withdraw(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Take notice back, as long as the engagement has not ended."""
    client, one = _engagement(request, slug, public_id)
    today = today_at(client)
    if one.notice_on is None:
        messages.error(request, "No notice stands: there is nothing to withdraw.")
    elif one.ends_on and one.ends_on < today:
        messages.error(request, f"It ended on {day_text(one.ends_on, year=True)}: begin another engagement.")
    else:
        one.notice_on, one.notice_by, one.ends_on, one.edition = None, "", None, one.edition + 1
        try:
            with transaction.atomic():
                one.save(update_fields=["notice_on", "notice_by", "ends_on", "edition"])
        except IntegrityError:
            messages.error(request, "Another engagement begins after this one: it would overlap. Notice still stands.")
        else:
            messages.success(request, "Notice is withdrawn: the engagement goes on from month to month.")
    return redirect("engagement", client.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def deliverable(request: HttpRequest, slug: str, month: str) -> HttpResponse:
    """Say what a month delivers, and once it is done, what came of it."""
    client = client_or_404(request, slug, "edit_deliverables")
    if (first := month_of(month)) is None:
        raise Http404
    data = request.POST if request.method == "POST" else None
    row = Deliverable.objects.filter(client=client, month=first).first() or Deliverable(client=client, month=first)
    form = DeliverableForm(today_at(client), data, instance=row)
    if data is not None and form.is_valid() and form.store():
        messages.success(request, f"The deliverable of {first:%B %Y} is kept.")
        return redirect("engagement", client.slug)
    return _form(
        request, client, form, title=f"What {first:%B %Y} delivers to {client.name}.", name=f"{first:%B %Y}", act="Save"
    )


def _draft(client: Client, public_id: str) -> Discovery | None:
    """The discovery that ended with go and has no retainer yet; None for any other."""
    waiting = Discovery.objects.filter(client=client, outcome=DiscoveryOutcome.GO, retainer=None)
    return waiting.filter(public_id=public_id).first()


def _engagement(request: HttpRequest, slug: str, public_id: str) -> tuple[Client, Engagement]:
    client = client_or_404(request, slug, "edit_engagement")
    return client, get_object_or_404(Engagement, client=client, public_id=public_id)


def _form(
    request: HttpRequest, client: Client, form: Any, *, title: str, name: str, act: str, about: str = ""
) -> HttpResponse:
    context = {"client": client, "form": form, "title": title, "name": name, "act": act, "about": about}
    return render(request, "clients/engagement_form.html", context, status=422 if form.is_bound else 200)
