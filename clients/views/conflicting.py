"""What a form does about a client that collides with another: it stops, and an owner may go on with a reason."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django import forms

from clients.conflicts import Conflict

LONGEST_REASON = 2_000


def may_be_saved(form: forms.ModelForm[Any], found: Sequence[Conflict], *, owner: bool) -> bool:
    """Whether a valid form can be saved as things stand with the practice's other clients.

    An owner is told what collides and can give a reason for an exception; it counts only for the collisions they were shown.
    Anybody else learns that something collides, and nothing of the other client.
    """
    if not found:
        return True
    if not owner:
        form.add_error(
            None,
            "This collides with another client of the practice: its name, niche or competitors say that the two compete. Nothing"
            " is saved. An owner sees which client it is, and can record an exception.",
        )
        return False
    form.fields["reason"] = forms.CharField(
        label="Why the two can be looked after all the same",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept with your name and the day. Only owners see it, in the settings of both clients.",
    )
    reason, shown = form.data.get("reason", "").strip(), form.data.get("shown", "")
    form.cleaned_data["reason"] = reason
    if len(reason) > LONGEST_REASON:
        form.add_error("reason", f"The reason has {len(reason)} characters; {LONGEST_REASON} are the most.")
        return False
    if reason and shown == fingerprint(found):
        return True
    count = "another client" if len(found) == 1 else f"{len(found)} other clients"
    form.add_error(None, f"This collides with {count} of yours, and nothing is saved yet.")
    if shown:
        form.add_error(
            "reason", "Write the reason first." if not reason else "The collisions are others now: read them again."
        )
    return False


def fingerprint(found: Sequence[Conflict]) -> str:
    """Stands for exactly these collisions."""
    keys = sorted(f"{conflict.other.pk} {collision.key}" for conflict in found for collision in conflict.collisions)
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()
