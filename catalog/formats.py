"""Formats: the forms in which a text is sold."""

import functools

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Format(models.TextChoices):
    """The form in which a text is sold."""

    HARDBACK = "hardback", _("Hardback")
    PAPERBACK = "paperback", _("Paperback")
    LARGE_PRINT = "large_print", _("Large print")
    BOARD_BOOK = "board_book", _("Board book")
    EBOOK = "ebook", _("E-book")
    AUDIOBOOK = "audiobook", _("Audiobook")
    AUDIO_CD = "audio_cd", _("Audiobook on CD")
    MAP = "map", _("Map")
    SHEET_MUSIC = "sheet_music", _("Sheet music")
    GIFT_CARD = "gift_card", _("Gift card")
    OTHER = "other", _("Not a book")


DIGITAL_FORMATS = frozenset({Format.EBOOK, Format.AUDIOBOOK, Format.GIFT_CARD})
"""What comes by e-mail: it takes no stock and needs no parcel."""

_LABELS = dict(Format.choices)


def label(form: str, language: str | None = None) -> str:
    """The format's name in the active language, which who writes many may look up once."""
    return _label(form, language or get_language())


@functools.cache
def _label(form: str, language: str | None) -> str:
    return str(_LABELS.get(form, form))
