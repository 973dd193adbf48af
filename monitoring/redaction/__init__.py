"""Takes out of texts what points at a person or opens a door, before they are stored. docs/privacy.md says what is found."""

from .marks import KINDS, mark
from .texts import redacted

__all__ = ["KINDS", "mark", "redacted"]
