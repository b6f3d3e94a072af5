"""What a role says of its stores."""

import pytest
from django.db import connection
from django.test import Client

from bookstore.management.commands.wait_for_stores import troubles_of_stores

REPLICA = """
CREATE FUNCTION public.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT true';
SET LOCAL search_path = public, pg_catalog
"""


@pytest.mark.django_db
def test_a_role_that_reads_from_a_replica_is_not_ready(client: Client) -> None:
    assert client.get("/ready").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute(REPLICA)
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["stores"] == {"postgresql": False, "redis": True}
    (why,) = troubles_of_stores().values()
    assert "follows another server" in why
