"""Codes and readable addresses in forms: what staff reads where one has signs it cannot have."""

from typing import Any

from django.contrib.admin.widgets import AdminTextInputWidget
from django.db.models import SlugField
from django.utils.translation import gettext_lazy

IN_PLAIN_WORDS: dict[Any, dict[str, Any]] = {
    SlugField: {
        "error_messages": {
            "invalid": gettext_lazy(
                "Use only letters without accents, digits, hyphens and underscores; no spaces."
            )
        },
        "widget": AdminTextInputWidget,  # as CharField has it, whose overrides Django skips now
    }
}
"""For an admin class: `formfield_overrides`."""
