"""What the charter's pages share: which quarter and version is asked for, its targets in forms, and who may see what of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest

from clients.local import today_at
from clients.models import Charter, Client, Target, TargetKind, in_force, quarter_key, quarter_start, with_targets
from clients.permissions import allowed
from monitoring.catalogue import Area, Metric

from .charter_form import TYPED


@dataclass(frozen=True)
class Quarter:
    """A quarter of a client with its versions, newest first; of the newest and the one in force the targets are at hand."""

    client: Client
    start: date
    versions: list[Charter]
    current: Charter | None
    """The version in force today, or the draft where none is agreed."""

    @property
    def newest(self) -> Charter | None:
        return self.versions[0] if self.versions else None

    @property
    def blank(self) -> Charter:
        """The quarter's charter as it would be begun."""
        return Charter(client=self.client, quarter_start=self.start)

    @property
    def key(self) -> str:
        return quarter_key(self.start)

    def version(self, asked: str | None) -> Charter:
        """The version asked for, with its targets; the one in force where none is. Raises Http404 where there is no such one."""
        if asked is None and self.current:
            return self.current
        found = next((v for v in self.versions if str(v.version) == asked), None)
        if found is None:
            raise Http404
        if found not in (self.newest, self.current):
            with_targets([found])
        return found


def quarter_of(client: Client, key: str | None) -> Quarter:
    """The quarter of an address (``2026-q4``), the current one for None. Raises Http404 for what is no quarter. Two queries."""
    today = today_at(client)
    start = quarter_start(today) if key is None else _start(key)
    versions = Charter.objects.versions(client, start)
    current = in_force(versions, today, client.zone)
    for each in versions:
        each.client = client
    if versions:
        with_targets(list({v.pk: v for v in (versions[0], current) if v}.values()))
    return Quarter(client, start, versions, current)


def _start(key: str) -> date:
    match = re.fullmatch(r"(20\d\d)-q([1-4])", key)
    if match is None:
        raise Http404
    return date(int(match[1]), int(match[2]) * 3 - 2, 1)


def shown(request: HttpRequest, client: Client, metrics: Mapping[str, Metric], target: Target) -> bool:
    """Whether the person may see a target: what it costs is not everybody's to know."""
    return metrics[target.metric].area is not Area.COST or allowed(request, client, "see_money")


def typed_values(target: Target, which: Metric) -> dict[str, Any]:
    """A target as its form has it, numbers in the unit they are typed in."""
    factor = TYPED[which.unit][1]
    goal = target.goal * factor
    if target.kind == TargetKind.CHANGE and target.change is not None:
        goal = target.change * factor
    elif target.kind == TargetKind.CHANGE_SHARE and target.change is not None:
        goal = target.change * 100
    return {
        "public_id": target.public_id,
        "name": target.name,
        "metric": target.metric,
        "model": target.model,
        "system": target.system.public_id if target.system else "",
        "kind": target.kind,
        "baseline": "" if target.baseline is None else as_typed(target.baseline * factor),
        "taken": f"{target.baseline_n}:{as_typed(target.baseline * factor)}"
        if target.baseline is not None and target.baseline_n
        else "",
        "baseline_source": target.baseline_source,
        "goal": as_typed(goal),
        "due": target.due,
        "owner": target.owner,
    }


def as_typed(value: Decimal) -> str:
    """A number the way it is typed, without trailing zeros."""
    return f"{value.normalize():f}"
