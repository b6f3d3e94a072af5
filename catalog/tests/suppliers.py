"""What the tests of suppliers' files share: a supplier, a small file, runs with their records."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.models import ImportRecord, ImportRun, Supplier

ONIX = b"""<?xml version="1.0"?>
<ONIXMessage release="3.0"><Header><Sender><SenderName>North</SenderName></Sender></Header>
</ONIXMessage>"""
Outcome = ImportRecord.Outcome


def north(**fields: Any) -> Supplier:
    """A distributor."""
    supplier: Supplier = Supplier.objects.get_or_create(
        code="north", defaults={"name": "Northern Books", "currency": "EUR", **fields}
    )[0]
    return supplier


def upload_of(content: bytes = ONIX, name: str = "march.xml") -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, content)


def run_of(supplier: Supplier | None = None, **fields: Any) -> ImportRun:
    """One that is done, unless said otherwise; without a file on the disk."""
    counts = {name: number for name, number in fields.items() if name.endswith("_count")}
    values = {
        "status": ImportRun.Status.DONE,
        "file_name": "march.xml",
        "file_bytes": 1000,
        "records_done": sum(counts.values()),
        **fields,
    }
    run: ImportRun = ImportRun.objects.create(supplier=supplier or north(), **values)
    return run


def record(run: ImportRun, ordinal: int, outcome: str = Outcome.CREATED, **fields: Any) -> Any:
    """One record of the run."""
    return ImportRecord.objects.create(
        run=run, ordinal=ordinal, line=ordinal * 10, outcome=outcome, **fields
    )


def deferred(task: str) -> list[dict[str, Any]]:
    """The arguments of the jobs of this name, oldest first."""
    jobs = ProcrastinateJob.objects.filter(task_name=task).order_by("id")
    return [job.args for job in jobs]
