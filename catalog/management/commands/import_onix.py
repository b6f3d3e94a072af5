"""Takes suppliers' ONIX files in."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from catalog import intake
from catalog.feeds import runs
from catalog.models import ImportRecord, ImportRun, Supplier


class Command(BaseCommand):
    """`manage.py import_onix FILE… --supplier CODE`."""

    help = (
        "Takes ONIX files (2.1, 3.0, 3.1) of a supplier into the catalogue, one after the other."
        " A record that cannot be taken in is named with its line, and the others go on."
        " Ends with 1 when a file could not be read, or nothing in it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path)
        parser.add_argument("--supplier", required=True, metavar="CODE", help="who sent the files")
        parser.add_argument(
            "--create", action="store_true", help="make the supplier, if there is none of that code"
        )
        parser.add_argument(
            "--currency", help="of prices that name none; of a supplier that is made (ISO 4217)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        supplier = _supplier(options["supplier"], options["currency"], create=options["create"])
        missing = [str(path) for path in options["files"] if not path.is_file()]
        if missing:
            raise CommandError(f"There is no file {', '.join(missing)}.")
        failed = [path.name for path in options["files"] if not self._take(supplier, path)]
        if failed:
            raise CommandError(f"Nothing was read of: {', '.join(failed)}.")

    def _take(self, supplier: Supplier, path: Path) -> bool:
        """Take one file in, and say what became of it; whether anything could be read."""
        try:
            with path.open("rb") as file:
                run = intake.keep(supplier=supplier, file=File(file, name=path.name))
        except intake.RefusedFile as error:
            self.stderr.write(f"{path.name}: {error}")
            return False
        try:
            runs.run(run.pk, at=timezone.now(), progress=self._progress)
        except runs.SupplierBusy as error:
            run.delete()
            raise CommandError(
                f"Another file of {supplier} is being taken in. Try again when it is done."
            ) from error
        run.refresh_from_db()
        if self.stdout.isatty():
            self.stdout.write()
        for note in run.notes:
            self.stdout.write(f"{path.name}: {note}")
        if run.status == ImportRun.Status.FAILED:
            self.stderr.write(f"{path.name}: {run.message}")
        for record in ImportRecord.objects.filter(run=run, outcome="rejected")[:20]:
            why = "; ".join(f"{name} {text}".strip() for name, text in record.reasons)
            self.stderr.write(f"{path.name}, line {record.line}: {record}: {why}")
        self.stdout.write(
            f"{path.name}: {run.created_count} created, {run.changed_count} changed,"
            f" {run.unchanged_count} unchanged, {run.deleted_count} withdrawn,"
            f" {run.rejected_count} rejected."
        )
        return run.records_done > run.rejected_count

    def _progress(self, run: ImportRun) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{run.percent:3} %  {run.records_done} records", ending="")
            self.stdout.flush()


def _supplier(code: str, currency: str | None, *, create: bool) -> Supplier:
    found = Supplier.objects.filter(code=code).first()
    if found is None and not create:
        known = ", ".join(Supplier.objects.values_list("code", flat=True)) or "none yet"
        raise CommandError(
            f"There is no supplier {code} (known: {known}). Add --create to make it."
        )
    if found is not None:
        if currency and currency != found.currency:
            raise CommandError(
                f"{found} has {found.currency}. Change it in the back office, where it is kept."
            )
        return found
    made = Supplier(code=code, name=code, currency=currency or settings.SHOP_CURRENCY)
    made.full_clean()
    made.save()
    return made
