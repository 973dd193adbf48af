"""The forms of outcomes: what one means, and what somebody says of it."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from clients.models import Client

from .models import OutcomeDefinition, OutcomeKind, OutcomeValue
from .records import OutcomeRecord
from .ticket_counts import KEYS

RESERVED = KEYS | {"define"}
"""Keys that are taken: what FracOps counts itself, and a page's address."""


class DefinitionForm(forms.ModelForm[OutcomeDefinition]):
    """What an outcome means. Its key and kind stay once it is there: figures were given for them."""

    class Meta:
        model = OutcomeDefinition
        fields = ("name", "key", "kind", "unit", "of", "better", "worth", "worth_said_by", "saves", "worth_of")
        labels: ClassVar = {
            "unit": "What is counted",
            "of": "Out of what",
            "better": "Which way is better",
            "worth": "Worth of one more",
            "worth_said_by": "Who said what it is worth",
            "saves": "What one more saves",
            "worth_of": "What that is worth in",
        }
        help_texts: ClassVar = {
            "name": "As the client says it: “Self-serve chat resolution”.",
            "key": "Its short name for senders and charters: chats_settled.",
            "unit": "In words: “chats settled”, “hours saved”.",
            "of": "For a rate: “chats”.",
            "worth": "In the client’s currency. Leave it empty if nobody said.",
            "worth_said_by": "“Theo Brandt, 3 November”.",
            "saves": "In words: “help-desk tickets”.",
            "worth_of": "In words: “labor”.",
        }

    def __init__(self, client: Client, data: Any = None, *, instance: OutcomeDefinition | None = None) -> None:
        super().__init__(data, instance=instance or OutcomeDefinition(client=client))
        self.client = client
        self.fields["kind"].choices = [c for c in OutcomeKind.choices if c[0] != OutcomeKind.MEDIAN]  # type: ignore[attr-defined]
        if instance is not None:
            fixed = ("key", "kind", "name", "unit", "of", "better") if instance.counted else ("key", "kind")
            for name in fixed:
                del self.fields[name]

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if key in RESERVED:
            raise forms.ValidationError(f"“{key}” is FracOps’ own. Choose another key.")
        if OutcomeDefinition.objects.filter(client=self.client, key=key).exists():
            raise forms.ValidationError(f"There is an outcome “{key}” already. Choose another key, or edit that one.")
        return key

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        kind = data.get("kind") or self.instance.kind
        if kind == OutcomeKind.RATE and "of" in self.fields and not data.get("of"):
            self.add_error("of", "A rate is out of something: write what, such as “chats”.")
        if data.get("worth") is not None and not data.get("worth_said_by"):
            self.add_error("worth_said_by", "Write who said what it is worth: reports show it.")
        return data


class FigureForm(forms.Form):
    """What a person says of an outcome for a day or for several; `source` and `sent_id` name the figure that it corrects."""

    first_day = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last_day = forms.DateField(
        label="Last day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Only for a figure of several days, such as a month.",
    )
    numerator = forms.DecimalField(max_digits=20, decimal_places=6)
    denominator = forms.DecimalField(max_digits=20, decimal_places=6, required=False)
    success = forms.IntegerField(label="Of these, a success", required=False, min_value=0)
    retried = forms.IntegerField(label="Of these, tried again", required=False, min_value=0)
    overridden = forms.IntegerField(label="Of these, overridden by a person", required=False, min_value=0)
    source = forms.CharField(required=False, widget=forms.HiddenInput)
    sent_id = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, definition: OutcomeDefinition, data: Any = None, *, correcting: OutcomeValue | None = None
    ) -> None:
        super().__init__(data, initial=_initial(correcting) if correcting else None)
        self.definition = definition
        kind = OutcomeKind(definition.kind)
        self.fields["numerator"].label = definition.unit[:1].upper() + definition.unit[1:]
        self.fields["denominator"].label = f"Out of how many {definition.of or 'cases'}"
        self.fields["denominator"].required = kind is OutcomeKind.RATE
        for flag in ("success", "retried", "overridden"):
            self.fields[flag].help_text = "Leave it empty where nobody knows."
        if kind is OutcomeKind.COUNT:
            del self.fields["denominator"]

    def record(self, *, withdrawn: bool = False) -> OutcomeRecord:
        """The figure as typed; needs a valid form."""
        said = self.cleaned_data
        first: date = said["first_day"]
        numbers: dict[str, Any] = {
            name: said.get(name) for name in ("numerator", "denominator", "success", "retried", "overridden")
        }
        if withdrawn:
            numbers = dict.fromkeys(numbers)
        return OutcomeRecord(self.definition.key, first, said["last_day"] or first, sent_id=said["sent_id"], **numbers)


def _initial(value: OutcomeValue) -> dict[str, Any]:
    sent_id = value.ref.removeprefix("id:") if value.ref.startswith("id:") else ""
    return {
        "first_day": value.first_day,
        "last_day": value.last_day if value.last_day != value.first_day else None,
        "numerator": plain(value.numerator),
        "denominator": plain(value.denominator),
        "success": value.success,
        "retried": value.retried,
        "overridden": value.overridden,
        "source": value.source.public_id if value.source else "",
        "sent_id": sent_id,
    }


def plain(number: Decimal | None) -> str:
    """A stored number without zeros at its end."""
    return "" if number is None else f"{number.normalize():f}"
