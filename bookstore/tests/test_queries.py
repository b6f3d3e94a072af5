"""Slow statements stand in the log, with their place and without what they were about."""

from typing import Any

import pytest
from django.db import DataError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from bookstore.queries import LONGEST_TEXT, watched
from bookstore.tests.lines import written
from catalog import ways
from catalog.ways import Question

SLEEP = "SELECT pg_sleep(0.02), %s"


def ask(sql: str, *params: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def slow(request: HttpRequest, isbn13: str) -> HttpResponse:
    ask(SLEEP, "alice's secret")
    return HttpResponse()


urlpatterns = [path("slow/<str:isbn13>/", slow)]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture(autouse=True)
def patience(settings: Settings) -> None:
    settings.SLOW_QUERY_SECONDS = 0.01


def slow_queries(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["logger"] == "bookstore.queries"]


def test_a_slow_statement_is_written_down_with_route_and_request(client: Client) -> None:
    with written() as lines:
        client.get("/slow/9780306406157/", headers={"X-Request-ID": "12345678"})
    (line,) = slow_queries(lines)
    assert (line["level"], line["event"]) == ("warning", "Slow query")
    assert line["sql"] == SLEEP
    assert line["route"] == "/slow/<str:isbn13>/"
    assert line["request_id"] == "12345678"
    assert 0.01 <= line["duration_seconds"] < 60
    assert "secret" not in str(line)


def test_one_that_fails_is_written_down_too() -> None:
    with written() as lines, watched(lambda: "here"), pytest.raises(DataError):
        ask("SELECT 1 / (pg_sleep(0.02) IS NULL)::int")
    (line,) = slow_queries(lines)
    assert line["route"] == "here"


def test_a_long_one_is_cut() -> None:
    with written() as lines, watched(lambda: "here"):
        ask(f"SELECT pg_sleep(0.02) /* {'x' * 5000} */")
    (line,) = slow_queries(lines)
    assert len(line["sql"]) == LONGEST_TEXT


@pytest.mark.django_db(transaction=True)
def test_of_one_whose_plan_is_kept_the_text_is_shown_too() -> None:
    asked = Question("SELECT pg_sleep(0.02), %(word)s", told={"word": "secret"}, plan="sleeping")
    with written() as lines, watched(lambda: "here"):
        ways.rows(asked)
    (line,) = slow_queries(lines)
    assert line["sql"] == asked.sql


@pytest.mark.parametrize("patience_seconds", [0, 30])
def test_others_are_only_counted(settings: Settings, patience_seconds: float) -> None:
    settings.SLOW_QUERY_SECONDS = patience_seconds
    with written() as lines, watched(lambda: "here") as watch:
        ask(SLEEP, "first")
        ask("SELECT 2")
    assert slow_queries(lines) == []
    assert watch.statements == 2
    assert 0.02 <= watch.seconds < 60


def test_it_ends_with_its_block() -> None:
    with watched(lambda: "here") as watch:
        ask("SELECT 1")
    ask("SELECT 1")
    assert watch.statements == 1
