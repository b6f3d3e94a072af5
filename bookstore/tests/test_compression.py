"""What is compressed for one visitor: what is long."""

import pytest
from django.http import HttpRequest, HttpResponse

from bookstore.compression import BRIEF, PageCompression


@pytest.mark.parametrize(("length", "encoding"), [(BRIEF - 1, None), (BRIEF, "gzip")])
def test_only_what_is_long_is_compressed(length: int, encoding: str | None) -> None:
    request = HttpRequest()
    request.META["HTTP_ACCEPT_ENCODING"] = "gzip"
    middleware = PageCompression(lambda request: HttpResponse())
    response = middleware.process_response(request, HttpResponse(b"a" * length))
    assert response.headers.get("Content-Encoding") == encoding
