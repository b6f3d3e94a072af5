"""Handing an e-mail to the mail server, so that afterwards one knows whether it was taken.

A mail server answers for an e-mail when it has read the final dot. Whatever goes wrong before that
is a sure refusal: nothing was delivered, and it can be tried again. When the dot has left and no
answer came, nobody can know: trying again might deliver twice.
"""

import contextlib
import smtplib
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

TIMEOUT_SECONDS = 20  # for each answer of the mail server
FINAL_DOT = b"\r\n.\r\n"
DJANGOS_OWN = "django.core.mail.backends.smtp.EmailBackend"

if TYPE_CHECKING:
    Watched = smtplib.SMTP
else:
    Watched = object


class PostingError(Exception):
    """The mail server did not say yes; the message says what it said instead."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")


class Refused(PostingError):
    """It surely did not take the e-mail."""


class Unanswered(PostingError):
    """It has all of the e-mail and did not answer: it may be on its way, or not."""


class _Watching(Watched):
    """Notices when the final dot has left."""

    has_sent_all = False

    def send(self, s: Any) -> None:
        """Send, and remember when that was the end of an e-mail."""
        super().send(s)
        if isinstance(s, bytes) and s.endswith(FINAL_DOT):
            self.has_sent_all = True


class _WatchingSmtp(_Watching, smtplib.SMTP):
    """In the open, or upgraded by STARTTLS."""


class _WatchingSmtps(_Watching, smtplib.SMTP_SSL):
    """Inside TLS from the first byte."""


class Smtp(EmailBackend):
    """Django's way to a mail server, watched."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """What speaks with the server."""
        return _WatchingSmtps if self.use_ssl else _WatchingSmtp

    @property
    def has_sent_all(self) -> bool:
        """Whether the e-mail has left as a whole."""
        return bool(getattr(self.connection, "has_sent_all", False))


def post(message: EmailMessage) -> None:
    """Hand it over. Raises Refused or Unanswered."""
    backend = _backend()
    try:
        backend.open()
        backend.send_messages([message])
    except (OSError, smtplib.SMTPException) as error:
        is_open = isinstance(backend, Smtp) and backend.has_sent_all and not _says_no(error)
        raise (Unanswered if is_open else Refused)(error) from error
    finally:
        # The answer is known: how the goodbye goes changes nothing.
        with contextlib.suppress(OSError, smtplib.SMTPException):
            backend.close()


def _says_no(error: Exception) -> bool:
    return isinstance(error, smtplib.SMTPResponseException) and 400 <= error.smtp_code < 600


def _backend() -> BaseEmailBackend:
    if settings.EMAIL_BACKEND == DJANGOS_OWN:
        return Smtp(timeout=TIMEOUT_SECONDS)
    return get_connection(timeout=TIMEOUT_SECONDS)
