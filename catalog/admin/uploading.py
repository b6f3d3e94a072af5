"""Uploading a supplier's file: the form, who may send it, and where it goes on its way."""

import tempfile
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from catalog import intake
from catalog.admin.once import OnceForm
from catalog.models import ImportRun, Supplier
from catalog.redirects import see_other

REST_OF_FORM = 1024 * 1024  # bytes that a form may take beside its file
TOO_LARGE = gettext_lazy("The file is larger than %(n)d MB. Ask the supplier for several files.")


class UploadForm(OnceForm):
    """Whose file, and the file."""

    supplier = forms.ModelChoiceField(
        Supplier.objects.order_by("name"), label=gettext_lazy("Supplier"), empty_label="…"
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xml,.onix,.onx,.zip,.gz,text/xml"}),
    )


class OnDisk(TemporaryUploadedFile):
    """An upload in the folder for what is incoming: the system's may stand in memory."""

    def __init__(self, *args: Any) -> None:
        file = tempfile.NamedTemporaryFile(suffix=".upload", dir=intake.incoming())  # noqa: SIM115
        UploadedFile.__init__(self, file, *args)


class ToDisk(TemporaryFileUploadHandler):
    """Writes an upload there as it comes in."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super(TemporaryFileUploadHandler, self).new_file(*args, **kwargs)
        self.file = OnDisk(
            self.file_name, self.content_type, 0, self.charset, self.content_type_extra
        )


@csrf_exempt  # asked for further below: to look for the token is to take in the file
def guarded(request: HttpRequest) -> HttpResponse:
    """The page, for whom it is for; nothing of a file is read before that is known."""
    if not request.user.has_perm("catalog.add_importrun"):
        raise PermissionDenied
    if request.method == "POST":
        if int(request.META.get("CONTENT_LENGTH") or 0) > intake.MOST_FILE_BYTES + REST_OF_FORM:
            messages.error(request, TOO_LARGE % {"n": intake.MOST_FILE_MEGABYTES})
            return _on_to("admin:catalog_importrun_add")
        request.upload_handlers = [ToDisk(request)]
    return csrf_protect(_page)(request)


def _page(request: HttpRequest) -> HttpResponse:
    """Ask for a file (GET), and take it in (POST)."""
    is_sent = request.method == "POST"
    suppliers = Supplier.objects.order_by("pk").values_list("pk", flat=True)[:2]
    only = suppliers[0] if len(suppliers) == 1 else None
    form = UploadForm(
        request.POST if is_sent else None,
        request.FILES if is_sent else None,
        initial={"supplier": request.GET.get("supplier", "")[:18] or only},
    )
    if is_sent and form.is_valid():
        run = _receive(request, form)
        if run is not None:
            return _on_to("admin:catalog_importrun_change", run.pk)
        if not form.errors:
            return _on_to("admin:catalog_importrun_changelist")
    context = {
        **admin.site.each_context(request),
        "title": _("Import a supplier’s file"),
        "opts": ImportRun._meta,
        "form": form,
        "most_megabytes": intake.MOST_FILE_MEGABYTES,
        "most_bytes": intake.MOST_FILE_BYTES,
        "kept_days": intake.KEPT_DAYS,
        "may_add_supplier": request.user.has_perm("catalog.add_supplier"),
        "has_suppliers": bool(suppliers),
    }
    return render(request, "admin/catalog/importrun/upload.html", context)


def _receive(request: HttpRequest, form: UploadForm) -> ImportRun | None:
    """Take the file in, unless the form was sent before or the file is refused."""
    data = form.cleaned_data
    try:
        with transaction.atomic():
            if not form.claim(request):
                return None
            run = intake.receive(supplier=data["supplier"], file=data["file"], actor=request.user)
    except intake.RefusedFile as refusal:
        form.add_error("file", str(refusal))
        return None
    messages.success(request, _("The file was received, and is being imported."))
    earlier = run.earlier
    if earlier is not None:
        day = date_format(timezone.localtime(earlier.created_at), "DATETIME_FORMAT")
        if run.follows_others_since(earlier):
            text = _(
                "This very file was imported on %(day)s. Other files of this supplier came since:"
                " it may put back what they changed."
            )
        else:
            text = _("This very file was imported on %(day)s; importing it again changes nothing.")
        messages.warning(request, text % {"day": day})
    return run


def _on_to(*page: Any) -> HttpResponse:
    name, *args = page
    return see_other(reverse(name, args=args))
