"""The choice of what becomes of texts, in the words that every form of a source has for it."""

from django import forms

from .models import Texts

_MEANING = (
    "Read and measured, texts pass through FracOps’ memory and nothing of them is stored: what stays is whether an answer refuses, "
    "has the right format, how long it is and in which language. Not read, that is not known. Kept, they are stored with addresses, "
    "numbers and keys taken out, and every reading by a person is noted."
)


def text_field(initial: Texts) -> forms.ChoiceField:
    """The field `texts` of a form, with what each choice means for privacy."""
    return forms.ChoiceField(
        choices=Texts.choices,
        initial=initial,
        widget=forms.RadioSelect,
        label="What was asked and answered",
        help_text=_MEANING,
    )
