"""E-mails and mail servers that take, refuse, hang or die: never twice, never lost silently."""

import datetime
import os
import signal
import subprocess
from collections.abc import Iterator
from functools import partial

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from pytest_django import Settings

from orders import messages, posting
from orders.models import Order, OrderEvent, OrderMessage
from orders.posting import Refused
from orders.tests.factories import NOW, make_order
from tests.audited import assert_books_in_order
from tests.jobs import run_jobs, waiting_jobs
from tests.mail_server import MailServer, mail_server
from tests.patience import eventually
from tests.people import carol
from tests.processes import start_python
from tests.races import at_once

PLACED = OrderMessage.Kind.PLACED
LATER = NOW + datetime.timedelta(minutes=5)
SEND = "orders.send_message"
PATIENCE_SECONDS = 20  # with a mail server that answers, on a busy machine; it hangs for longer
WAIT_SECONDS = 2  # for one that hangs
IN_A_PROCESS = """
from orders.jobs import send_message
send_message(order_id={order_id}, kind="placed")
"""


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """The mail server that the shop uses."""
    monkeypatch.setattr(posting, "TIMEOUT_SECONDS", PATIENCE_SECONDS)
    with mail_server() as running:
        settings.EMAIL_BACKEND = posting.DJANGOS_OWN
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield running


def send(order: Order, *, at: datetime.datetime = NOW) -> bool:
    return messages.send(order_id=order.pk, kind=PLACED, at=at)


def try_to_send(order: Order, server: MailServer, behavior: str) -> bool:
    """Send it while the mail server behaves like that; afterwards it is well again."""
    server.behavior = behavior
    try:
        with pytest.MonkeyPatch.context() as patch:
            if behavior.startswith("hang"):
                patch.setattr(posting, "TIMEOUT_SECONDS", WAIT_SECONDS)
            return send(order)
    finally:
        server.behavior = ""


def the_message(order: Order) -> OrderMessage:
    return order.messages.get(kind=PLACED)


@pytest.mark.django_db
def test_a_mail_server_takes_an_email(server: MailServer) -> None:
    order = make_order()
    assert send(order)
    (received,) = server.received
    assert received["To"] == order.email
    assert received["Auto-Submitted"] == "auto-generated"
    assert received.get_content_type() == "multipart/alternative"
    assert the_message(order).sent_at == NOW
    assert not send(order)
    assert len(server.received) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "behavior",
    [
        "refuse 451", "refuse 550", "refuse recipient", "hang", "drop at once",
        "drop at DATA",
    ],
)  # fmt: skip
def test_what_was_surely_refused_is_sent_later(server: MailServer, behavior: str) -> None:
    order = make_order()
    with pytest.raises(Refused):
        try_to_send(order, server, behavior)
    message = the_message(order)
    assert (message.sending_at, message.sent_at, server.received) == (None, None, [])
    assert message.problem
    assert send(order, at=LATER)
    message = the_message(order)
    assert (message.sent_at, message.problem) == (LATER, "")
    assert len(server.received) == 1
    assert not order.events.filter(kind=OrderEvent.Kind.MESSAGE_UNCERTAIN).exists()


@pytest.mark.django_db
def test_without_a_mail_server_it_waits(server: MailServer, settings: Settings) -> None:
    order = make_order()
    settings.EMAIL_PORT = 9  # nobody listens
    with pytest.raises(Refused):
        send(order)
    assert "ConnectionRefused" in the_message(order).problem


@pytest.mark.django_db
@pytest.mark.parametrize("behavior", ["drop after the dot", "hang after the dot"])
def test_what_may_have_arrived_is_not_sent_again_but_shown(
    server: MailServer, behavior: str
) -> None:
    order = make_order()
    assert not try_to_send(order, server, behavior)
    message = the_message(order)
    assert (message.is_uncertain, message.sent_at) == (True, None)
    order.refresh_from_db()
    assert order.needs_attention
    assert not send(order, at=LATER)
    assert len(server.received) == 1
    assert order.events.filter(kind=OrderEvent.Kind.MESSAGE_UNCERTAIN).count() == 1


@pytest.mark.django_db
def test_what_was_cut_off_underway_is_shown_too(server: MailServer) -> None:
    # All of it had left the shop, so the shop cannot know that the mail server did not read it.
    order = make_order()
    server.behavior = "drop before the dot"
    assert not send(order)
    assert the_message(order).is_uncertain
    assert server.received == []


