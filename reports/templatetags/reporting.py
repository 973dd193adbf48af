"""Template tags of report pages."""

from django import template
from django.utils.safestring import SafeString, mark_safe

from reports.charts import screen
from reports.composed import Chart

register = template.Library()


@register.filter
def drawn(chart: Chart) -> SafeString:
    """The chart as inline SVG, once for a desk and once for a phone; its words are escaped where it is drawn."""
    wide, narrow = screen.svg(chart), screen.svg(chart, screen.NARROW)
    return mark_safe(f'<div class="wide">{wide}</div><div class="narrow">{narrow}</div>')  # noqa: S308
