"""`/media/`: uploaded files, out of wherever they are kept. A file never changes under its name."""

import datetime
import hashlib
import logging
import mimetypes
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from storefront.answering import FOR_EVER
from storefront.missing import Missing
from storefront.views import errors

LONGEST_NAME = 250
SEGMENT = r"[\w-][\w.-]*"  # the shop gives files plain names; none begins with a dot
PLAIN_NAME = re.compile(rf"{SEGMENT}(/{SEGMENT})*")
PRIVATE = "private/"  # below it stands what nobody may fetch, such as suppliers' files
CHUNK = 65_536  # bytes read and sent at a time

PICTURES = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
"""What a browser may show by itself: pictures that cannot carry a script. SVG can."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoredFile:
    """A file that is there, and what tells one making of it from another."""

    name: str
    file: File[bytes]
    size: int
    modified_at: datetime.datetime

    @property
    def etag(self) -> str:
        """Another one when the file was put there anew."""
        made = f"{self.name} {self.size} {self.modified_at.timestamp()}"
        return f'"{hashlib.blake2b(made.encode(), digest_size=12).hexdigest()}"'


@require_safe
def show(request: HttpRequest, name: str) -> HttpResponseBase:
    """The file of this name, which browsers need never ask for again."""
    is_private = name.casefold().startswith(PRIVATE)  # some disks tell no capitals apart
    if len(name) > LONGEST_NAME or is_private or not PLAIN_NAME.fullmatch(name):
        raise Missing("")
    try:
        return _answer(request, _find(name))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise Missing("") from None
    except (OSError, BotoCoreError, ClientError) as error:
        logger.error("The uploaded file %s cannot be read: %s", name, error)
        return errors.unavailable(request)


def _find(name: str) -> StoredFile:
    file = default_storage.open(name)
    return StoredFile(name, file, file.size, default_storage.get_modified_time(name))


def _answer(request: HttpRequest, stored: StoredFile) -> HttpResponseBase:
    """The file, its head alone, or that the browser has just that."""
    is_known = get_conditional_response(
        request, etag=stored.etag, last_modified=int(stored.modified_at.timestamp())
    )
    if is_known is not None or request.method == "HEAD":
        stored.file.close()
        response: HttpResponseBase = is_known or HttpResponse()
    else:
        stored.file.open()  # fetches it, so that a store that fails does so before the first byte
        response = FileResponse(stored.file)
        response.block_size = CHUNK
    if response.status_code == 200:
        _describe(response, stored)
    response["Cache-Control"] = FOR_EVER
    response["ETag"] = stored.etag
    response["Last-Modified"] = http_date(stored.modified_at.timestamp())
    return response


def _describe(response: HttpResponseBase, stored: StoredFile) -> None:
    """Say what it is, and see to it that it never runs as a page of the shop."""
    path = PurePosixPath(stored.name)
    picture = PICTURES.get(path.suffix.lower())
    kind = picture or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    response["Content-Type"] = kind
    response["Content-Length"] = str(stored.size)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = "inline" if picture else "attachment"
