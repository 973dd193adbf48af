"""The form of a kind of source, made from its settings: title, description and default become a field, a secret one that is never shown."""

import types
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Literal, Union, get_args, get_origin

from django import forms
from django.utils import timezone
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from clients.models import Client, System

from . import connections, partitions, retention
from .connecting.kind import Brings, Kind, Settings
from .connecting.opening import server_of
from .kept_keys import Kept
from .models import Source, Texts
from .sources import kinds
from .text_field import text_field

LONGEST_BACKFILL = 395
"""Days: spans are kept for thirteen months."""
JUST_ENTERED = "Leave empty to use the one you just entered, for ten minutes."
OWN = "set-"
"""What the names of a kind's own fields begin with, so that none collides with the form's."""


class SecretLines(forms.Textarea):
    """A secret of several lines; like a password's field it never shows what was sent."""

    def format_value(self, value: Any) -> str:
        return ""


def field_of(info: FieldInfo) -> forms.Field:
    """A setting as a form's field."""
    kind = _without_none(info.annotation)
    # A text with a default stands in the form. Cleared it is not the default: a key would go to the vendor's cloud unasked.
    assumed = str(info.default) if kind is str and info.default else ""
    required = info.is_required() or bool(assumed)
    usual: dict[str, Any] = {"label": info.title, "help_text": info.description, "required": required}
    if assumed:
        usual["error_messages"] = {"required": f"Type it, even if it is the usual one: {assumed}"}
    if kind is SecretStr:
        attributes = {"autocomplete": "off", "spellcheck": "false"}
        several = isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("lines")
        widget = SecretLines(attributes) if several else forms.PasswordInput(attributes)
        return forms.CharField(**usual, widget=widget)
    if kind is bool:
        return forms.BooleanField(**usual | {"required": False}, initial=bool(info.default))
    choices = list(choices_of(info).items())
    initial = "" if info.is_required() or info.default is None else info.default
    if choices:
        return forms.ChoiceField(**usual, choices=choices, initial=getattr(initial, "value", initial))
    return forms.CharField(**usual, initial=initial)


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        return next(choice for choice in get_args(annotation) if choice is not type(None))
    return annotation


def choices_of(info: FieldInfo) -> dict[str, str]:
    """What a setting may be, each value with its words (`json_schema_extra["words"]`); empty where it may be anything."""
    kind, more = _without_none(info.annotation), info.json_schema_extra
    if get_origin(kind) is not Literal:
        return {}
    words: Any = more.get("words", {}) if isinstance(more, dict) else {}
    return {str(value): str(words.get(value, value)) for value in get_args(kind)}


def problems(error: ValidationError) -> dict[str, str]:
    """What is wrong with settings, by setting; "" for what is wrong with all of them."""
    found: dict[str, str] = {}
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        name = str(each["loc"][0]) if each["loc"] else ""
        found.setdefault(name, _in_words(each["type"], each["msg"]))
    return found


def _in_words(kind: str, message: str) -> str:
    if kind in ("missing", "string_too_short"):
        return "This is needed."
    if kind == "extra_forbidden":
        return "There is no such setting."
    if kind == "value_error":
        return message.removeprefix("Value error, ").rstrip(".") + "."
    return "This is not as the hint says."


class SettingsForm(forms.Form):
    """The settings of one kind. After `is_valid()`, `settings` holds them."""

    def __init__(
        self, kind: str, data: Any = None, *, initial: Mapping[str, Any] | None = None, kept: Kept | None = None
    ) -> None:
        super().__init__(data, initial={f"{OWN}{name}": value for name, value in (initial or {}).items()})
        self.connector, self.kept, self.recent = kinds()[kind], Kept(), set[str]()
        self.settings: Settings | None = None
        for name, info in self.connector.Settings.model_fields.items():
            self.fields[f"{OWN}{name}"] = field_of(info)
        if kept:
            self.keep(kept, "Leave empty to keep the one it has.")

    def keep(self, kept: Kept, note: str) -> None:
        """Let the fields of kept secrets be left empty; `note` says what that means."""
        for name in kept.secrets:
            field = self.fields[f"{OWN}{name}"]
            field.required = False
            field.help_text = f"{self.connector.Settings.model_fields[name].description} {note}"
            # What a form shows of a field was copied when the form was checked.
            self[f"{OWN}{name}"].help_text = field.help_text
        self.kept = self.kept.under(kept)
        if note == JUST_ENTERED:
            self.recent.update(kept.secrets)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        given = {name.removeprefix(OWN): value for name, value in cleaned.items() if name.startswith(OWN)}
        # A secret left empty is the one that is there.
        filled = {name: value for name, value in given.items() if value not in ("", None)}
        try:
            self.settings = self.connector.Settings.model_validate({**self.kept.secrets, **filled})
        except ValidationError as error:
            for name, said in problems(error).items():
                field = f"{OWN}{name}" if f"{OWN}{name}" in self.fields else None
                if field not in self.errors:
                    self.add_error(field, said)
            return cleaned
        # A kept secret is sent only where it was given for: else whoever may edit could have it sent to themselves.
        empty = [name for name in self.kept.secrets if name not in filled]
        for name in self.kept.strays(empty, server_of(self.connector, self.settings)):
            self.add_error(f"{OWN}{name}", "The address leads to another server: enter this again.")
        return cleaned

    @property
    def entered(self) -> Kept:
        """The secrets that were typed, now or a moment ago, for the server they would be sent to; none unless `clean` took them."""
        if self.settings is None or self.errors.keys() & {f"{OWN}{name}" for name in self.kept.secrets}:
            return Kept()
        typed = {n: v for n, v in self.settings.secrets().items() if n in self.recent or self.data.get(f"{OWN}{n}")}
        return Kept.of(typed, server_of(self.connector, self.settings))

    @property
    def own(self) -> list[forms.BoundField]:
        """The fields of the kind's own settings."""
        return [field for field in self if field.name.startswith(OWN)]


