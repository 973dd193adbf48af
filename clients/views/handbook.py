"""The handbook's pages: the list, one page, writing, its versions, and a policy's approval."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients import handbook
from clients.editing import EditForm
from clients.exports import may_export
from clients.local import today_at
from clients.markdown import LONGEST, rendered
from clients.models import Client, HandbookPage, PageKind, PageVersion, System
from clients.permissions import allowed, client_or_404

_OWN_TITLES = {PageKind.CONTEXT: "Where things stand", PageKind.RIGHTS: "Who decides what"}
"""Titles of the pages of which a client has one."""


class PageForm(EditForm[HandbookPage]):
    """A page and what it says. Of a kind only the fields it has."""

    text = forms.CharField(
        label="Text",
        max_length=LONGEST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "class": "writing"}),
        help_text="Markdown: # heading, - list, | table |, [words](https://address).",
    )
    note = forms.CharField(label="What you changed", max_length=200, required=False)
    taken = (None, "Somebody wrote this page just now. It stands below.")

    class Meta:
        model = HandbookPage
        fields: ClassVar = ["title", "system", "decided_on", "accountable", "review_on"]
        labels: ClassVar = {"system": "Of which system", "decided_on": "Decided on", "review_on": "To be read again on"}
        help_texts: ClassVar = {"accountable": "The person who answers for it."}
        widgets: ClassVar = {
            "decided_on": forms.DateInput(attrs={"type": "date"}),
            "review_on": forms.DateInput(attrs={"type": "date"}),
        }

    def __init__(self, page: HandbookPage, text: str, data: Any = None) -> None:
        super().__init__(data, instance=page, initial={"text": text})
        kind, new = page.kind, page.pk is None
        needed = {
            PageKind.RUNBOOK: ("system",),
            PageKind.DECISION: ("title", "decided_on"),
            PageKind.POLICY: ("title", "accountable", "review_on"),
        }.get(PageKind(kind), ())
        for name in ("title", "system", "decided_on", "accountable", "review_on"):
            if name in needed:
                self.fields[name].required = True
            else:
                del self.fields[name]
        if new:
            del self.fields["note"]
        if "system" in self.fields:
            self.fields["system"].queryset = System.objects.filter(client_id=page.client_id)  # type: ignore[attr-defined]

    def clean_system(self) -> System:
        """A system without a runbook of its own."""
        system: System = self.cleaned_data["system"]
        self.instance.system = system
        if HandbookPage.objects.in_the_way_of(self.instance):
            raise ValidationError(f"{system.name} has a runbook already. It stands below: put what you typed into it.")
        self.instance.title = f"Runbook of {system.name}"
        return system

    def clean_decided_on(self) -> date:
        """A day that has come."""
        day: date = self.cleaned_data["decided_on"]
        if day > today_at(self.instance.client):
            raise ValidationError("A decision that was not made yet is a question: write it on the context page.")
        return day


@require_safe
def book(request: HttpRequest, slug: str) -> HttpResponse:
    """All pages, the context first. Its queries do not grow with the pages."""
    client = client_or_404(request, slug, "read_handbook")
    pages = list(HandbookPage.objects.of(client))
    of_kind = {kind: [p for p in pages if p.kind == kind] for kind in PageKind}
    context_page = next(iter(of_kind[PageKind.CONTEXT]), None)
    newest = context_page.versions.first() if context_page else None
    today = today_at(client)
    context = {
        "client": client,
        "context_page": context_page,
        "context_text": rendered(newest.text) if newest else "",
        "context_version": newest,
        "runbooks": of_kind[PageKind.RUNBOOK],
        "missing": handbook.missing_runbooks(client, pages),
        "decisions": of_kind[PageKind.DECISION],
        "policies": [(p, p.is_due(today)) for p in of_kind[PageKind.POLICY]],
        "rights": next(iter(of_kind[PageKind.RIGHTS]), None),
        "may_edit": allowed(request, client, "edit_handbook"),
        "may_export": may_export(request, client),
    }
    return render(request, "clients/handbook.html", context)


@require_safe
def page(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """One page, as its newest version has it or ``?version=`` an older one."""
    client = client_or_404(request, slug, "read_handbook")
    found = _found(client, public_id)
    versions = list(found.versions.defer("text"))
    shown = _version(found, request.GET.get("version"))
    context = {
        "client": client,
        "page": found,
        "shown": shown,
        "text": rendered(shown.text),
        "versions": versions,
        "is_newest": shown.number == versions[0].number,
        "supersedes": HandbookPage.objects.filter(superseded_by=found).first(),
        "may_edit": allowed(request, client, "edit_handbook"),
        "may_approve": found.kind == PageKind.POLICY and allowed(request, client, "approve"),
    }
    return render(request, "clients/handbook_page.html", context)


@require_safe
def compare(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """What a version changed of the one before it."""
    client = client_or_404(request, slug, "read_handbook")
    found = _found(client, public_id)
    after = _version(found, request.GET.get("version"))
    before = found.versions.filter(number=after.number - 1).first()
    if before is None:
        raise Http404
    context = {
        "client": client,
        "page": found,
        "before": before,
        "after": after,
        "blocks": handbook.difference(before.text, after.text),
    }
    return render(request, "clients/handbook_compare.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Write a page of a kind. Of the kinds a client has once, the one that is there is opened."""
    client = client_or_404(request, slug, "edit_handbook")
    if kind not in PageKind.values:
        raise Http404
    older = _supersedes(client, kind, request.GET.get("supersedes"))
    started = HandbookPage(client=client, kind=kind, title=_OWN_TITLES.get(PageKind(kind), ""))
    if kind in _OWN_TITLES and (there := HandbookPage.objects.in_the_way_of(started)):
        return _met(request, there) if request.method == "POST" else redirect("handbook-edit", slug, there.public_id)
    if system := request.GET.get("system"):
        started.system = client.systems.filter(public_id=system).first()
    return _write(request, started, handbook.TEMPLATES[kind], older)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Write a page's next version. A decision is superseded instead."""
    client = client_or_404(request, slug, "edit_handbook")
    found = _found(client, public_id)
    if found.keeps:
        raise Http404
    return _write(request, found, _version(found, None).text, None)


