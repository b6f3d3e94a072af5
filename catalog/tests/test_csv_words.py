"""What lists write for formats and languages."""

import pytest

from catalog import csv_words


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("paperback", "paperback"), ("Paperback", "paperback"), ("Taschenbuch", "paperback"),
        ("broché", "paperback"), ("Poche", "paperback"), ("gebunden", "hardback"),
        ("relié", "hardback"), ("Tapa dura", "hardback"), ("E-book", "ebook"),
        ("large_print", "large_print"), ("Large print", "large_print"), ("scroll", "scroll"),
    ],
)  # fmt: skip
def test_formats(text: str, key: str) -> None:
    assert csv_words.format_of(text) == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("de", "de"), ("ger", "de"), ("Deutsch", "de"), ("German", "de"), ("français", "fr"),
        ("Español", "es"), ("", ""), ("Klingon", "Klingon"),
    ],
)  # fmt: skip
def test_languages(text: str, key: str) -> None:
    assert csv_words.language_of(text) == key
