"""An import's pages: how far it is, what became of its records, and each of them."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from catalog import isbn
from catalog.admin import differences, field_names
from catalog.models import ImportRecord, ImportRun

PAGE_SIZE = 50  # records
SHOWN_REJECTED = 10
TENTH = 10  # percent; a screen reader is told no more often
LARGEST_ORDINAL = 2**31 - 1
IN_LIST = ("run", "ordinal", "line", "reference", "isbn13", "outcome", "changes", "reasons")
TITLES = ("edition__title", "edition__work__title")
Outcome = ImportRecord.Outcome


@dataclass(frozen=True)
class Count:
    """How many records of a run came to an outcome."""

    outcome: str
    label: str | Promise
    number: int


def counts_of(run: ImportRun) -> list[Count]:
    """All outcomes, the good ones first."""
    numbers = {
        Outcome.CREATED: run.created_count,
        Outcome.CHANGED: run.changed_count,
        Outcome.UNCHANGED: run.unchanged_count,
        Outcome.DELETED: run.deleted_count,
        Outcome.REJECTED: run.rejected_count,
    }
    return [Count(outcome, outcome.label, number) for outcome, number in numbers.items()]


def figures(run: ImportRun) -> SafeString:
    """How many records came to what, in a line; only what there is."""
    return format_html_join(
        " ",
        '<span class="shop-figure shop-figure-{}">{} {}</span>',
        (
            (count.outcome, number_format(count.number, force_grouping=True), count.label)
            for count in counts_of(run)
            if count.number
        ),
    )


def _records(run: ImportRun) -> QuerySet[ImportRecord]:
    return ImportRecord.objects.filter(run=run)


def show(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """How far it is, or how it ended, and what can be done."""
    may_change = request.user.has_perm("catalog.change_importrun")
    rejected = _with_titles(_records(run).filter(outcome=Outcome.REJECTED).order_by("ordinal"))
    context = {
        **_context(request, run, title=str(run)),
        **_progress(request, run),
        "counts": counts_of(run),
        "rejected": rejected[:SHOWN_REJECTED] if run.rejected_count else [],
        "earlier": run.earlier,
        "may_undo": may_change and run.may_be_undone,
        "may_retry": may_change and run.may_be_retried,
        "may_delete": may_change and run.may_be_deleted,
        "may_see": may_change and ImportRun.objects.not_looked_at().filter(pk=run.pk).exists(),
    }
    return render(request, "admin/catalog/importrun/show.html", context)


def progress(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """How far it is, for the page that asks every other second; at its end, the page anew."""
    if not run.is_moving:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"run": run, "counts": counts_of(run), **_progress(request, run)}
    return render(request, "admin/catalog/importrun/progress.html", context)


def _progress(request: HttpRequest, run: ImportRun) -> dict[str, Any]:
    now, tens = timezone.now(), run.percent // TENTH * TENTH
    seconds = run.seconds_left(at=now)
    return {
        "per_second": run.records_per_second(at=now),
        "minutes_left": None if seconds is None else -(-seconds // 60),
        "tens": tens,
        # Words that are put there again are read out again: only when there is news.
        "has_news": request.GET.get("told") not in (None, str(tens)),
    }


def records(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """What became of the records, page by page; each page costs the same, however far it is."""
    outcome, sought = request.GET.get("outcome", ""), request.GET.get("q", "").strip()[:100]
    found = _records(run)
    if outcome in Outcome.values:
        found = found.filter(outcome=outcome)
    if sought:
        found = found.filter(_named(sought))
    page = _page(_with_titles(found), request)
    kept = {"outcome": outcome, "q": sought}
    context = {
        **_context(request, run, title=_("Records")),
        "counts": counts_of(run),
        "outcome": outcome,
        "sought": sought,
        "page": page,
        "keep": urlencode({name: value for name, value in kept.items() if value}),
    }
    return render(request, "admin/catalog/importrun/records.html", context)


def _with_titles(found: QuerySet[ImportRecord]) -> QuerySet[ImportRecord]:
    """With what a row of the list shows, and nothing else: records can be large."""
    return found.select_related("edition__work").only(*IN_LIST, *TITLES)


def _named(sought: str) -> Q:
    """Records with this number, in any notation, or this reference."""
    try:
        return Q(isbn13=isbn.normalize(sought)) | Q(reference=sought)
    except isbn.InvalidNumber:
        return Q(isbn13=sought[:13]) | Q(reference=sought)


@dataclass(frozen=True)
class Page:
    """Some records, and where the pages before and after it begin."""

    records: list[ImportRecord]
    before: int | None
    after: int | None


def _page(found: QuerySet[ImportRecord], request: HttpRequest) -> Page:
    """The records after one, or before one, by their place in the file."""
    before = _place(request, "before")
    if before is not None:
        rows = list(found.filter(ordinal__lt=before).order_by("-ordinal")[: PAGE_SIZE + 1])
        has_more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE][::-1]
        if rows:
            return Page(rows, rows[0].ordinal if has_more else None, rows[-1].ordinal)
    after = _place(request, "after")
    begun = found if after is None else found.filter(ordinal__gt=after)
    rows = list(begun.order_by("ordinal")[: PAGE_SIZE + 1])
    has_more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    first = rows[0].ordinal if rows else (after or 0) + 1
    return Page(rows, None if after is None else first, rows[-1].ordinal if has_more else None)


def _place(request: HttpRequest, name: str) -> int | None:
    """A place in the file out of the address; what is none stands for the beginning."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def record(request: HttpRequest, run: ImportRun, ordinal: int) -> HttpResponse:
    """One record: where it stands, what it changed, or why it was rejected."""
    if ordinal > LARGEST_ORDINAL:
        raise Http404
    found = get_object_or_404(_records(run).select_related("edition__work"), ordinal=ordinal)
    may_view = request.user.has_perm("catalog.view_edition")
    context = {
        **_context(request, run, title=_("Record %(n)d") % {"n": ordinal}),
        "record": found,
        "reasons": [
            (field_names.of_reason(name), sentence) for name, sentence in found.reasons_by_field
        ],
        "differences": differences.of(found.changes),
        "edition": found.edition if may_view else None,
    }
    return render(request, "admin/catalog/importrun/record.html", context)


def rejected(request: HttpRequest, run: ImportRun) -> HttpResponseBase:
    """The rejected records as a CSV file, for the supplier."""
    response = StreamingHttpResponse(_rows(run), content_type="text/csv; charset=utf-8")
    name = f"rejected-{run.supplier.code}-{run.pk}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        """The line itself."""
        return text


def _rows(run: ImportRun) -> Iterator[str]:
    """A line for each reason; spreadsheets must take none of it for a formula."""
    writer = csv.writer(_Echo())
    heading = (_("Line"), _("Record reference"), _("ISBN or SKU"), _("Field"), _("What is wrong"))
    yield "\ufeff" + writer.writerow(heading)
    found = _records(run).filter(outcome=Outcome.REJECTED).order_by("ordinal").only(*IN_LIST)
    for each in found.iterator(chunk_size=2_000):
        for field, sentence in each.reasons_by_field or [("", "")]:
            cells = (each.reference, each.isbn13, field, sentence)
            yield writer.writerow([each.line, *map(_plain, cells)])


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _context(request: HttpRequest, run: ImportRun, *, title: str) -> dict[str, Any]:
    return {
        **admin.site.each_context(request),
        "title": title,
        "opts": ImportRun._meta,
        "run": run,
    }
