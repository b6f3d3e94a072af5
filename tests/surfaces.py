"""All that visitors see of a small shop, and whether what is kept of it is still true."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.test import Client
from django.urls import reverse

from caching import store
from caching.measuring import ANSWERS
from catalog import memory
from catalog.models import Edition, Work

EXAMPLES = {
    "home": ["/"],
    "search": ["/search/?q=emma&subject=fiction&format=paperback"],
    "search_available": ["/search/available/?q=emma&subject=fiction"],
    "edition_number": ["/books/9780306406157/"],
    "edition": ["/books/9780306406157/emma/"],
    "contributor": ["/contributors/ada-note/"],
    "series": ["/series/highbury/"],
    "subjects": ["/subjects/"],
    "subject": ["/subjects/classics/"],
    "imprint": ["/imprints/harbour/"],
    "new": ["/new/"],
    "feed": ["/new/feed.xml"],
    "coming_soon": ["/coming-soon/"],
    "staff_lists": ["/lists/"],
    "staff_list": ["/lists/favorites/"],
    "cover": ["/covers/9780306406157.svg"],
    "sitemap": ["/sitemap.xml"],
    "about": ["/about/"],
}
SHOW_NO_ROWS = {"media", "robots", "status"}
"""Files under the digest of what they hold, and pages of settings alone."""
API = "/api/v1/editions"
LIVE = ("/live/suggest?q=emm", "/live/suggest?q=ada", "/live/suggest?q=more")

Page = tuple[int, str, bytes]
"""Status, where it leads to, and body."""


@dataclass
class Books:
    """A small shop with a book of which much is shown, and other books beside it."""

    emma: Edition
    others: list[Work]
    staff: Client

    def edit(self, row: models.Model, **changes: Any) -> None:
        """Change fields of a row in the back office, and leave the others as its form has them."""
        url = reverse(f"admin:catalog_{row._meta.model_name}_change", args=[row.pk])
        context = self.staff.get(url).context
        forms = [context["adminform"].form]
        for inline in context["inline_admin_formsets"]:
            forms += [inline.formset.management_form, *inline.formset.initial_forms]
        fields = {bound.html_name: sent(bound.value()) for form in forms for bound in form}
        for inline in context["inline_admin_formsets"]:
            prefix = inline.formset.prefix
            fields[f"{prefix}-TOTAL_FORMS"] = str(len(inline.formset.initial_forms))
        data = {name: value for name, value in {**fields, **changes}.items() if value is not None}
        response = self.staff.post(url, data)
        assert response.status_code == 302, response.context["errors"]

    def curate(self, work: Work, other: Work, **said: str) -> None:
        """Say on the work's page what of another stands beside it."""
        fields = {"TOTAL_FORMS": "1", "0-other": str(other.pk), "0-ordinal": "1"}
        fields |= {f"0-{name}": word for name, word in said.items()}
        self.edit(work, **{f"curations-{name}": word for name, word in fields.items()})

    def delete(self, row: models.Model) -> None:
        url = reverse(f"admin:catalog_{row._meta.model_name}_delete", args=[row.pk])
        assert self.staff.post(url, {"post": "yes"}).status_code == 302
        assert not type(row)._default_manager.filter(pk=row.pk).exists()


def sent(value: Any) -> Any:
    """A form's value as a browser sends it; None: not at all."""
    if value is None or value is False:
        return None
    if isinstance(value, list | models.QuerySet):
        return [sent(each) for each in value]
    if isinstance(value, models.Model):
        return value.pk
    return value.isoformat() if isinstance(value, datetime.date) else value


# --- What is shown ------------------------------------------------------------------------------


def read(client: Client, path: str) -> Page:
    response = client.get(path)
    is_page = response.status_code < 400  # what is missing has a number for each request
    return response.status_code, response.get("Location", ""), response.content if is_page else b""


def read_anew(client: Client, path: str) -> Page:
    with store.bypassed():
        return read(client, path)


def public_pages(client: Client) -> tuple[dict[str, Page], list[str]]:
    """What all public addresses should show, and those that show something else.

    What was computed just now is true; what was kept is compared. What has moved is read at both
    addresses.
    """
    true: dict[str, Page] = {}
    old: list[str] = []
    paths = [path for paths in EXAMPLES.values() for path in paths]
    paths += [each.get_absolute_url() for each in Edition.objects.select_related("work")]
    for path in paths:
        if path in true:
            continue
        before, shown = hits(), read(client, path)
        true[path] = read_anew(client, path) if hits() > before else shown
        if shown != true[path]:
            old.append(path)
        paths += [shown[1]] if shown[0] == 301 else []
    return true, old


def hits() -> float:
    """How many answers stood in Redis so far."""
    samples = [sample for metric in ANSWERS.collect() for sample in metric.samples]
    return sum(
        sample.value
        for sample in samples
        if sample.name.endswith("_total") and sample.labels["outcome"] == "hit"
    )


def warm(client: Client) -> dict[str, Page]:
    """All public pages, which then stand in Redis."""
    for _time in range(2):  # a search is kept when it is asked for again
        true, _old = public_pages(client)
    return true


def live_answers(client: Client) -> dict[str, bytes]:
    numbers = ",".join(Edition.objects.order_by("pk").values_list("isbn13", flat=True))
    return {path: client.get(path).content for path in (*LIVE, f"/live/stock?isbn13={numbers}")}


def old_live_answers(client: Client) -> list[str]:
    """Those that show something else than they would if Redis were filled anew."""
    kept = live_answers(client)
    memory.rebuild()
    true = live_answers(client)
    return [path for path in true if kept[path] != true[path]]