class EditForm(SettingsForm):
    """Other settings for a source. Where they point at other data, it is asked what that means."""

    OTHER, SAME = "other", "same"
    meant = forms.ChoiceField(
        required=False,
        label="What these settings lead to",
        choices=[
            ("", "Choose"),
            (OTHER, "Other or more data: read its history too; what came before stays beside it"),
            (SAME, "The same data under another name or address: go on where it was"),
        ],
    )

    def __init__(self, source: Source, data: Any, kept: Kept) -> None:
        super().__init__(source.kind, data, initial=source.settings, kept=kept)
        self.asks = False

    def ask(self) -> None:
        """Show the question, and say that it is still open."""
        self.asks = True
        self.add_error("meant", "Choose what these settings lead to.")


class ConnectForm(SettingsForm):
    """Everything to connect a source: the kind's settings, its name, its system, and how much to read."""

    name = forms.CharField(max_length=120, label="Name of the source", help_text="How you will find it again.")
    system = forms.CharField(
        max_length=100, label="AI system", help_text="The system its data belongs to when the data does not say."
    )
    days = forms.IntegerField(
        min_value=1,
        max_value=LONGEST_BACKFILL,
        label="Days to read back",
        help_text="The newest come first, so the pages fill within a minute.",
    )
    texts = text_field(Texts.MEASURED)
    anyway = forms.BooleanField(required=False, label="Connect it all the same")

    def __init__(self, client: Client, kind: Kind, data: Any = None, kept: Kept | None = None) -> None:
        super().__init__(kind.key, data)
        self.keep(kept or Kept(), JUST_ENTERED)
        self.client, self.of = client, kind
        self.twins: list[Source] = []
        self.initial.update({"name": kind.name, "days": kind.backfill // timedelta(days=1)})
        if known := [f"“{name}”" for name in System.objects.filter(client=client).values_list("name", flat=True)[:8]]:
            self.fields["system"].help_text += f" {client.name} has {', '.join(known)}."
        if kind.brings is not Brings.TRACES:
            del self.fields["texts"]
            return
        if kind.texts_cost:
            self.fields["texts"].help_text += f" {kind.texts_cost}"
        if gone_to := retention.gone_to(client.pk):
            left = max(1, (timezone.now() - gone_to - partitions.SEAL) // timedelta(days=1))
            self.initial["days"] = min(self.initial["days"], left)
            self.fields[
                "days"
            ].help_text += f" Calls of no more than {left} days can be read: the days before are sealed, because calls of them are gone."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.settings is not None:
            self.twins = connections.twins(self.client, self.of.key, self.settings)
            if self.twins and not cleaned.get("anyway"):
                self.doubt()
        return cleaned

    def doubt(self) -> None:
        """Refuse what reads the same as a source that is there, until somebody says that it is meant."""
        self.add_error("anyway", "Tick this if it is meant.")

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        if Source.objects.filter(client=self.client, kind=self.of.key, name=name).exists():
            raise forms.ValidationError(
                f"There is a {self.of.name} source called “{name}” already. Give this one another name."
            )
        return name

    @property
    def about(self) -> list[forms.BoundField]:
        """The fields that every kind has."""
        return [field for field in self if not field.name.startswith(OWN) and field.name != "anyway"]


class TryForm(ConnectForm):
    """The same form while only the key is tried: what else it holds may still be missing, and is shown again as it was."""

    def __init__(self, client: Client, kind: Kind, data: Any, kept: Kept | None = None) -> None:
        super().__init__(client, kind, data, kept)
        for field in self.about:
            field.field.required = False

    def doubt(self) -> None:
        """Trying a key counts nothing twice."""

    def clean_name(self) -> str:
        return str(self.cleaned_data["name"])


class KeepingForm(forms.ModelForm[Source]):
    """A source's name, and what of its data is kept for how long; of bills and tickets nothing is kept that could go."""

    texts = text_field(Texts.KEPT)

    class Meta:
        model = Source
        fields = ("name", "texts", "redacts", "pseudonymises", "text_days", "span_days")
        labels: ClassVar = {
            "name": "Name of the source",
            "redacts": "Take out what identifies a person",
            "pseudonymises": "Keep people under pseudonyms",
            "text_days": "Days texts are kept",
            "span_days": "Days calls are kept",
        }
        help_texts: ClassVar = {
            "redacts": "Addresses, phone numbers, cards, accounts and keys are replaced before a text is stored.",
            "pseudonymises": "The same person keeps the same pseudonym, which does not say who they are.",
            "text_days": "Empty: as long as the calls.",
            "span_days": "Empty: thirteen months. Charts and reports stay either way.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.brings_calls:
            for name in set(self.fields) - {"name"}:
                del self.fields[name]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        others = Source.objects.filter(client=self.instance.client, kind=self.instance.kind, name=name)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(f"There is a source called “{name}” already. Give this one another name.")
        return name
