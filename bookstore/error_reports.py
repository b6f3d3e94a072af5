"""Reports of errors to Sentry, where SENTRY_DSN names one; elsewhere its SDK is not even loaded.

A report says what failed in which release, role and request, and nothing of the person who asked.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from structlog.contextvars import get_contextvars

from bookstore.logs import without_personal_data

ASKED = ("method", "url")
"""What a report says of the request; headers, cookies, query and body stay here."""


def start() -> None:
    """Report what fails in this process from now on; called before Django is set up."""
    if not settings.SENTRY_DSN:
        return
    import sentry_sdk
    from sentry_sdk.integrations.django import DjangoIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration
    from sentry_sdk.integrations.redis import RedisIntegration

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=settings.RELEASE or None,
        environment=urlsplit(settings.SHOP_URL).hostname,  # a trial's host is not the shop's
        integrations=[DjangoIntegration(), LoggingIntegration(), RedisIntegration()],
        auto_enabling_integrations=False,
        send_default_pii=False,
        include_local_variables=False,  # forms and models stand in them
        max_request_body_size="never",
        before_send=_without_the_person,  # type: ignore[arg-type]  # an event is a dictionary
    )
    sentry_sdk.set_tag("role", settings.ROLE.name)


def apart(application: Any) -> Any:
    """`application`, where a report tells of its own request alone, whoever answers that.

    The SDK itself sees to that in Django, and so not on the short way around it.
    """
    if not settings.SENTRY_DSN:
        return application
    from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware

    return SentryWsgiMiddleware(application)


def _without_the_person(event: dict[str, Any], hint: Mapping[str, Any]) -> dict[str, Any]:
    event["tags"] = {**event.get("tags", {}), **_bound()}
    for unneeded in ("user", "extra"):
        event.pop(unneeded, None)
    if "request" in event:
        asked = event["request"].items()
        event["request"] = {name: value for name, value in asked if name in ASKED}
    cleaned: dict[str, Any] = _cleaned(event)
    return cleaned


def _bound() -> dict[str, str]:
    return {name: str(value) for name, value in get_contextvars().items()}


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return without_personal_data(value)
    if isinstance(value, Mapping):
        return {key: _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value
