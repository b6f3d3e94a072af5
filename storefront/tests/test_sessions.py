"""Sessions: kept as Django keeps them, and written no more often than they change."""

import pytest
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.models import Session
from pytest_django import DjangoAssertNumQueries

from storefront.sessions import SessionStore

pytestmark = pytest.mark.django_db


def test_a_new_one_is_written_once(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    session = SessionStore()
    session["basket"] = "1"
    with django_assert_num_queries(1):
        session.save()
        session.save()
    assert db.SessionStore(session.session_key)["basket"] == "1"


def test_what_changed_is_written(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    session = SessionStore()
    session["basket"] = "1"
    session.save()
    session["basket"] = "2"
    with django_assert_num_queries(1):
        session.save()
    again = SessionStore(session.session_key)
    assert again["basket"] == "2"
    with django_assert_num_queries(1):
        again.save()  # prolongs it, as nobody knows when it was written


def test_an_unknown_or_expired_one_is_empty() -> None:
    assert SessionStore("x" * 32).get("basket") is None
    session = SessionStore()
    session["basket"] = "1"
    session.set_expiry(-1)
    session.save()
    again = SessionStore(session.session_key)
    assert again.get("basket") is None
    assert again.session_key is None


def test_one_that_is_gone_is_not_written() -> None:
    session = SessionStore()
    session.save()
    Session.objects.all().delete()
    session["basket"] = "1"
    with pytest.raises(UpdateError):
        session.save()
    assert not Session.objects.exists()


def test_a_key_that_is_taken_is_refused() -> None:
    first, second = SessionStore(), SessionStore()
    first["basket"] = "1"
    first.save()
    second._session_key = first.session_key
    with pytest.raises(CreateError):
        second.save(must_create=True)
    assert SessionStore(first.session_key)["basket"] == "1"
