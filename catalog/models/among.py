"""`among`: a lookup for very many values, `Edition.objects.filter(isbn13__among=numbers)`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, ForeignObject, Lookup
from django.db.models.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    AnyLookup = Lookup[Any]
else:
    AnyLookup = Lookup


@Field.register_lookup
@ForeignObject.register_lookup
class Among(AnyLookup):
    """`column = ANY(array)`, for whole numbers or texts: one parameter, however many there are.

    Django's `in` writes one for each value. For a thousand that costs Django, the driver and
    PostgreSQL's parser several times as much as finding the rows.
    """

    lookup_name = "among"

    def get_prep_lookup(self) -> list[Any]:
        """The values as they were given."""
        return list(self.rhs)

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        """No values: nothing is among them, and nothing is asked."""
        if not self.rhs:
            raise EmptyResultSet
        column, params = self.process_lhs(compiler, connection)
        if isinstance(self.rhs[0], int):
            return f"{column} = ANY(%s::bigint[])", (*params, _array(map(str, self.rhs)))
        return f"{column} = ANY(%s::text[])", (*params, _array(map(_quoted, self.rhs)))


def _array(elements: Iterable[str]) -> str:
    return "{" + ",".join(elements) + "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
