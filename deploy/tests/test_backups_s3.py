"""Backups in S3: the manifest comes last and goes first, so that what is listed is whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from bookstore.backups import places
from bookstore.backups.manifest import DATABASE, MANIFEST, MEDIA, Damaged

BUCKET = "bookstore-test-backups"
ADDRESS = f"s3://{BUCKET}/nightly/"
DAYS = [f"bookstore-202601{day:02}T030000Z" for day in range(1, 4)]


@pytest.fixture(autouse=True)
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield boto3.resource("s3").create_bucket(Bucket=BUCKET)


def write(folder: Path) -> None:
    for name in (MANIFEST, DATABASE, MEDIA):
        (folder / name).write_text(f"{name} of {folder.name[:7]}")


def keys(bucket: Any) -> list[str]:
    return [item.key for item in bucket.objects.all()]


def test_a_backup_is_kept_below_the_prefix(bucket: Any) -> None:
    for address in (ADDRESS, ADDRESS.rstrip("/"), f"s3://{BUCKET}"):
        places.place_of(address).put(DAYS[0], write)
    names = sorted((MANIFEST, DATABASE, MEDIA))
    expected = [*(f"{DAYS[0]}/{name}" for name in names)]
    assert keys(bucket) == [*expected, *(f"nightly/{key}" for key in expected)]
    assert places.place_of(ADDRESS).names() == [DAYS[0]]


def test_what_is_not_whole_is_not_there(bucket: Any) -> None:
    place = places.place_of(ADDRESS)
    bucket.put_object(Key=f"nightly/{DAYS[2]}/{DATABASE}", Body=b"half of it")

    def fail(folder: Path) -> None:
        write(folder)
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        place.put(DAYS[0], fail)
    assert place.names() == []
    with pytest.raises(Damaged, match="There is no backup in"), places.opened(ADDRESS):
        pass


def test_only_the_newest_are_kept(bucket: Any) -> None:
    place = places.place_of(ADDRESS)
    bucket.put_object(Key="nightly/notes.txt", Body=b"somebody else's")
    for day in DAYS:
        place.put(day, write)
    assert place.keep(2) == DAYS[:1]
    assert place.names() == DAYS[1:]
    assert len(keys(bucket)) == 7
    assert "nightly/notes.txt" in keys(bucket)


@pytest.mark.parametrize(
    ("address", "name"), [(ADDRESS, DAYS[1]), (f"{ADDRESS}{DAYS[0]}", DAYS[0])]
)
def test_the_newest_or_the_named_one_is_fetched(bucket: Any, address: str, name: str) -> None:
    place = places.place_of(ADDRESS)
    for day in DAYS[:2]:
        place.put(day, write)
        bucket.put_object(Key=f"nightly/{day}/{MANIFEST}", Body=day.encode())
    bucket.Object(f"nightly/{name}/{MEDIA}").delete()  # there is none where media are in S3
    with places.opened(address) as folder:
        assert (folder / MANIFEST).read_text() == name
        assert {path.name for path in folder.iterdir()} == {MANIFEST, DATABASE}
    assert not folder.exists()


def test_a_bucket_that_is_not_there_is_told_of() -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        places.place_of("s3://no-such-bucket/").names()
