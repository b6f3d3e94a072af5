"""SearchEntry: the text by which a work is found, denormalized."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class SearchEntry(models.Model):
    """One row a work, written by `catalog.search.index` in the transaction of the change."""

    work = models.OneToOneField(
        "catalog.Work", models.CASCADE, primary_key=True, related_name="search_entry"
    )
    names = models.TextField(help_text="Titles and contributors, folded: what typos are made in.")
    vector = SearchVectorField()

    class Meta:
        indexes = (
            GinIndex(fields=("vector",), name="search_entry_vector"),
            GinIndex(OpClass("names", "gin_trgm_ops"), name="search_entry_names"),
        )

    def __str__(self) -> str:
        return self.names
