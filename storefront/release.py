"""Which make of the shop is running: a digest of what pages are rendered from.

It stands in the key of every cached page, so that a new release, another shop name or new static
files never meet pages that the old one made.
"""

import functools
import hashlib
import operator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage

SHOWN = ("SHOP_NAME", "SHOP_CURRENCY", "SHOP_URL", "SHOP_BANK_ACCOUNT", "TIME_ZONE")
"""The settings that pages show, or reckon their days by."""
_shown = operator.attrgetter(*SHOWN)
_KINDS = frozenset({".py", ".html", ".css", ".js", ".svg", ".woff2", ".mo"})


@functools.cache
def digest_of(*folders: str) -> str:
    """A short digest of the code, templates and static files under `folders` of the project."""
    digest = hashlib.blake2b(digest_size=8)
    for folder in folders:
        for path in sorted(Path(settings.BASE_DIR, folder).rglob("*")):
            if path.suffix in _KINDS and path.is_file():
                digest.update(str(path.relative_to(settings.BASE_DIR)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def current() -> str:
    """What distinguishes the running release and its settings, as far as pages show them."""
    return _written(getattr(staticfiles_storage, "manifest_hash", ""), _shown(settings))


@functools.lru_cache(16)
def _written(manifest: str, shown: tuple[object, ...]) -> str:
    code = digest_of("storefront", "catalog", "orders", "locale")  # and what pages say of orders
    return ":".join((code, manifest, *map(str, shown)))
