"""Cloud bills in the FinOps Foundation's FOCUS format, as Google Cloud, Azure and AWS export them."""

from .connector import Focus

__all__ = ["Focus"]
