"""Writing a charter: a draft is saved over, an agreed version is followed by the next."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction

from clients.models import Charter, Target

from .charter_form import TargetForm
from .charter_parts import Quarter

_FIELDS = (
    "name",
    "metric",
    "model",
    "kind",
    "baseline",
    "baseline_n",
    "baseline_source",
    "change",
    "goal",
    "due",
    "owner",
)


def save(quarter: Quarter, typed: Mapping[str, Any], given: Sequence[TargetForm]) -> Charter | None:
    """Write the charter whole: kept targets keep their line and so their history, others are added or taken away.

    Returns the version written; None, with nothing written, when somebody else saved or agreed since the form was opened.
    """
    opened, edition = typed["version"] or 0, typed["edition"] or 0
    newest = quarter.newest
    if opened != (newest.version if newest else 0):
        return None
    try:
        with transaction.atomic():
            if newest and newest.agreed_at is None:
                saved = Charter.objects.filter(pk=newest.pk, edition=edition, agreed_at=None).update(
                    scope=typed["scope"], edition=edition + 1
                )
                if not saved:
                    return None
                charter = newest
            else:
                charter = Charter.objects.create(
                    client=quarter.client,
                    quarter_start=quarter.start,
                    version=opened + 1,
                    scope=typed["scope"],
                    edition=1,
                )
            _write_targets(charter, list(newest.targets.all()) if newest else [], given)
    except IntegrityError:
        # Two began the same version at once, and the database takes one of them.
        return None
    return charter


def _write_targets(charter: Charter, before: Sequence[Target], given: Sequence[TargetForm]) -> None:
    known = {t.public_id: t for t in before}
    for position, form in enumerate(given):
        data = form.cleaned_data
        old = known.get(data["public_id"])
        kept = old if old and old.charter_id == charter.pk else None
        if data.get("DELETE") or not form.given:
            if kept:
                kept.delete()
            continue
        target = kept or Target(client_id=charter.client_id, charter=charter)
        if old:
            target.line = old.line
        target.position = position
        for field in _FIELDS:
            setattr(target, field, data[field])
        target.system = form.systems.get(data["system"])
        target.save()
