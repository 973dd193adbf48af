"""Two connections, one database: rows read as the owner and rows read as the runtime may point at each other."""

from typing import Any


class OneDatabase:
    """Tells Django that `default` and `owner` are the same database under two roles."""

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        return True
