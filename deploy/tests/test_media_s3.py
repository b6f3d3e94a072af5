"""Uploaded files in a private bucket: kept below one folder, served by the shop itself."""

import datetime
import json
from collections.abc import Iterable, Iterator
from typing import Any

import boto3
import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import override_settings
from django.test.client import Client
from django.utils import timezone
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count

from catalog import covers
from catalog.tests.factories import EditionFactory
from catalog.tests.pictures import show_picture

BUCKET = "bookstore-test-media"
PICTURE = bytes(range(256)) * 20_000  # 5 MB: more than is kept in memory


def storages(**options: str) -> dict[str, Any]:
    return {
        **settings.STORAGES,
        "default": {"BACKEND": "bookstore.media.Bucket", "OPTIONS": options},
    }


@pytest.fixture(autouse=True)
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bucket of moto's, as AWS_STORAGE_BUCKET_NAME would name it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws(), override_settings(STORAGES=storages(), AWS_STORAGE_BUCKET_NAME=BUCKET):
        made = boto3.resource("s3").create_bucket(Bucket=BUCKET)
        default_storage.save("covers/emma.jpg", ContentFile(PICTURE))
        yield made


def body(response: Iterable[bytes]) -> bytes:
    return b"".join(response)


def keys(bucket: Any) -> list[str]:
    return [item.key for item in bucket.objects.all()]


def test_files_stand_below_one_folder_and_are_never_overwritten(bucket: Any) -> None:
    again = default_storage.save("covers/emma.jpg", ContentFile(b"another"))
    assert again != "covers/emma.jpg"
    assert keys(bucket) == sorted(["media/covers/emma.jpg", f"media/{again}"])
    grants = bucket.Object("media/covers/emma.jpg").Acl().grants
    assert [grant["Grantee"]["Type"] for grant in grants] == ["CanonicalUser"]  # the owner alone


def test_the_shop_serves_them_itself(client: Client) -> None:
    url = default_storage.url("covers/emma.jpg")
    assert url == "/media/covers/emma.jpg"
    response = client.get(url)
    assert body(response) == PICTURE
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Length"] == str(len(PICTURE))
    assert "immutable" in response["Cache-Control"]


def test_the_frontend_reads_them_without_any_key(
    client: Client, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    bucket.Policy().put(Policy=json.dumps({"Version": "2012-10-17", "Statement": [everybody]}))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with override_settings(STORAGES=storages()):  # a new one, which knows no key yet
        assert client.get("/media/covers/emma.jpg").status_code == 503
    with override_settings(STORAGES=storages(), AWS_S3_UNSIGNED=True):
        assert body(client.get("/media/covers/emma.jpg")) == PICTURE


def test_head_and_conditional_requests(client: Client) -> None:
    head = client.head("/media/covers/emma.jpg")
    assert (head.status_code, head["Content-Length"]) == (200, str(len(PICTURE)))
    known = client.get("/media/covers/emma.jpg", headers={"If-None-Match": head["ETag"]})
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.django_db
def test_covers_are_made_shown_and_swept_there(client: Client, bucket: Any) -> None:
    edition = EditionFactory.create()
    cover = show_picture(edition)
    names = [key for key in keys(bucket) if cover.digest in key]
    assert len(names) == 6
    assert [key for key in keys(bucket) if ".waiting" in key] == []
    picture = client.get(cover.url(160, "avif"))
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/avif")
    assert body(picture)[4:12] == b"ftypavif"
    covers.draw(edition, at=timezone.now())
    assert covers.sweep([cover.digest[:2]], at=timezone.now()) == 0
    later = timezone.now() + covers.KEPT_UNUSED + datetime.timedelta(hours=1)
    assert covers.sweep([cover.digest[:2]], at=later) == 6
    assert keys(bucket) == ["media/covers/emma.jpg"]


@pytest.mark.parametrize(
    "name", ["none.jpg", "covers", "covers/", "../backups/shop.dump", "backups/shop.dump"]
)
def test_nothing_else_of_the_bucket_is_found(client: Client, bucket: Any, name: str) -> None:
    bucket.put_object(Key="backups/shop.dump", Body=b"secret")
    bucket.put_object(Key="media/covers/", Body=b"")
    assert client.get(f"/media/{name}").status_code == 404


def test_while_s3_is_away_it_says_to_come_back(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    nobody = "http://127.0.0.1:1"
    with override_settings(STORAGES=storages(endpoint_url=nobody)):
        response = client.get("/media/covers/emma.jpg")
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert "no-store" in response["Cache-Control"]
    assert "covers/emma.jpg cannot be read: Could not connect" in caplog.text


def test_a_bucket_that_refuses_is_told_of(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    refused = set_initial_no_auth_action_count(0)(client.get)  # our credentials allow nothing
    response = refused("/media/covers/emma.jpg")
    assert response.status_code == 503
    assert "covers/emma.jpg cannot be read: An error occurred (InvalidAccessKeyId)" in caplog.text
