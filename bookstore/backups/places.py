"""Where backups are kept: in a folder, or in S3."""

import contextlib
import datetime
import os
import re
import shutil
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from bookstore.backups.manifest import DATABASE, MANIFEST, MEDIA, Damaged

NAME = re.compile(r"bookstore-\d{8}T\d{6}Z")
UNFINISHED = ".unfinished"
ABANDONED_SECONDS = 24 * 3600  # a backup that was killed this long ago is in nobody's hands
S3 = "s3://"

Write = Callable[[Path], object]


def name_at(moment: datetime.datetime) -> str:
    """What a backup of this moment is called; by the alphabet means by age."""
    return f"bookstore-{moment.astimezone(datetime.UTC):%Y%m%dT%H%M%SZ}"


class Place(ABC):
    """A collection of backups. Those that it names are whole."""

    @abstractmethod
    def names(self) -> list[str]:
        """Of all backups, the oldest first."""

    @abstractmethod
    def put(self, name: str, write: Write) -> None:
        """Keep what `write` puts into the folder that it is given, or nothing."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Forget a backup."""

    @abstractmethod
    def fetched(self, name: str) -> contextlib.AbstractContextManager[Path]:
        """A folder with the backup's files until the block ends."""

    def keep(self, number: int) -> list[str]:
        """Remove all but the newest `number`; the names of those that went."""
        old = self.names()[:-number]
        for name in old:
            self.remove(name)
        return old


class Folder(Place):
    """On disk."""

    def __init__(self, path: Path) -> None:
        """`path` need not be there yet."""
        self._path = path

    def names(self) -> list[str]:
        """See Place."""
        found = self._path.glob(f"*/{MANIFEST}")
        return sorted(each.parent.name for each in found if NAME.fullmatch(each.parent.name))

    def put(self, name: str, write: Write) -> None:
        """See Place. The files are on the disk for good before the folder gets its name."""
        self._path.mkdir(parents=True, exist_ok=True)
        self._sweep()
        unfinished = self._path / f".{name}{UNFINISHED}"
        unfinished.mkdir(mode=0o700)  # customers' addresses are in it
        try:
            write(unfinished)
            for path in (*unfinished.iterdir(), unfinished):
                _sync(path)
            unfinished.rename(self._path / name)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        _sync(self._path)

    def remove(self, name: str) -> None:
        """See Place. It loses its name first."""
        unnamed = self._path / f".{name}{UNFINISHED}"
        (self._path / name).rename(unnamed)
        shutil.rmtree(unnamed)

    @contextlib.contextmanager
    def fetched(self, name: str) -> Iterator[Path]:
        """See Place. They are here already."""
        yield self._path / name

    def _sweep(self) -> None:
        for path in self._path.glob(f".*{UNFINISHED}"):
            if path.stat().st_mtime < time.time() - ABANDONED_SECONDS:
                shutil.rmtree(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Bucket(Place):
    """In S3, below a prefix. The manifest comes last and goes first."""

    def __init__(self, bucket: str, prefix: str) -> None:
        """`prefix` is empty or ends with a slash."""
        config = Config(connect_timeout=5, read_timeout=60)
        self._bucket = boto3.resource("s3", config=config).Bucket(bucket)
        self._prefix = prefix

    def names(self) -> list[str]:
        """See Place."""
        keys = [item.key.removeprefix(self._prefix) for item in self._items("")]
        found = (key.removesuffix(f"/{MANIFEST}") for key in keys if key.endswith(f"/{MANIFEST}"))
        return sorted(name for name in found if NAME.fullmatch(name))

    def put(self, name: str, write: Write) -> None:
        """See Place."""
        with _workspace() as folder:
            write(folder)
            for file in sorted(folder.iterdir(), key=lambda file: file.name == MANIFEST):
                self._bucket.upload_file(str(file), f"{self._prefix}{name}/{file.name}")

    def remove(self, name: str) -> None:
        """See Place."""
        keys = [item.key for item in self._items(f"{name}/")]
        for key in sorted(keys, key=lambda key: not key.endswith(MANIFEST)):
            self._bucket.Object(key).delete()

    @contextlib.contextmanager
    def fetched(self, name: str) -> Iterator[Path]:
        """See Place. They are downloaded."""
        with _workspace() as folder:
            for file in (MANIFEST, DATABASE, MEDIA):
                with contextlib.suppress(_Missing), _says_missing():
                    self._bucket.download_file(f"{self._prefix}{name}/{file}", folder / file)
            yield folder

    def _items(self, below: str) -> Any:
        return self._bucket.objects.filter(Prefix=f"{self._prefix}{below}")


class _Missing(Exception):
    """There is no such key."""


@contextlib.contextmanager
def _says_missing() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
            raise _Missing from None
        raise


@contextlib.contextmanager
def _workspace() -> Iterator[Path]:
    """A folder of our own, where TMPDIR says that there is room for it."""
    with tempfile.TemporaryDirectory(prefix="backup-") as folder:
        yield Path(folder)


def place_of(address: str) -> Place:
    """The collection at a path or at `s3://bucket/prefix/`."""
    if not address.startswith(S3):
        return Folder(Path(address))
    bucket, _slash, prefix = address.removeprefix(S3).partition("/")
    return Bucket(bucket, f"{prefix.rstrip('/')}/" if prefix.strip("/") else "")


@contextlib.contextmanager
def opened(address: str) -> Iterator[Path]:
    """The files of one backup: the one at this address, or the newest of those below it.

    Raises Damaged when there is none.
    """
    above, _slash, last = address.rstrip("/").rpartition("/")
    if NAME.fullmatch(last):
        with place_of(above or ".").fetched(last) as folder:
            yield folder
        return
    place = place_of(address)
    names = place.names()
    if not names:
        raise Damaged(f"There is no backup in {address}.")
    with place.fetched(names[-1]) as folder:
        yield folder
