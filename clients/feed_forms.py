"""The form of a feed, whatever it is of: its name, and an address that anybody may read."""

from typing import ClassVar
from urllib.parse import urlsplit

import httpx
from django.core.exceptions import ValidationError

from .editing import EditForm
from .models import Feed, RetirementFeed


class PublicFeedForm[Row: Feed | RetirementFeed](EditForm[Row]):
    """A feed's name and address. A practice has each address once, and so many feeds of a kind at most."""

    most: ClassVar[int]
    taken = ("url", "Somebody added this feed just now.")

    def clean_url(self) -> str:
        """An address that is reached by https without a password, and has no feed yet."""
        url: str = self.cleaned_data["url"]
        parts = urlsplit(url)
        if parts.scheme != "https":
            raise ValidationError("Write an address that begins with https://.")
        if parts.username or parts.password:
            raise ValidationError("Leave the name and password out of the address: only public feeds are read.")
        try:
            httpx.URL(url)
        except httpx.InvalidURL as fault:
            raise ValidationError(
                "No server can have this name: copy the address from where the feed opens."
            ) from fault
        row = self.instance
        others = type(row)._default_manager.filter(practice=row.practice).exclude(pk=row.pk)
        if there := others.filter(url=url).first():
            raise ValidationError(f"This is the address of “{there.name}” already.")
        if row._state.adding and others.count() >= self.most:
            raise ValidationError(f"{self.most} feeds are the most: remove one first.")
        return url