@pytest.mark.django_db
def test_staff_sends_an_uncertain_one_again_under_the_same_number(server: MailServer) -> None:
    order = make_order()
    server.behavior = "drop after the dot"
    send(order)
    server.behavior = ""
    staff = carol()
    jobs_before = len(waiting_jobs(SEND))
    assert the_message(order).send_again(actor=staff)
    assert len(waiting_jobs(SEND)) == jobs_before + 1
    run_jobs(only=[SEND])
    first, second = server.received
    assert first["Message-ID"] == second["Message-ID"] == f"<{order.number}.placed@localhost>"
    event = order.events.get(kind=OrderEvent.Kind.MESSAGE_SETTLED)
    assert (event.actor, event.note) == (staff, "Sent again: Confirmation")
    assert not the_message(order).send_again(actor=staff)
    assert not the_message(order).mark_arrived(actor=staff, at=LATER)


@pytest.mark.django_db
def test_staff_says_that_an_uncertain_one_arrived(server: MailServer) -> None:
    order = make_order()
    try_to_send(order, server, "hang after the dot")
    assert the_message(order).mark_arrived(actor=carol(), at=LATER)
    assert the_message(order).sent_at == LATER
    run_jobs(only=[SEND])
    assert len(server.received) == 1


@pytest.mark.django_db
def test_a_goodbye_that_fails_changes_nothing(settings: Settings) -> None:
    order = make_order()
    settings.EMAIL_BACKEND = f"{__name__}.Rude"
    assert send(order)
    assert the_message(order).sent_at == NOW


class Rude(BaseEmailBackend):
    """Takes every e-mail and hangs up."""

    def send_messages(self, email_messages: object) -> int:
        return 1

    def close(self) -> None:
        raise ConnectionResetError


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_sends(server: MailServer) -> None:
    order = make_order()
    server.behavior = "take slowly"
    outcomes = at_once([partial(send, order) for _ in range(8)])
    assert len(server.received) == 1
    assert outcomes.count(True) == 1
    assert {type(each) for each in outcomes} <= {bool, messages.StillSending}
    assert the_message(order).sent_at == NOW
    assert not order.events.filter(kind=OrderEvent.Kind.MESSAGE_UNCERTAIN).exists()
    assert_books_in_order()


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_after_the_mail_servers_yes_sends_nothing_twice(
    server: MailServer,
) -> None:
    order = make_order()
    worker = _worker(order, server)
    server.before_yes = partial(os.kill, worker.pid, signal.SIGKILL)
    assert worker.wait(timeout=60) == -signal.SIGKILL
    assert len(server.received) == 1
    server.before_yes = lambda: None

    message = the_message(order)
    assert message.is_uncertain
    assert message.sending_at is not None
    soon = message.sending_at + datetime.timedelta(seconds=1)
    with pytest.raises(messages.StillSending):
        send(order, at=soon)
    assert not send(order, at=soon + messages.JUST_NOW)
    assert len(server.received) == 1
    order.refresh_from_db()
    assert order.needs_attention
    assert order.events.filter(kind=OrderEvent.Kind.MESSAGE_UNCERTAIN).count() == 1
    assert_books_in_order()


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_before_it_spoke_loses_nothing_silently(server: MailServer) -> None:
    order = make_order()
    server.behavior = "hang"
    worker = _worker(order, server)
    eventually(lambda: server.tries or worker.poll() is not None, within=60)
    assert worker.poll() is None
    worker.kill()
    worker.wait(timeout=60)
    server.behavior = ""
    message = the_message(order)
    assert message.is_uncertain  # nobody knows: it is shown to staff
    assert message.sending_at is not None
    assert not send(order, at=message.sending_at + 2 * messages.JUST_NOW)
    assert message.send_again(actor=carol())
    run_jobs(only=[SEND])
    assert len(server.received) == 1


def _worker(order: Order, server: MailServer) -> "subprocess.Popen[str]":
    """A process that sends the order's confirmation."""
    script = IN_A_PROCESS.format(order_id=order.pk)
    return start_python(script, EMAIL_URL=f"smtp://127.0.0.1:{server.port}")


@pytest.mark.django_db
def test_nothing_is_marked_when_the_letter_cannot_be_written(settings: Settings) -> None:
    order = make_order()
    order.email = "two\nlines@example.com"
    order.save(update_fields=["email"])
    with pytest.raises(ValueError, match="newline"):
        send(order)
    assert mail.outbox == []
    assert not OrderMessage.objects.exists()
