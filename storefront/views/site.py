"""Pages about the site itself: who sells, what crawlers find, and whether it works."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from caching.answers import ABOUT_PAGE, SITEMAP
from orders.models import Seller
from storefront import paths, sitemap
from storefront.answering import XML, origin, remembered, render_public, tagged
from storefront.paging import FURTHEST, read_page


@require_safe
def sitemap_xml(request: HttpRequest) -> HttpResponse:
    """Every address worth finding: one file, or an index of several when there are many."""
    number = read_page(request.GET, last=FURTHEST) if request.GET.get("page") else 0

    def render() -> bytes:
        values = sitemap.page(number) if number else sitemap.start()
        template = "sitemap_index.xml" if "pages" in values else "sitemap.xml"
        return render_public(request, f"storefront/{template}", values)

    return remembered(request, SITEMAP, render, content_type=XML, page=str(number))


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Who sells here, as far as that is filled in, and how to reach them."""

    def render() -> bytes:
        values = {"seller": Seller.objects.as_shown()}
        return render_public(request, "storefront/about.html", values)

    return remembered(request, ABOUT_PAGE, render)


@require_safe
def robots_txt(request: HttpRequest) -> HttpResponse:
    """What crawlers should leave alone, and where the sitemap is."""
    private = ("/account/", "/admin/", "/api/", "/basket/", "/checkout/", "/live/", "/orders/")
    endless = (f"{reverse('search')}?", reverse("search_available"))
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in (*private, *endless)),
        f"Sitemap: {origin()}{reverse('sitemap')}",
    ]
    body = "\n".join((*lines, "")).encode()
    return tagged(request, body, content_type="text/plain; charset=utf-8")


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Whether the three roles and their stores answer; each is asked by the browser."""
    roles = [
        (_("Pages"), _("The shop’s public pages, read from the catalog."), paths.FRONTEND_READY),
        (_("Live answers"), _("Suggestions, stock and your basket’s count."), paths.REDIS_READY),
        (_("Records"), _("Baskets, orders and accounts."), paths.RDS_READY),
    ]
    body = render_public(request, "storefront/status.html", {"roles": roles})
    return tagged(request, body)
