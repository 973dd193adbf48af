"""The demo's charters: one agreed, one agreed and amended, and at two clients a draft for the quarter after, which waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from clients import charters
from clients.models import AgreedWay, Charter, Client, System, Target, quarter_start
from monitoring.charter_words import charter_words

from .story import CLIENTS, ClientStory, TargetStory

_SCOPE = "Keep {systems} right, quick and worth its cost, by the targets below. Not in it: new channels, and other languages."


@dataclass(frozen=True)
class _Agreement:
    """Who agreed, how, and how many days into the quarter."""

    by: str
    way: AgreedWay
    day: int


_BY = {
    "halden-outfitters": _Agreement("Theo Brandt, executive@halden.example", AgreedWay.PORTAL, 2),
    "lindenhof-versicherung": _Agreement("Jana Weber, j.weber@lindenhof.example", AgreedWay.LINK, 5),
    "quarry-pine": _Agreement("Ruth Okafor, r.okafor@quarrypine.example", AgreedWay.LINK, 4),
}
_AMENDED = 3
"""Days after the first agreement on which the insurer's charter was amended."""


def ensure(client: Client, story: ClientStory, systems: Mapping[str, System], today: date) -> None:
    """Write whatever of a demo client's charters is missing. Needs the client's scope."""
    start = quarter_start(today)
    if Charter.objects.filter(client=client, quarter_start=start).exists():
        return
    agreement = _BY[story.slug]
    scope = _SCOPE.format(systems=" and ".join(story.systems))
    first = _written(client, start, 1, scope, story.targets, systems)
    _agreed(client, first, agreement, today)
    if story is CLIENTS[1]:
        later = [replace(t, goal=t.goal - Decimal("0.01")) if t.kind == "reach" else t for t in story.targets[:1]]
        amended = [*later, *story.targets[1:]]
        second = _written(
            client,
            start,
            2,
            f"{scope} Since the storm claims: settling them stays with people.",
            amended,
            systems,
            first,
        )
        _agreed(client, second, replace(agreement, day=agreement.day + _AMENDED), today)
    coming = quarter_start(start + timedelta(days=93))
    if story is CLIENTS[0]:
        _written(
            client,
            coming,
            1,
            f"{scope} The returns’ letters join once they are live.",
            story.targets,
            systems,
        )
    if story is CLIENTS[2]:
        _written(
            client,
            coming,
            1,
            f"{scope} New: drafts of engagement letters, at most 20 a week.",
            story.targets[:2],
            systems,
        )


def _written(
    client: Client,
    start: date,
    version: int,
    scope: str,
    targets: Sequence[TargetStory],
    systems: Mapping[str, System],
    before: Charter | None = None,
) -> Charter:
    charter = Charter.objects.create(client=client, quarter_start=start, version=version, scope=scope, edition=1)
    lines = {t.name: t.line for t in before.targets.all()} if before else {}
    for i, t in enumerate(targets):
        target = Target(
            client=client,
            charter=charter,
            position=i,
            name=t.name,
            metric=t.metric,
            system=systems.get(t.system),
            model=t.model,
            kind=t.kind,
            baseline=t.baseline,
            baseline_source="The client’s own reports",
            change=t.change,
            goal=t.goal,
            due=charter.quarter_end,
            owner=client.lead.label if client.lead else "",
        )
        target.line = lines.get(t.name, target.line)
        target.save()
    return charter


def _agreed(client: Client, charter: Charter, agreement: _Agreement, today: date) -> None:
    day = min(charter.quarter_start + timedelta(days=agreement.day), today - timedelta(days=1))
    moment = datetime.combine(max(day, charter.quarter_start), time(15), UTC)
    text = charter_words(client, charter).text
    charters.agree(charter, text, charters.digest(text), by=agreement.by, way=agreement.way, now=moment)
