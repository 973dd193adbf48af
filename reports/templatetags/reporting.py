"""Template tags of report pages."""

from django import template
from django.utils.safestring import SafeString, mark_safe

from reports.charts import screen
from reports.composed import Chart

register = template.Library()


@register.filter
def drawn(chart: Chart) -> SafeString:
    """The chart as inline SVG; its words are escaped where it is drawn."""
    return mark_safe(screen.svg(chart))  # noqa: S308
