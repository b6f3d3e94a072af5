"""One page of every kind that the shop shows to everyone, found as a crawler finds them."""

import re
from urllib.parse import urlsplit

from tests.visitor import Visitor

FOUND = ("books", "contributors", "series", "subjects", "imprints", "lists")
"""The kinds whose pages the sitemap names."""

FIXED = {
    "home": "/",
    "search": "/search/?q=holmes",
    "search by filters": "/search/?format=paperback&language=fr&sort=price",
    "empty search": "/search/?q=xqzzyx",
    "all subjects": "/subjects/",
    "all lists": "/lists/",
    "new": "/new/",
    "coming soon": "/coming-soon/",
    "about": "/about/",
    "status": "/status/",
}


def public_pages(visitor: Visitor) -> dict[str, str]:
    """The paths by name: those above, and the first of each kind in the sitemap."""
    sitemap = visitor.get("/sitemap.xml").body.decode()
    paths = [urlsplit(address).path for address in re.findall(r"<loc>([^<]+)</loc>", sitemap)]
    found = {
        kind: next(path for path in paths if re.fullmatch(f"/{kind}/.+", path)) for kind in FOUND
    }
    return {**FIXED, **found}
