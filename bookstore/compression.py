"""Compresses pages that are made for one visitor; those for everyone are kept compressed.

What is streamed are uploaded files, and pictures are compressed already.
"""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from storefront.encodings import accepts_gzip

BRIEF = 4_096  # bytes, which are sent at once as they are: packing them would only take time


class PageCompression(GZipMiddleware):
    """Django's own, for pages only."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Compress a page when the browser can read that, and it is long enough to be worth it."""
        if not isinstance(response, HttpResponse) or response.has_header("Content-Encoding"):
            return response
        if len(response.content) < BRIEF:
            return response
        if not accepts_gzip(request):
            request.META["HTTP_ACCEPT_ENCODING"] = ""  # Django takes "gzip;q=0" for a yes
        return super().process_response(request, response)
