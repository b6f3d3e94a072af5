"""What waits and what failed is seen, and tried again: on the page and by the command."""

import datetime
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from bookstore import backlog
from bookstore.models import JobFailure
from orders.tests.factories import make_order, named_seller
from tests.people import carol
from tests.races import at_once

PAGE = "/admin/procrastinate/procrastinatejob/"

pytestmark = pytest.mark.django_db


def put_off(task: str = "orders.send_message", **arguments: Any) -> int:
    """A waiting job."""
    job_id: int = app.configure_task(task).defer(**(arguments or {"order_id": 1, "kind": "paid"}))
    return job_id


def fail(job: int, message: str = "ConnectionRefusedError: nobody listens") -> int:
    """Has it failed for good, as the worker writes it down."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [job])
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s", [job])
    if message:
        JobFailure.objects.create(job_id=job, message=message, failed_at=timezone.now())
    return job


def postpone(job: int) -> int:
    """Has it wait for its next try."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET attempts = 1, scheduled_at = now() + interval '1 hour'"
            " WHERE id = %s",
            [job],
        )
    return job


def start(job: int, *, seconds_since_heartbeat: int = 0) -> int:
    """Has a worker run it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH w AS (INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - make_interval(secs => %s)) RETURNING id)"
            " UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM w)"
            " WHERE id = %s",
            [seconds_since_heartbeat, job],
        )
    return job


def status(job: int) -> str:
    return str(ProcrastinateJob.objects.get(pk=job).status)


def seen(job: int) -> tuple[str, str]:
    """Its state and its problem, as staff read them."""
    row = backlog.jobs().get(pk=job)
    return backlog.state(row), backlog.problem(row)


# --- What is seen -------------------------------------------------------------------------------


def test_every_task_has_plain_words() -> None:
    ours = {name for name in app.tasks if not name.startswith(("builtin:", "procrastinate."))}
    assert ours - {name for name in ours if name.startswith("test.")} == set(backlog.TITLES)


def test_states_in_plain_words() -> None:
    assert seen(put_off()) == ("Waiting", "")
    assert seen(postpone(put_off())) == ("Waiting for its next try", "")
    assert seen(start(put_off())) == ("Running", "")
    assert seen(start(put_off(), seconds_since_heartbeat=60)) == (
        "Stopped with its worker",
        "Its worker was killed. Another one takes the job over within a minute.",
    )
    assert seen(fail(put_off())) == ("Failed", "ConnectionRefusedError: nobody listens")
    assert seen(fail(put_off(), "")) == (
        "Failed", "It was given up before it could say why; the worker’s log may know.",
    )  # fmt: skip


def test_the_page_says_which_order_and_what_went_wrong(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(carol())
    order = make_order()
    fail(put_off(order_id=order.pk, kind="shipped"))
    for number in range(20):
        put_off(order_id=number, kind="paid")
    with django_assert_max_num_queries(9):
        page = client.get(PAGE).content.decode()
    assert "E-mail to the customer: shipped" in page
    assert f'<a href="/admin/orders/order/{order.pk}/change/">{order.number}</a>' in page
    assert "ConnectionRefusedError: nobody listens" in page
    found = client.get(PAGE, {"q": order.number, "state": "failed"}).context["cl"].queryset
    assert [job.order_number for job in found] == [order.number]


def test_the_start_page_tells_of_failed_jobs(client: Client) -> None:
    client.force_login(carol())
    named_seller()
    put_off()
    assert (
        "/admin/procrastinate/procrastinatejob/?state=failed"
        not in client.get("/admin/").content.decode()
    )
    fail(put_off())
    duties = client.get("/admin/").context["duties"]
    assert [(duty.number, str(duty.text), duty.url, duty.is_urgent) for duty in duties] == [
        (1, "job failed", f"{PAGE}?state=failed", True)
    ]


# --- Trying again -------------------------------------------------------------------------------


def test_a_failed_job_is_tried_again_once_by_two_clicks(client: Client) -> None:
    client.force_login(carol())
    job = fail(put_off())
    assert "Try again now" in client.get(f"{PAGE}{job}/change/").content.decode()
    for _click in range(2):
        answer = client.post(f"{PAGE}{job}/retry/")
        assert (answer.status_code, answer["Location"]) == (303, f"{PAGE}{job}/change/")
    row = ProcrastinateJob.objects.get(pk=job)
    assert (row.status, row.attempts) == ("todo", 1)
    assert client.get(f"{PAGE}{job}/retry/").status_code == 405
    assert client.post(f"{PAGE}999999/retry/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_clicks_at_the_same_moment_try_it_once() -> None:
    job = fail(put_off())
    outcomes = at_once([lambda: backlog.retry(job)] * 6)
    assert sorted(map(str, outcomes)) == ["False"] * 5 + ["True"]
    row = ProcrastinateJob.objects.get(pk=job)
    assert (row.status, row.attempts) == ("todo", 1)


def test_what_waits_for_its_next_try_runs_now() -> None:
    job = postpone(put_off())
    assert backlog.retry(job)
    row = ProcrastinateJob.objects.get(pk=job)
    assert (row.status, row.scheduled_at) == ("todo", None)
    assert not backlog.retry(job)


@pytest.mark.parametrize("is_its_worker_gone", [False, True])
def test_a_running_job_is_never_run_beside_itself(is_its_worker_gone: bool) -> None:
    job = start(put_off(), seconds_since_heartbeat=60 if is_its_worker_gone else 0)
    assert not backlog.retry(job)
    assert status(job) == "doing"


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_like_waits_stays_failed(client: Client) -> None:
    client.force_login(carol())
    first = fail(app.configure_task("orders.expire_orders").defer(timestamp=1))
    app.configure_task("orders.expire_orders").defer(timestamp=2)
    with pytest.raises(backlog.NotRetried, match="waits already"):
        backlog.retry(first)
    answer = client.post(f"{PAGE}{first}/retry/", follow=True)
    assert "Another job like it waits already." in answer.content.decode()
    assert status(first) == "failed"


def test_many_are_tried_again_at_once(client: Client) -> None:
    client.force_login(carol())
    jobs = [fail(put_off()) for _each in range(3)]
    answer = client.post(PAGE, {"action": "try_again", "_selected_action": jobs}, follow=True)
    assert "3 jobs run again." in answer.content.decode()
    assert {status(job) for job in jobs} == {"todo"}


def test_only_who_may_has_them_tried_again(client: Client) -> None:
    clerk = User.objects.create_user("clerk@example.com", "an honest phrase", is_staff=True)
    client.force_login(clerk)
    job = fail(put_off())
    assert client.get(PAGE).status_code == 403
    assert client.post(f"{PAGE}{job}/retry/").status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="view_procrastinatejob"))
    assert "Try again now" not in client.get(f"{PAGE}{job}/change/").content.decode()
    assert client.post(f"{PAGE}{job}/retry/").status_code == 403
    assert status(job) == "failed"
    clerk.user_permissions.add(Permission.objects.get(codename="change_procrastinatejob"))
    assert client.post(f"{PAGE}{job}/retry/").status_code == 303
    assert status(job) == "todo"


def test_a_failure_goes_with_its_job() -> None:
    job = fail(put_off())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [job])
    assert not JobFailure.objects.exists()


# --- The command --------------------------------------------------------------------------------


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("jobs", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_counts() -> None:
    assert said() == "Nothing waits, and nothing has failed.\n"
    oldest = put_off()
    put_off()
    fail(put_off())
    start(put_off("orders.expire_orders", timestamp=1))
    at = datetime.datetime(2026, 3, 2, 12, 0, tzinfo=datetime.UTC)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = %s WHERE job_id = %s", [at, oldest])
    assert [line.split() for line in said().splitlines()[1:]] == [
        ["orders.expire_orders", "0", "1", "0"],
        ["orders.send_message", "2", "0", "1", "2026-03-02", "12:00:00", "UTC"],
    ]


def test_the_command_lists_and_retries() -> None:
    assert said("--failed") == "No job has failed.\n"
    order = make_order()
    job = fail(put_off(order_id=order.pk, kind="paid"))
    assert said("--failed") == (
        f"{job} orders.send_message(kind=paid, order_id={order.pk}) (order {order.number}),"
        " tries: 1\n    ConnectionRefusedError: nobody listens\n"
    )
    assert said("retry", str(job)) == f"{job}: runs again\n"
    assert said("retry", str(job)) == f"{job}: stays as it is: it did not fail\n"
    fail(job, "")
    assert said("retry", "--all") == f"{job}: runs again\n"
    assert status(job) == "todo"
    for wrong in (["retry"], ["retry", "1", "--all"]):
        with pytest.raises(CommandError):
            said(*wrong)
