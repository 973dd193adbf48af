"""What an answer's text tells before it is dropped or redacted: whether it refuses, its format, its length and its language.

docs/metrics.md has the rules in words; decision 015 says why they are so plain.
"""

from .derived import NOTHING, Told, told
from .envelopes import question_of

__all__ = ["NOTHING", "Told", "question_of", "told"]
