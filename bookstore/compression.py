"""Compresses pages; what is streamed are uploaded files, and pictures are compressed already."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class PageCompression(GZipMiddleware):
    """Django's own, for pages only."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Compress a page when the browser can read that."""
        if not isinstance(response, HttpResponse):
            return response
        return super().process_response(request, response)
