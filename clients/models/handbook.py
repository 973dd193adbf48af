"""A client's handbook: what somebody new has to read, written so that the client can go on without us."""

from datetime import date
from typing import ClassVar

from django.contrib.postgres.search import SearchVectorField
from django.db import models

from clients.editing import Edited

from .client import Client, System
from .fields import PublicIdField


class PageKind(models.TextChoices):
    """What a page of the handbook is for."""

    CONTEXT = "context", "Context"
    RUNBOOK = "runbook", "Runbook"
    DECISION = "decision", "Decision"
    RIGHTS = "rights", "Decision rights"
    POLICY = "policy", "Policy"


class HandbookPageQuerySet(models.QuerySet["HandbookPage"]):
    def of(self, client: Client) -> "HandbookPageQuerySet":
        """A client's pages with all that a list shows, newest decision first, else by title."""
        return self.filter(client=client).select_related("system", "superseded_by").order_by("-decided_on", "title")

    def in_the_way_of(self, page: "HandbookPage") -> "HandbookPage | None":
        """The other page that stands where this one would: a client has one context and one of decision rights, a system one runbook."""
        same = self.filter(client_id=page.client_id, kind=page.kind).exclude(pk=page.pk).select_related("client")
        if page.kind == PageKind.RUNBOOK and page.system_id:
            return same.filter(system_id=page.system_id).first()
        return same.first() if page.kind in (PageKind.CONTEXT, PageKind.RIGHTS) else None


class HandbookPage(Edited):
    """One page. What it says is in its versions, of which the newest counts; a decision has exactly one."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="handbook")
    kind = models.CharField(max_length=10, choices=PageKind)
    title = models.CharField(max_length=160)
    system = models.ForeignKey(System, models.PROTECT, null=True, blank=True, related_name="+")
    """Whose runbook it is."""
    decided_on = models.DateField(null=True, blank=True)
    superseded_by = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="supersedes")
    """The decision that stands in the place of this one."""
    accountable = models.CharField(max_length=120, blank=True)
    """Who answers for a policy."""
    review_on = models.DateField(null=True, blank=True)
    """When a policy is to be read again."""
    approved_version = models.PositiveIntegerField(null=True, blank=True)
    """The version of a policy that the client approved last."""
    approved_by = models.CharField(max_length=254, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)

    objects = HandbookPageQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["client", "kind"],
                condition=models.Q(kind__in=[PageKind.CONTEXT, PageKind.RIGHTS]),
                name="handbook_one_of_its_kind",
            ),
            models.UniqueConstraint(
                fields=["client", "system"], condition=models.Q(kind=PageKind.RUNBOOK), name="handbook_runbook_once"
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def keeps(self) -> bool:
        """Whether what it says is never changed: a decision is superseded instead."""
        return self.kind == PageKind.DECISION

    def is_due(self, today: date) -> bool:
        """Whether a policy has to be read again."""
        return self.review_on is not None and self.review_on <= today


class PageVersion(models.Model):
    """What a page said from a moment on. The database refuses to change or delete it."""

    tenancy = "client"

    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="+")
    page = models.ForeignKey(HandbookPage, models.CASCADE, db_index=False, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    """Markdown."""
    note = models.CharField(max_length=200, blank=True)
    """What changed, in the words of who changed it."""
    written_by = models.CharField(max_length=254)
    written_at = models.DateTimeField()

    class Meta:
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=["client", "page", "number"], name="page_version_once"),)
        indexes: ClassVar = []

    def __str__(self) -> str:
        return f"{self.page} {self.number}"


class PageWords(models.Model):
    """What a page is found by: the words of its newest version, which a trigger of the database keeps (`clients.searching`)."""

    tenancy = "client"

    page = models.OneToOneField(HandbookPage, models.CASCADE, primary_key=True, related_name="+")
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    """Whose words they are."""
    words = SearchVectorField()

    def __str__(self) -> str:
        return f"{self.page} {self.number}"
