"""What the customer's pages write besides: `{% load customer %}`."""

from django import template

from orders import countries

register = template.Library()


@register.filter
def country(code: str) -> str:
    """Germany for DE."""
    return countries.name_of(code)
