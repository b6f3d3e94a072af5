"""What becomes of e-mails while nobody has said how they leave."""

import logging
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

logger = logging.getLogger(__name__)


class NobodyToSend(OSError):
    """EMAIL_URL is missing; an OSError, as when a mail server does not answer."""


class Unset(BaseEmailBackend):
    """Refuses every e-mail: jobs try again later, and visitors are told to."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Say what is missing, also in the log: a job that will be tried again writes no line."""
        error = NobodyToSend("EMAIL_URL is missing, so no e-mail can leave.")
        logger.error("%s", error)
        raise error
