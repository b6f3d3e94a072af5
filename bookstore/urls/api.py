"""Addresses of the API, by version."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.cache import never_cache

from bookstore.api import api
from bookstore.problems import speaks_problems, unknown_address


def _speaking_problems(
    patterns: list[URLPattern | URLResolver],
) -> list[URLPattern | URLResolver]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback = never_cache(speaks_problems(pattern.callback))
    return patterns


_patterns, _app_name, _namespace = api.urls

urlpatterns = [
    path("v1/", include((_speaking_problems(_patterns), _app_name), namespace=_namespace)),
    re_path("", unknown_address),
]
