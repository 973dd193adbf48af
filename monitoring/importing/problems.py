"""What can be wrong with a file or with a row of it, in words for the person who imports it."""


class ImportProblem(Exception):  # noqa: N818
    """The file or the mapping as a whole cannot be used."""


class RowRefused(Exception):  # noqa: N818
    """One row cannot be used; the others can. `line` is where it begins, counted from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason
