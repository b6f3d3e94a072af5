"""What the tests of the catalogue's back office share: its addresses and its forms."""

from typing import Any

from procrastinate.contrib.django.models import ProcrastinateJob

from catalog import indexing
from catalog.models import Edition, SearchEntry, Work
from catalog.tests.factories import EditionFactory, WorkFactory

EDITIONS = "/admin/catalog/edition/"
WORKS = "/admin/catalog/work/"


def emma(**fields: Any) -> Edition:
    work = WorkFactory.create(title="Emma", author="Jane Austen")
    edition: Edition = EditionFactory.create(work=work, **fields)
    indexing.works_changed([work.pk])
    return edition


def edition_form(edition: Edition, **changes: Any) -> dict[str, Any]:
    return {
        "work": edition.work_id,
        "format": edition.format,
        "language": edition.language,
        "imprint": edition.imprint_id,
        "is_offered": "on",
        "title": edition.title,
        "publication_date": "2024-03-01",
        **empty_formset("stocks"),
        **empty_formset("prices"),
        **empty_formset("supply"),
        **changes,
    }


def empty_formset(prefix: str) -> dict[str, str]:
    return {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}


def vector_of(work: Work) -> str:
    return str(SearchEntry.objects.get(work=work).vector)


def stale_names() -> set[str]:
    jobs = ProcrastinateJob.objects.filter(task_name="caching.bump")
    return {name for job in jobs for name in job.args["names"]}
