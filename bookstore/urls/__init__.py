"""The addresses of the running role, built from the role table."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from bookstore import health
from bookstore.roles import Role


def for_role(role: Role) -> list[URLPattern | URLResolver]:
    """Every address that `role` answers."""
    return [
        path("health", health.health, name="health"),
        path("ready", health.ready, name="ready"),
        *(path(ready_path, health.ready) for ready_path in role.ready_paths),
        *(path(route.prefix, include(route.urlconf)) for route in role.routes),
    ]


urlpatterns = for_role(settings.ROLE)
handler400 = "storefront.views.errors.bad_request"
handler403 = "storefront.views.errors.permission_denied"
handler404 = "storefront.views.errors.not_found"
handler500 = "storefront.views.errors.server_error"
