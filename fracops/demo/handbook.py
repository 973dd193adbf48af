"""The demo's handbooks: where things stand (in two versions), a runbook for each client's first system, a decision and a policy."""

from datetime import date, timedelta

from django.utils import timezone

from clients import handbook
from clients.models import Client, HandbookPage, PageKind, System

_CONTEXT = """## Now

{system} answers about four in five questions by itself. The prompt was tightened last month; the scores since are on the overview.

## Open questions

- Does the client want answers outside office hours to be shorter?
- Who signs the new retention period?

## Last thoughts

The wording of refusals is still too stiff. Look at the ten newest refused chats before changing it, and change one thing at a time.
"""
_ANSWERED = (
    "- Who signs the new retention period?\n",
    "- Which of the ten newest refusals would the client have answered?\n",
)
"""What the second version asks in the place of what the first asked."""
_RUNBOOK = """## How to monitor it

The overview shows calls, errors and the slowest replies of {system}. Its judged share is usually one call in three.

## What each alert means

| Alert | Means | Do |
| --- | --- | --- |
| Errors above 3% | the provider refuses or is slow | look at its status page, then at the newest errors |
| Nothing arrived for an hour | the exporter stopped | ask the client's platform team to restart it |

## How to roll back

1. Set the prompt's production label back to the version before.
2. Say so in the team's channel, with the time.
3. Look at the next hundred calls.

## Whom to call

| Who | For what |
| --- | --- |
| The platform team of {client} | deployments |
| {lead} | everything else |
"""
_DECISION = """## Why it came up

The large model answers a little better and costs four times as much.

## What was decided

{system} stays on the model it has. Answers are judged weekly; below the charter's goal for two weeks we look again.

## What else was looked at

Routing only hard questions to the larger model: worth trying once questions carry their topic.
"""
_POLICY = """## What it covers

Everything that people at {client} or their customers type into an AI system.

## What is allowed

- Order numbers and product names in prompts.

## What is not

- Payment details and health data, in prompts or in examples.
"""


def ensure(client: Client, today: date) -> None:
    """Write whatever of a demo client's handbook is missing. Needs the client's scope."""
    system = System.objects.filter(client=client).order_by("pk").first()
    if system is None or HandbookPage.objects.filter(client=client).exists():
        return
    names = {"system": system.name, "client": client.name, "lead": client.lead.label if client.lead else "The practice"}
    _page(
        HandbookPage(client=client, kind=PageKind.CONTEXT, title="Where things stand"),
        _CONTEXT,
        names,
        _CONTEXT.replace(*_ANSWERED),
        "The retention period is signed",
    )
    _page(
        HandbookPage(client=client, kind=PageKind.RUNBOOK, title=f"Runbook of {system.name}", system=system),
        _RUNBOOK,
        names,
    )
    decision = HandbookPage(
        client=client,
        kind=PageKind.DECISION,
        title=f"{system.name} stays on its model",
        decided_on=today - timedelta(days=40),
    )
    _page(decision, _DECISION, names)
    policy = HandbookPage(
        client=client,
        kind=PageKind.POLICY,
        title="What may be in a prompt",
        accountable=names["lead"],
        review_on=today + timedelta(days=60),
    )
    _page(policy, _POLICY, names)


def _page(page: HandbookPage, text: str, names: dict[str, str], later: str = "", note: str = "") -> None:
    """A page as it was written, and where there is a `later` text, as it was written anew since."""
    now = timezone.now()
    page.save()
    handbook.write(page, text.format(**names), by=names["lead"], now=now - timedelta(days=9) if later else now)
    if later:
        handbook.write(page, later.format(**names), by=names["lead"], now=now - timedelta(days=2), note=note)
