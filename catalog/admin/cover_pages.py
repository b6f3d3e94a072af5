"""An edition's cover for staff: what is shown, and what can be shown instead."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import covers
from catalog.models import Cover, Edition
from catalog.pictures import making
from catalog.pictures.making import BadPicture
from catalog.redirects import see_other


class UploadForm(forms.Form):
    """A picture. What is wrong with it inside is found by the worker."""

    picture = forms.FileField(
        label=gettext_lazy("Picture"),
        widget=forms.FileInput(attrs={"accept": "image/*"}),
        error_messages={"required": gettext_lazy("Choose a file first.")},
    )

    def clean_picture(self) -> "UploadedFile[bytes]":
        """Refuse what is no picture, or too large, before it is kept."""
        file: UploadedFile[bytes] = self.cleaned_data["picture"]
        try:
            making.check(file.read(16), size=file.size or 0)
        except BadPicture as problem:
            raise forms.ValidationError(str(problem)) from None
        file.seek(0)
        return file


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """What customers see, what is on its way, and why something is not."""
    return _page(request, _edition(request, pk, "catalog.view_edition"), UploadForm())


def change(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Upload a picture, show the drawn cover, or the publisher's picture, or ask for it again."""
    edition = _edition(request, pk, "catalog.change_edition")
    if request.method != "POST":
        return _back(edition)
    if action == "upload":
        form = UploadForm(request.POST, request.FILES)
        if not form.is_valid():
            return _page(request, edition, form)
        covers.upload(edition, form.cleaned_data["picture"], at=timezone.now())
        messages.success(request, _("The picture is being prepared."))
    elif action == "draw":
        covers.draw(edition, at=timezone.now())
        messages.success(request, _("The drawn cover is shown again. No feed will replace it."))
    elif action == "published" and edition.cover_url:
        covers.use_published(edition, at=timezone.now())
        messages.success(request, _("The publisher’s picture will be fetched within seconds."))
    else:
        raise Http404
    return _back(edition)


def _edition(request: HttpRequest, pk: int, permission: str) -> Edition:
    if not request.user.has_perm(permission):
        raise PermissionDenied
    return get_object_or_404(Edition.objects.select_related("work", "cover"), pk=pk)


def _back(edition: Edition) -> HttpResponse:
    return see_other(reverse("admin:catalog_edition_cover", args=[edition.pk]))


def _page(request: HttpRequest, edition: Edition, form: UploadForm) -> HttpResponse:
    cover: Cover | None = getattr(edition, "cover", None)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Cover"),
        "subtitle": str(edition),
        "opts": Edition._meta,
        "edition": edition,
        "cover": cover,
        "form": form,
        "limit": making.explain_upload_limit(),
        "is_waiting": cover is not None and cover.state == Cover.State.WAITING,
        "is_drawn_by_choice": cover is not None and cover.source == Cover.Source.DRAWN,
        "follows_feeds": cover is None or cover.source == Cover.Source.FETCHED,
        "may_change": request.user.has_perm("catalog.change_edition"),
    }
    return render(request, "admin/catalog/edition/cover.html", context)
