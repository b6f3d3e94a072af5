"""How log lines look: for people (LOG_FORMAT=text) or one JSON object a line (LOG_FORMAT=json).

Everything goes through the standard library's logging: Django's lines, gunicorn's, the jobs' and
ours come out alike. What is bound to the running request or job (`structlog.contextvars`) stands in
each of its lines. Lines outlive their cause and are read by many, so nothing personal gets in.
"""

import logging
import re
from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured
from structlog.types import EventDict, Processor

# Texts of any length come by here, some of them made by whoever wants to keep a process busy. So no
# pattern may look at a letter twice: each begins where no earlier attempt has been, and gives
# nothing back (`++`).
HIDDEN = (
    # How the shop signs in to its stores.
    (re.compile(r"//[^\s/@:]*+:[^\s/@]*+@"), "//[login]@"),
    # Query strings: what somebody searched for, and the token that opens a guest's order.
    (re.compile(r"\?(?!P<)[^\s\"'<>?!:=|),.;][^\s\"'<>]*+"), "?[query]"),
    # E-mail addresses, and what else stands before an @.
    (
        re.compile(r"(?<![^\s@\"<>(),;:/=\[\]])[^\s@\"<>(),;:/=\[\]]++@[\w-]++(?:\.[\w-]++)*+"),
        "[e-mail]",
    ),
    # Links that were sent by e-mail: new passwords, confirmed addresses.
    (re.compile(r"(/account/(?:password/reset/key|confirm-email)/)[^\s/\"'?]+"), r"\1[key]"),
    # PostgreSQL quotes the row that broke a rule.
    (re.compile(r"^(DETAIL:).*$", re.MULTILINE), r"\1 [row]"),
)
LONGEST = 20_000  # letters of a field; of a longer one, the beginning and the end are written
SHORT = 8  # letters of a request's number that are enough for a person


def without_personal_data(text: str) -> str:
    """`text` less what says who somebody is or what only they may open."""
    for pattern, replacement in HIDDEN:
        text = pattern.sub(replacement, text)
    return text


def shortened(text: str) -> str:
    """`text`, less its middle when it is too long: a traceback's end says most."""
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"


def configuration(log_format: str, *, role: str, release: str) -> dict[str, Any]:
    """What logging.config.dictConfig needs.

    Raises ImproperlyConfigured, naming the known formats, for another one.
    """
    if log_format not in FORMATS:
        raise ImproperlyConfigured(
            f"LOG_FORMAT is {log_format!r}, which is no form of log lines."
            f" Known ones: {', '.join(FORMATS)}."
        )
    renderer, stream = FORMATS[log_format]
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(allow=FIELDS),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _Adding(role=role, release=release),
        ],
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _hide_personal_data,
            renderer,
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": formatter},
        "filters": {"with_cause": {"()": lambda: _has_cause}},
        "handlers": {
            "lines": {"class": "logging.StreamHandler", "formatter": "lines", "stream": stream}
        },
        "root": {"handlers": ["lines"], "level": "INFO"},
        "loggers": _LOGGERS,
    }


FIELDS = ("duration_seconds", "route", "sql")
"""What of a line's `extra` is written; other packages put a job's or request's contents there."""

_LOGGERS: dict[str, dict[str, Any]] = {
    # Both have handlers of their own, until told otherwise.
    "django": {"handlers": [], "level": "INFO"},
    "gunicorn.error": {"handlers": [], "level": "WARNING", "propagate": True},
    "procrastinate": {"level": "WARNING"},
    "botocore": {"level": "WARNING"},
    "stripe": {"level": "WARNING"},
    # What was refused (4xx) is in nginx's log; here anybody could fill the disk with it.
    "django.request": {"level": "ERROR", "filters": ["with_cause"]},
    "django.security.DisallowedHost": {"level": "CRITICAL"},
}


def _has_cause(record: logging.LogRecord) -> bool:
    """Whether an exception went all the way up.

    What a view answers without one it has written about itself, as the API does, or it is no error:
    a role that is not ready says so with a 503.
    """
    return bool(record.exc_info)


class _Adding:
    """Says in each line which process it comes from."""

    def __init__(self, **fields: str) -> None:
        self._known = {name: value for name, value in fields.items() if value}

    def __call__(self, logger: Any, method: str, event: EventDict) -> EventDict:
        event.update(self._known)
        return event


def _hide_personal_data(logger: Any, method: str, event: EventDict) -> EventDict:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = shortened(without_personal_data(value))
    return event


def _as_text(logger: Any, method: str, event: EventDict) -> str:
    """The line as a terminal shows it; time and role are known there."""
    parts = [event["level"].upper(), f"{event['logger']}:", event["event"]]
    parts += [f"{name}={event[name]}" for name in (*FIELDS, "task", "job_id") if name in event]
    if "request_id" in event:
        parts.append(f"[{event['request_id'][:SHORT]}]")
    line = " ".join(str(part) for part in parts)
    return "\n".join(text for text in (line, event.get("exception")) if text)


FORMATS: dict[str, tuple[Processor, str]] = {
    "text": (_as_text, "ext://sys.stderr"),
    "json": (structlog.processors.JSONRenderer(ensure_ascii=False), "ext://sys.stdout"),
}
"""How a line is written, and where to, by the values of LOG_FORMAT."""
