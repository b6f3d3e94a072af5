"""Whether this process is up (`/health`) and whether its stores answer (`/ready`)."""

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bookstore import moved
from bookstore.roles import DatabaseAccess
from caching import store


def _postgresql_trouble() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery()")
            (is_replica,) = cursor.fetchone()
    except (DatabaseError, InterfaceError) as error:
        connection.close()
        return str(error)
    # Pages made from a replica's older rows would be filed as what is true now.
    return "It follows another server, and may be behind it." if is_replica else ""


def checks() -> dict[str, Callable[[], str]]:
    """The stores of the running role, each with the question why it does not answer.

    Nothing said means that it does.
    """
    stores: dict[str, Callable[[], str]] = {"redis": store.trouble}
    if settings.ROLE.database is not DatabaseAccess.NONE:
        stores["postgresql"] = _postgresql_trouble
    return stores


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 as long as the process can answer at all."""
    return JsonResponse({"status": "ok", "role": settings.ROLE.name})


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when every store of the role answers and is the shop's, else 503; JSON, or HTML."""
    stores = {name: not trouble() for name, trouble in checks().items()}
    # Left behind, or sent back, by deploy/instance/move-stores: visitors belong elsewhere.
    if stores.get("postgresql") and moved.has_moved():
        stores["postgresql"] = False
    is_ready = all(stores.values())
    status = 200 if is_ready else 503
    body = {"status": "ok" if is_ready else "unavailable", "role": settings.ROLE.name}
    if request.headers.get("HX-Request") == "true":
        # 200, because htmx leaves the page as it is on an error status.
        return render(request, "storefront/fragments/readiness.html", {**body, "stores": stores})
    return JsonResponse({**body, "stores": stores}, status=status)
