"""Fills Oscar with the books of a file: `python fill.py books.jsonl found.json`; prints addresses.

One category for each outermost subject, one product and one stock record for each edition, by
Oscar's own models. A database that holds products already is left as it is.
"""

import json
import os
import shutil
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

from django.conf import settings  # noqa: E402 - after the set-up
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from oscar.core.loading import get_model  # noqa: E402

COPIES = 1_000_000
AT_ONCE = 2_000
LONGEST_TITLE = 255
Product, ProductClass, Category, ProductCategory = (
    get_model("catalogue", name)
    for name in ("Product", "ProductClass", "Category", "ProductCategory")
)
Partner, StockRecord = get_model("partner", "Partner"), get_model("partner", "StockRecord")
Country = get_model("address", "Country")


def fill(books: list[dict[str, Any]]) -> None:
    """Write all of them."""
    from django.utils.text import slugify

    Country.objects.get_or_create(
        iso_3166_1_a2="GB",
        defaults={"printable_name": "United Kingdom", "is_shipping_country": True},
    )
    kind = ProductClass.objects.create(name="Book", track_stock=True)
    names = sorted({_shelf(book) for book in books})
    shelves = {name: Category.add_root(name=name) for name in names}
    products = Product.objects.bulk_create(
        [
            Product(
                structure="standalone", upc=book["isbn13"], product_class=kind, is_public=True,
                title=book["title"][:LONGEST_TITLE],
                slug=slugify(book["title"])[:LONGEST_TITLE] or "book",
                description=f"<p>{book['author']}</p><p>{book['description']}</p>",
            )
            for book in books
        ],
        batch_size=AT_ONCE,
    )  # fmt: skip
    _offer(books, products, shelves)


def _offer(books: list[dict[str, Any]], products: list[Any], shelves: dict[str, Any]) -> None:
    """Price, copies and category of each."""
    partner = Partner.objects.create(name="Main shop")
    StockRecord.objects.bulk_create(
        [
            StockRecord(
                product=product, partner=partner, partner_sku=product.upc,
                price=Decimal(book["price"]), num_in_stock=COPIES,
            )
            for product, book in zip(products, books, strict=True)
        ],
        batch_size=AT_ONCE,
    )  # fmt: skip
    ProductCategory.objects.bulk_create(
        [
            ProductCategory(product=product, category=shelves[_shelf(book)])
            for product, book in zip(products, books, strict=True)
        ],
        batch_size=AT_ONCE,
    )


def _shelf(book: dict[str, Any]) -> str:
    return book["shelf"] or "Other"


def addresses(wanted: list[str]) -> dict[str, Any]:
    """Where the largest category and the wanted books are."""
    from django.db.models import Count

    counted = Category.objects.annotate(books=Count("product"))
    largest = counted.order_by("-books", "path")[0]
    products = Product.objects.filter(upc__in=wanted).order_by("upc")
    return {
        "category": largest.get_absolute_url(),
        "in_category": largest.books,
        "books": [{"id": each.pk, "url": each.get_absolute_url()} for each in products],
    }


def _keep_missing_image() -> None:
    """What is shown for a book without a picture, where Oscar's documentation wants it."""
    media = Path(settings.MEDIA_ROOT)
    media.mkdir(parents=True, exist_ok=True)
    name: str = getattr(settings, "OSCAR_MISSING_IMAGE_URL")  # noqa: B009 - Oscar's own
    shutil.copy(Path(settings.STATIC_ROOT) / "oscar" / "img" / name, media / name)


def main(books: Path, found: Path) -> None:
    """Tables, static files, books, and what the harness asks for."""
    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    _keep_missing_image()
    if not Product.objects.exists():
        with transaction.atomic():
            fill([json.loads(line) for line in books.read_text().splitlines()])
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    if not Path(os.environ["OSCAR_INDEX"]).exists():
        call_command("rebuild_index", interactive=False, verbosity=0)
    wanted = [book["isbn13"] for book in json.loads(found.read_text())["books"]]
    print(json.dumps(addresses(wanted)))


main(*(Path(argument) for argument in sys.argv[1:]))
