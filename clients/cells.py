"""Cells of CSV files that people open in a spreadsheet."""

_BEGIN_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would take for a formula and run (OWASP, “CSV injection”)."""
    return f"'{text}" if text.startswith(_BEGIN_A_FORMULA) else text
