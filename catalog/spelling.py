"""What somebody may have meant: words that there are, near those that were typed.

Near misses are looked for among the distinct words of titles and names, which are few, however many
books there are.
"""

import itertools
from collections.abc import Callable, Collection, Sequence

from django.db import connection, transaction

from catalog.misspelling import slips

CANDIDATES = 30  # words that are looked at closely for each typed one
MEANT = 4  # of them may be what was meant
TRIED = 12  # queries are tried, the likeliest first
SHORTEST = 3  # letters; anything may be meant by fewer
LETTERS_FOR_A_SLIP = 4  # one letter in four may be wrong

LEARN = """
INSERT INTO catalog_searchword (word, works)
SELECT DISTINCT lexeme, 1 FROM catalog_searchentry AS entry, unnest(tsvector_to_array(entry.head))
AS lexeme WHERE entry.work_id = ANY(%s) ORDER BY lexeme
ON CONFLICT (word) DO NOTHING
"""
COUNT_ALL = """
INSERT INTO catalog_searchword (word, works)
SELECT word, ndoc FROM ts_stat('SELECT head FROM catalog_searchentry WHERE is_offered')
"""
NEAR = """
SELECT word, works FROM catalog_searchword WHERE word %% %(typed)s
ORDER BY similarity(word, %(typed)s) DESC, works DESC LIMIT %(most)s
"""


def learn(work_ids: Collection[int]) -> None:
    """Know the words of these works, too. Short, and apart from what changed the works.

    Two who enter the same word wait for each other, and so must enter words in one order.
    """
    with connection.cursor() as cursor:
        cursor.execute(LEARN, [sorted(work_ids)])


@transaction.atomic
def count_words() -> int:
    """Count all words anew, and forget those that nothing offered has; how many there are."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_searchword")
        cursor.execute(COUNT_ALL)
        return int(cursor.rowcount)


def corrected(words: Sequence[str], finds: Callable[[list[str]], bool]) -> list[str] | None:
    """The likeliest words instead of these that find something; None where there are none."""
    meant = [_meant(word) for word in words]
    if not any(meant):
        return None
    choices = [options or [(0.0, word)] for word, options in zip(words, meant, strict=True)]
    combinations = sorted(
        (sum(distance for distance, _word in chosen), [word for _distance, word in chosen])
        for chosen in itertools.islice(itertools.product(*choices), 500)
    )
    tried = (chosen for _distance, chosen in combinations if chosen != list(words))
    return next((chosen for chosen in itertools.islice(tried, TRIED) if finds(chosen)), None)


def _meant(word: str) -> list[tuple[float, str]]:
    """The nearest words, each with its distance; the typed one itself where it is a word."""
    if len(word) < SHORTEST or word.isdigit():
        return []
    most = max(1, len(word) // LETTERS_FOR_A_SLIP)
    with connection.cursor() as cursor:
        cursor.execute(NEAR, {"typed": word, "most": CANDIDATES})
        near = [
            (slips(word, candidate, most=most), works, candidate)
            for candidate, works in cursor.fetchall()
        ]
    kept = sorted((n, -works, candidate) for n, works, candidate in near if n <= most)
    return [(float(distance), candidate) for distance, _works, candidate in kept[:MEANT]]
