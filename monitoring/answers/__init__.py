"""What an answer's text tells before it is dropped or redacted: whether it refuses, is the JSON it should be, and how long it is.

docs/metrics.md has the rules in words; decision 012 says why they are so plain.
"""

from .derived import NOTHING, Told, told
from .envelopes import question_of

__all__ = ["NOTHING", "Told", "question_of", "told"]
