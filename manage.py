#!/usr/bin/env python
"""Django's command line; with no DATABASE_URL it runs inside FracOps' own embedded servers."""

import os
import sys
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fracops.settings")
    import environ
    from django.core.management import execute_from_command_line

    # As the settings do it, but before asking whose servers are to be used.
    environ.Env.read_env(Path(__file__).parent / ".env")
    if os.environ.get("DATABASE_URL") or not needs_database(sys.argv):
        execute_from_command_line(sys.argv)
        return
    from fracops.embedded import servers

    home = Path(os.environ.get("FRACOPS_HOME", Path(__file__).parent / "var"))
    with servers(home) as running:
        os.environ.update(running.environment)
        execute_from_command_line(sys.argv)


def needs_database(arguments: list[str]) -> bool:
    """Whether the command does more than print help or look at the code."""
    return (
        len(arguments) > 1
        and arguments[1] not in {"help", "version", "--help", "--version", "collectstatic"}
        and "--help" not in arguments
    )


if __name__ == "__main__":
    main()
