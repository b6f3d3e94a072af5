"""Receives a supplier's file: kept in the storage, with a run that waits for a worker."""

import hashlib
from pathlib import PurePath
from typing import BinaryIO

from django.core.files import File

from catalog.models import ImportRun, Supplier

CHUNK = 2**20  # bytes


def receive(supplier: Supplier, file: BinaryIO, *, name: str) -> ImportRun:
    """The waiting run of this file, which is read from where it stands and copied."""
    digest, size = hashlib.sha256(), 0
    begin = file.tell()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    file.seek(begin)
    short = PurePath(name).name[-200:] or "feed.xml"
    run = ImportRun(
        supplier=supplier, file_name=short, file_digest=digest.hexdigest(), file_bytes=size
    )
    run.file.save(short, File(file), save=False)
    run.save()
    return run
