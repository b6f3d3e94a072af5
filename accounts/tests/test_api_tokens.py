"""API tokens: made by a command, kept as digests, noted when used, revoked for good."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken
from tests.people import alice, carol

pytestmark = pytest.mark.django_db

STAFF_ADDRESS = "/api/v1/stock/2900000000018"  # 404 for staff, as there is no such edition


def create_api_token(*arguments: str) -> str:
    output = StringIO()
    call_command("create_api_token", *arguments, stdout=output)
    return output.getvalue()


def status_with(client: Client, authorization: str) -> int:
    return client.get(STAFF_ADDRESS, headers={"Authorization": authorization}).status_code


def test_the_command_prints_a_token_as_its_last_word(client: Client) -> None:
    clerk = carol()

    secret = create_api_token("Carol@Example.com").split()[-1]

    token = ApiToken.objects.get()
    assert token.user == clerk
    assert token.name == "command line"
    assert secret not in (token.digest, token.name)
    assert token.digest == ApiToken.digest_of(secret)
    assert status_with(client, f"Bearer {secret}") == 404
    assert status_with(client, f"bearer {secret}") == 404


def test_the_command_names_what_is_wrong() -> None:
    alice()
    clerk = carol()
    with pytest.raises(CommandError, match=r"no account with the e-mail address nobody@x\.org"):
        create_api_token("nobody@x.org")
    with pytest.raises(CommandError, match=r"alice@example\.com is not a member of staff"):
        create_api_token("alice@example.com")
    with pytest.raises(CommandError, match="--name needs 1 to 100 characters"):
        create_api_token("carol@example.com", "--name", "x" * 101)
    clerk.is_active = False
    clerk.save()
    with pytest.raises(CommandError, match=r"carol@example\.com is not active"):
        create_api_token("carol@example.com")
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Bearer bookstore_x", "Basic Y2Fyb2w6eA==", "é"]
)
def test_without_a_token_nobody_is_staff(client: Client, authorization: str) -> None:
    carol()
    create_api_token("carol@example.com")
    assert status_with(client, authorization) == 401


def test_a_revoked_token_and_one_of_an_inactive_user_end(client: Client) -> None:
    clerk = carol()
    token, secret = ApiToken.objects.issue(user=clerk, name="Till")
    clerk.is_active = False
    clerk.save()
    assert status_with(client, f"Bearer {secret}") == 401
    clerk.is_active = True
    clerk.save()
    assert status_with(client, f"Bearer {secret}") == 404

    now = timezone.now()
    token.revoke(at=now)
    token.revoke(at=now + timedelta(days=1))

    assert status_with(client, f"Bearer {secret}") == 401
    token.refresh_from_db()
    assert token.revoked_at == now


def test_who_is_staff_no_more_is_told_so(client: Client) -> None:
    clerk = carol()
    _token, secret = ApiToken.objects.issue(user=clerk, name="Till")
    clerk.is_staff = False
    clerk.save()
    assert status_with(client, f"Bearer {secret}") == 403


def test_use_is_noted_once_a_minute() -> None:
    token, _secret = ApiToken.objects.issue(user=carol(), name="Till")
    now = timezone.now()
    token.used(at=now)
    token.used(at=now + timedelta(seconds=59))
    assert ApiToken.objects.get().last_used_at == now
    token.used(at=now + timedelta(seconds=60))
    assert ApiToken.objects.get().last_used_at == now + timedelta(seconds=60)
