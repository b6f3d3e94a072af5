"""The table of cached answers: name, lifetime, and what makes each stale.

A generation name stands for something that changes: `edition:<isbn13>` for one edition and all that
its page shows, `catalog` for any change to what lists show, `vocabulary` for the names of
contributors, imprints, series and subjects, `subjects` for how many works stand on each shelf,
`recommendations` for a work that stands on so many books' pages that all are made anew, `seller`
for what the shop says of itself.
Writers raise them (`store.bump_after_commit`). Arguments stand in the answer's address; what turns
by itself is compared like a generation: the day, because prices and publication dates turn at
midnight.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

MINUTE, HOUR = 60, 3600
EVERYTHING = ("catalog", "vocabulary", "seller")  # no answer depends on none of them
PLACES = ("after", "before")  # arguments that are keys of places in long lists
TURNING = ("day",)  # arguments that turn by themselves and never come back


@dataclass(frozen=True)
class Answer:
    """A kind of cached answer."""

    name: str
    lifetime_seconds: int
    depends_on: Callable[..., tuple[str, ...]]
    """Maps the answer's arguments to the generations that it holds by."""
    has_any_words: bool = False
    """Whether one of its arguments is whatever a visitor types."""

    def has_endless_addresses(self, arguments: Mapping[str, str]) -> bool:
        """Whether visitors can make up as many of the kind as they like.

        Such an answer is kept when it is asked for again, or nobody's words would drive out what
        everybody reads.
        """
        return self.has_any_words or any(arguments.get(name) for name in PLACES)


def _on_any_title(**arguments: str) -> tuple[str, ...]:
    return ("catalog", "vocabulary")


def _on_shelves(**arguments: str) -> tuple[str, ...]:
    return ("catalog", "vocabulary", "subjects")


def _on_one_edition(*, isbn13: str, **arguments: str) -> tuple[str, ...]:
    return (f"edition:{isbn13}", "vocabulary")


def _on_one_edition_and_others(*, isbn13: str, **arguments: str) -> tuple[str, ...]:
    return (f"edition:{isbn13}", "vocabulary", "recommendations")


def _on_seller(**arguments: str) -> tuple[str, ...]:
    return ("seller",)


EDITION_PAGE = Answer("edition_page", 24 * HOUR, _on_one_edition_and_others)
COVER = Answer("covers", 24 * HOUR, _on_one_edition)
HOME_PAGE = Answer("home_page", 24 * HOUR, _on_any_title)
SUBJECT_PAGE = Answer("subject_page", 6 * HOUR, _on_shelves)
CONTRIBUTOR_PAGE = Answer("contributor_page", 6 * HOUR, _on_any_title)
SERIES_PAGE = Answer("series_page", 6 * HOUR, _on_any_title)
IMPRINT_PAGE = Answer("imprint_page", 6 * HOUR, _on_any_title)
LIST_PAGE = Answer("list_page", 6 * HOUR, _on_any_title)
NEW_PAGE = Answer("new_page", 6 * HOUR, _on_any_title)
SEARCH_PAGE = Answer("search_page", 10 * MINUTE, _on_any_title, has_any_words=True)
AVAILABLE_COUNT = Answer("available_count", 1, _on_any_title, has_any_words=True)
"""Of what changes with the stock, which raises no generation: so it ends with its second."""

ABOUT_PAGE = Answer("about_page", 24 * HOUR, _on_seller)
SITEMAP = Answer("sitemap", 6 * HOUR, _on_shelves)
