"""What stands in a text where something was taken out of it."""

KINDS = ("email", "phone", "card", "iban", "ip", "key")


def mark(kind: str) -> str:
    """The kind in white square brackets, ``⟦email⟧``: on no keyboard and in no language's writing, so no text has them by itself."""
    return f"⟦{kind}⟧"