@require_POST
def approve(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Approve the version of a policy that was on the page."""
    client = client_or_404(request, slug, "approve")
    found = _found(client, public_id)
    number = request.POST.get("version", "")
    person = getattr(request.user, "label", "")
    if number.isdecimal() and handbook.approve(found, int(number[:9]), by=person, now=timezone.now()):
        messages.success(request, f"You approved “{found.title}”, version {number}.")
    else:
        messages.error(request, "It was changed while you read it. Read it again, then approve it.")
    return redirect("handbook-page", client.slug, found.public_id)


def _write(request: HttpRequest, page: HandbookPage, text: str, older: HandbookPage | None) -> HttpResponse:
    is_new, title = page.pk is None, page.title
    form = PageForm(page, text, request.POST if request.method == "POST" else None)
    theirs = None
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            try:
                stored = form.store()
                if stored and older:
                    handbook.supersede(older, page)
            except handbook.SupersededError as fault:
                transaction.set_rollback(True)
                page.pk = None
                form.add_error(None, str(fault))
                stored = False
            if stored:
                said = form.cleaned_data
                person = getattr(request.user, "label", "")
                handbook.write(page, said["text"], by=person, now=timezone.now(), note=said.get("note", ""))
        if stored:
            messages.success(request, f"“{page.title}” is saved.")
            return redirect("handbook-page", page.client.slug, page.public_id)
        theirs = None if is_new else page
    if is_new and form.errors and (theirs := HandbookPage.objects.in_the_way_of(page)) and page.kind in _OWN_TITLES:
        return _met(request, theirs)
    return _form(request, form, title, older=older, theirs=theirs)


def _met(request: HttpRequest, there: HandbookPage) -> HttpResponse:
    """Two people wrote the first version of a page. The second sees both texts, and saves what they make of them as the next version."""
    typed = request.POST.dict() | {"edition": str(there.edition)}
    form = PageForm(there, "", typed)
    by = _version(there, None).written_by
    said = f"{by} wrote this page while you were writing: it stands below. What you typed is still here, and nothing of it is saved yet."
    form.add_error(None, f"{said} Put the two together, then save.")
    return _form(request, form, there.title, older=None, theirs=there)


def _form(
    request: HttpRequest, form: PageForm, title: str, *, older: HandbookPage | None, theirs: HandbookPage | None
) -> HttpResponse:
    """The page to write on. theirs: what somebody else saved where this was to go."""
    page = form.instance
    context = {
        "client": page.client,
        "page": page,
        "title": title,
        "is_new": page.pk is None,
        "older": older,
        "form": form,
        "theirs": theirs,
        "their_version": _version(theirs, None) if theirs else None,
    }
    return render(request, "clients/handbook_write.html", context, status=422 if form.errors else 200)


def _found(client: Client, public_id: str) -> HandbookPage:
    found = HandbookPage.objects.of(client).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    found.client = client
    return found


def _version(page: HandbookPage, asked: str | None) -> PageVersion:
    """The version asked for, the newest where none is; Http404 where there is no such one."""
    wanted = page.versions.all()
    if asked is not None:
        wanted = wanted.filter(number=int(asked[:9]) if asked.isdecimal() else 0)
    version = wanted.first()
    if version is None:
        raise Http404
    return version


def _supersedes(client: Client, kind: str, public_id: str | None) -> HandbookPage | None:
    """The decision that a new one shall replace."""
    if public_id is None or kind != PageKind.DECISION:
        return None
    older = _found(client, public_id)
    if older.kind != PageKind.DECISION:
        raise Http404
    return older
