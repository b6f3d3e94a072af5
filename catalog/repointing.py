"""Moves whatever points at one row to another row, and notes down enough to move it back."""

import datetime
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction

Values = dict[str, Any]


@dataclass
class Moves:
    """What was done, as plain values: kept with the merge."""

    moved: list[list[Any]] = field(default_factory=list)
    """[model, field, ids]: they pointed at the row that is gone."""
    changed: list[list[Any]] = field(default_factory=list)
    """[model, id, {field: [before, after]}]"""
    dropped: list[list[Any]] = field(default_factory=list)
    """[model, values]: they stood there already, and went with the row that is gone."""
    addresses: list[int] = field(default_factory=list)
    """Former addresses that led to the row that is gone."""
    gone: Values = field(default_factory=dict)
    """The values of the row that is gone."""

    def change(self, row: models.Model, **values: Any) -> None:
        """Give a row other values, and note what it had; values that it has are left out."""
        fields: dict[str, Any] = {name: row._meta.get_field(name) for name in values}
        names: dict[str, str] = {name: each.attname for name, each in fields.items()}
        before = {name: getattr(row, attname) for name, attname in names.items()}
        changes = {
            names[name]: [before[name], value]
            for name, value in values.items()
            if before[name] != value
        }
        if changes:
            for name, value in values.items():
                setattr(row, names[name], value)
            row.save(update_fields=list(values))
            self.changed.append([row._meta.label_lower, row.pk, changes])

    def drop(self, row: models.Model) -> None:
        """Delete a row, and note what it said."""
        self.dropped.append([row._meta.label_lower, values_of(row)])
        row.delete()

    def repoint(self, gone: models.Model, into: models.Model) -> None:
        """Let all that points at `gone` point at `into`; what is there already is dropped."""
        for model, key in _pointing_at(type(gone)):
            rows = model._base_manager.filter(**{key.name: gone})
            ids = list(rows.order_by("pk").values_list("pk", flat=True))
            if ids and not self._moved_together(rows, key, into):
                ids = self._moved_singly(rows, key, into)
            if ids:
                self.moved.append([model._meta.label_lower, key.attname, ids])

    def _moved_together(self, rows: "models.QuerySet[Any]", key: Any, into: models.Model) -> bool:
        try:
            with transaction.atomic():
                rows.update(**{key.name: into})
        except IntegrityError:
            return False
        return True

    def _moved_singly(
        self, rows: "models.QuerySet[Any]", key: Any, into: models.Model
    ) -> list[int]:
        ids = []
        for row in rows.order_by("pk"):
            if self._moved_together(rows.model._base_manager.filter(pk=row.pk), key, into):
                ids.append(row.pk)
            else:
                self.drop(row)
        return ids

    def as_json(self) -> dict[str, Any]:
        """For a JSON column."""
        return asdict(self)


def values_of(row: models.Model) -> Values:
    """A row's columns as values that JSON can hold."""
    values = {each.attname: each.value_from_object(row) for each in row._meta.concrete_fields}
    # JSON would cut the moment's end off.
    return {
        name: value.isoformat() if isinstance(value, datetime.datetime) else value
        for name, value in values.items()
    }


def revive(model: type[models.Model], values: Values) -> models.Model:
    """Write a row again, under its old id. Raises IntegrityError where that cannot be."""
    columns = {each.attname: each for each in model._meta.concrete_fields}
    known = {
        name: columns[name].to_python(value) for name, value in values.items() if name in columns
    }
    with transaction.atomic():
        row = model._base_manager.bulk_create([model(**known)])[0]
        # Days of creation are set by the insert.
        model._base_manager.filter(pk=row.pk).update(**known)
    return model._base_manager.get(pk=row.pk)


def move_back(content: dict[str, Any], *, gone_id: int, kept_id: int) -> None:
    """Undo what Moves noted, wherever nobody has changed it since; the row must be there again."""
    for label, attname, ids in content["moved"]:
        rows = apps.get_model(label)._base_manager.filter(pk__in=ids, **{attname: kept_id})
        rows.update(**{attname: gone_id})
    for label, pk, changes in reversed(content["changed"]):
        _change_back(apps.get_model(label), pk, changes)
    for label, values in content["dropped"]:
        try:
            revive(apps.get_model(label), values)
        except IntegrityError:
            continue  # what it belonged to is gone, or it stands there anew


def _change_back(model: type[models.Model], pk: int, changes: dict[str, list[Any]]) -> None:
    row = model._base_manager.filter(pk=pk).first()
    if row is None:
        return
    columns = {each.attname: each for each in model._meta.concrete_fields}
    restored = []
    for attname, (before, after) in changes.items():
        if getattr(row, attname) == columns[attname].to_python(after):
            setattr(row, attname, columns[attname].to_python(before))
            restored.append(columns[attname].name)
    if restored:
        row.save(update_fields=restored)


def _pointing_at(model: type[models.Model]) -> Iterator[tuple[type[models.Model], Any]]:
    """Every foreign key to `model`; what is derived one to one goes with its row."""
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and relation.one_to_many:
            yield relation.related_model, relation.field
