"""Langfuse: spans, scores and prompt versions, or totals alone. Its own OpenAPI description is the contract."""

from .connector import Langfuse

__all__ = ["Langfuse"]
