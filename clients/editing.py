"""Two people editing one thing: the second to save learns of the first, and loses nothing of what they typed."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, ClassVar

from django import forms
from django.db import IntegrityError, models, transaction

from .days import PossibleDays


class Edited(models.Model):
    """A row that people edit in forms. Each save counts its edition up."""

    edition = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True


class EditForm[Row: Edited](PossibleDays, forms.ModelForm[Row]):
    """A form of an edited row. It is saved only over the edition that it was opened with.

    Views call `store` once the form is valid, and show the form again where it answers False: it then says what was saved in
    between, holds what was typed, and the next save replaces the other one knowingly.
    """

    edition = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    also: ClassVar[Sequence[str]] = ()
    taken: ClassVar[tuple[str | None, str] | None] = None
    """The field that can be another row's only, or None for the whole form, and what is said where somebody wrote that row at the same
    moment: later than the form could see."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["edition"] = self.instance.edition

    def store(self) -> bool:
        """Write the row, added or changed. False, with nothing written, where somebody else saved it since the form was opened, or
        wrote the one row there can be."""
        if self.taken is None:
            return self._store()
        try:
            with transaction.atomic():
                return self._store()
        except IntegrityError:
            self.add_error(*self.taken)
            return False

    def _store(self) -> bool:
        row = self.instance
        if row.pk is None:
            self.save()
            return True
        opened = self.cleaned_data["edition"] or 0
        rows = type(row)._default_manager.filter(pk=row.pk)
        with transaction.atomic():
            if rows.filter(edition=opened).update(edition=opened + 1):
                row.edition = opened + 1
                row.save(update_fields=self._written())
                self._save_m2m()  # type: ignore[attr-defined]
                return True
        self._meanwhile(rows.get())
        return False

    def _written(self) -> list[str]:
        """The row's own columns that the form speaks of; `also` names those it sets by itself."""
        own = {f.name for f in self.instance._meta.concrete_fields}
        return [*(own & self.fields.keys()), *self.also]

    def _meanwhile(self, now: Row) -> None:
        shown = [name for name in self.fields if name != "edition" and hasattr(now, name)]
        differ = [name for name in shown if getattr(now, name) != self.cleaned_data.get(name)]
        named = ", ".join(f"{self[name].label}: “{_said(getattr(now, name))}”"[:200] for name in differ)
        self.add_error(
            None,
            "Somebody saved this while you were writing. "
            + (f"It says now {named}. " if named else "")
            + "What you typed is still here: save again to put it in its place.",
        )
        # Typed values are what a bound form shows; of them only the edition is not the person's.
        again: Any = deepcopy(self.data)
        again[self.add_prefix("edition")] = str(now.edition)
        self.data = again


def _said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
