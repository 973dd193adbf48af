"""Turning the pages of a long list whose filters stand in the address, without counting its rows."""

from collections.abc import Mapping, Sized
from typing import Any
from urllib.parse import urlencode

from django import forms

MOST_PAGES = 1_000
"""Pages that can be turned; whoever looks further back uses a filter."""


def stretch(page: int, size: int) -> slice:
    """The rows of a page, the first being 1, and one more: it tells whether another page follows."""
    return slice((page - 1) * size, page * size + 1)


def turns(rows: Sized, page: int, size: int, kept: Mapping[str, Any]) -> dict[str, str]:
    """The addresses of the pages beside this one, ``newer`` and ``older``, "" where there is none; `kept` is what was asked besides.

    `rows` are those of the page's `stretch`.
    """
    return {
        "newer": f"?{urlencode({**kept, 'page': page - 1})}" if page > 1 else "",
        "older": f"?{urlencode({**kept, 'page': page + 1})}" if len(rows) > size else "",
    }


class AskedForm(forms.Form):
    """Which rows of a list, and which page of them; all of it in the address. What cannot be understood counts as not asked."""

    page = forms.IntegerField(required=False, min_value=1, max_value=MOST_PAGES, widget=forms.HiddenInput)

    def asked(self) -> dict[str, Any]:
        """What was asked and understood, the page apart."""
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value and name != "page"}
