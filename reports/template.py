"""Our own template engine for paper and mail: no settings, no request, no translation, so a report says the same everywhere."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


def template(name: str, context: Mapping[str, Any]) -> str:
    """A template of ``templates/reports`` with this context, HTML-escaped."""
    from django.template import Context

    return str(_engine().get_template(f"reports/{name}").render(Context(dict(context), use_l10n=False, use_tz=False)))


@cache
def _engine() -> Any:
    from django.template import Engine

    return Engine(dirs=[str(TEMPLATES)])
