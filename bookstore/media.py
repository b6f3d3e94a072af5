"""Uploaded files in S3, where AWS_STORAGE_BUCKET_NAME names a bucket; else they stand on disk."""

from typing import Any

from botocore import UNSIGNED
from botocore.config import Config
from django.conf import settings
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

FOLDER = "media"  # whatever else stands in the bucket has no address in the shop
KEPT_IN_MEMORY = 4 * 1024 * 1024  # bytes of a file that is being read; the rest goes to a temp file


class Bucket(S3Storage):  # type: ignore[misc]  # django-storages carries no types
    """A private bucket: the shop serves what stands in it, so no address is ever signed.

    Who may use it is said by the instance's own role, or with AWS_S3_UNSIGNED by the bucket, which
    then lets the shop's network read; a file's name is never given again, so that
    what browsers keep for ever stays true.
    """

    def get_default_settings(self) -> dict[str, Any]:
        """What the bookstore chooses among django-storages' settings."""
        return {
            **super().get_default_settings(),
            "location": FOLDER,
            "default_acl": None,
            "querystring_auth": False,
            "file_overwrite": False,
            "max_memory_size": KEPT_IN_MEMORY,
            # A visitor waits for no longer than this.
            "client_config": Config(
                connect_timeout=2,
                read_timeout=5,
                retries={"total_max_attempts": 2},
                signature_version=UNSIGNED if settings.AWS_S3_UNSIGNED else None,
            ),
        }

    def url(self, name: str, *args: Any, **kwargs: Any) -> str:
        """The file's address in the shop, as for files on disk."""
        return f"{settings.MEDIA_URL}{filepath_to_uri(name)}"
