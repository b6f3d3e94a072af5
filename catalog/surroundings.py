"""What stands around a subject: what its page leads to, read by one statement."""

from dataclasses import dataclass, field
from typing import Any

from catalog import prepared
from catalog.models.subject import VISIBLE
from catalog.ways import Question

# Qualifiers are no shelves: as `Subject.objects.visible` has it.
_VISIBLE = VISIBLE.format(row="next")
_SHOWN = f"next.size > 0 AND {_VISIBLE}"  # or it leads nowhere: as `Subject.objects.shown` has it
_NODE = "next.id, next.name, next.slug, next.size"
_BELOW = f"""
SELECT {_NODE} FROM catalog_subject AS next
WHERE next.parent_id {{parent}} AND {_VISIBLE} ORDER BY name
"""  # noqa: S608 - names of our own
_AROUND = f"""
WITH RECURSIVE here AS (
    SELECT id, parent_id, path, name, slug, size, intro FROM catalog_subject WHERE slug = %(slug)s
), up AS (
    SELECT next.id, next.parent_id, next.name, next.slug, next.size, 1 AS distance
    FROM catalog_subject AS next JOIN here ON next.id = here.parent_id
    UNION ALL
    SELECT next.id, next.parent_id, next.name, next.slug, next.size, up.distance + 1
    FROM catalog_subject AS next JOIN up ON next.id = up.parent_id
)
SELECT 'here', id, name, slug, size, intro, 0 AS ordinal, '' AS place FROM here
UNION ALL
SELECT 'above', {_NODE}, '', -next.distance, '' FROM up AS next
UNION ALL
SELECT 'below', {_NODE}, '', next.ordinal, next.path
FROM catalog_subject AS next JOIN here ON next.parent_id = here.id WHERE {_SHOWN}
UNION ALL
SELECT 'beside', {_NODE}, '', next.ordinal, next.path
FROM catalog_subject AS next JOIN here ON next.parent_id = here.parent_id AND next.id <> here.id
WHERE {_SHOWN}
UNION ALL
SELECT DISTINCT 'gathered', gathers.to_subject_id, '', '', 0, '', 0, ''
FROM catalog_subject_gathers AS gathers JOIN catalog_subject AS shelf
    ON shelf.id = gathers.from_subject_id JOIN here ON starts_with(shelf.path, here.path)
ORDER BY ordinal, place, id
"""  # noqa: S608 - names of our own


@dataclass(frozen=True, slots=True)
class Node:
    """A subject, as pages name it."""

    pk: int
    name: str
    slug: str
    size: int
    intro: str = ""

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The page with its works, as a subject's."""
        return f"/subjects/{self.slug}/"


@dataclass(frozen=True)
class Surroundings:
    """A subject and what is around it; below and beside only what leads to works for sale."""

    here: Node
    above: list[Node] = field(default_factory=list)
    """From the root down."""
    below: list[Node] = field(default_factory=list)
    beside: list[Node] = field(default_factory=list)
    mark: str = ""
    """What marks works of the subject in search entries: its id, or one of what it gathers."""


def around(slug: str) -> Surroundings | None:
    """The subject with this slug, and what is around it."""
    found: dict[str, list[Node]] = {}
    for kind, *node in prepared.rows(_AROUND, {"slug": slug}):
        found.setdefault(kind, []).append(_node(*node))
    if "here" not in found:
        return None
    (here,) = found["here"]
    marked = sorted({here.pk, *(node.pk for node in found.get("gathered", ()))})
    return Surroundings(
        here,
        above=found.get("above", []),
        below=found.get("below", []),
        beside=found.get("beside", []),
        mark="|".join(f"=s{pk}" for pk in marked),
    )


def below(parent: int | None) -> Question:
    """What asks for the subjects below one, or for the outermost, by name: rows to make nodes of.

    Those without works as well, as somebody who waits for a count cannot know of them.
    """
    sql = _BELOW.format(parent="IS NULL" if parent is None else "= %(parent)s")
    return Question(sql, told={"parent": parent}, plan="below")


def _node(pk: int, name: str, slug: str, size: int, intro: str, *_order: Any) -> Node:
    return Node(pk, name, slug, size, intro)
