"""What staff does with an import: undo, try again, delete, say that it was looked at."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog import intake
from catalog.admin.once import OnceForm
from catalog.models import ImportRun
from catalog.redirects import see_other


def undo(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """Say what will happen (GET), and have it happen (POST)."""
    form = OnceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                if form.claim(request):
                    intake.request_undo(run, actor=request.user)
        except intake.NotUndoable as refusal:
            messages.error(request, str(refusal))
        return _back(run)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Undo this import"),
        "subtitle": str(run),
        "opts": ImportRun._meta,
        "run": run,
        "form": form,
        "later_count": ImportRun.objects.filter(pk__gt=run.pk).count(),
    }
    return render(request, "admin/catalog/importrun/undo.html", context)


def retry(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """Go on where it failed."""
    try:
        intake.retry(run)
    except intake.NotRetried as refusal:
        messages.error(request, str(refusal))
    return _back(run)


def delete(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """Take it off the list, where nothing in the catalogue is from it."""
    name = str(run)
    try:
        intake.delete(run)
    except intake.NotDeleted as refusal:
        messages.error(request, str(refusal))
        return _back(run)
    messages.success(request, _("“%(file)s” was deleted.") % {"file": name})
    return see_other(reverse("admin:catalog_importrun_changelist"))


def mark_seen(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """Take it off the start page."""
    run.mark_seen(at=timezone.now())
    return _back(run)


def _back(run: ImportRun) -> HttpResponse:
    return see_other(reverse("admin:catalog_importrun_change", args=[run.pk]))
