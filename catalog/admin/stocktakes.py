"""Stocktakes in the back office: begin one, scan or upload, look at the differences, post them."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from catalog import scans, stock_lists
from catalog.csv_files import InvalidRows, UnreadableFile
from catalog.models import Edition, Location, Stocktake
from catalog.models.stock import InsufficientStock
from catalog.models.stocktake import MOST_COUNTED, AlreadyPosted, CountTooHigh
from catalog.redirects import see_other

PAGE_SIZE = 100  # titles
MOST_FILE_BYTES = 10 * 1024 * 1024
REFUSALS = (AlreadyPosted, CountTooHigh, InvalidRows, UnreadableFile)


class CountForm(forms.Form):
    """How many copies of one title were counted."""

    edition = forms.ModelChoiceField(Edition.objects.all(), widget=forms.HiddenInput)
    counted = forms.IntegerField(
        label=gettext_lazy("Counted"), min_value=0, max_value=MOST_COUNTED, required=False
    )


class FileForm(forms.Form):
    """A list of counts."""

    file = forms.FileField(label=gettext_lazy("CSV file with the columns isbn13 and counted"))

    def clean_file(self) -> Any:
        """Refuse what no list of counts can be."""
        file = self.cleaned_data["file"]
        if file.size > MOST_FILE_BYTES:
            raise forms.ValidationError(_("The file is larger than 10 MB."))
        return file


@admin.register(Stocktake)
class StocktakeAdmin(admin.ModelAdmin[Stocktake]):
    """Counts of a location."""

    list_display = ("id", "location", "note", "started_at", "started_by", "titles", "posted_at")
    list_display_links = ("id", "location")
    list_filter = ("location",)
    list_select_related = ("location", "started_by")
    fields = ("location", "note", "is_complete")
    show_full_result_count = False
    delete_confirmation_max_display = 20

    def get_queryset(self, request: HttpRequest) -> QuerySet[Stocktake]:
        """With the number of titles."""
        return super().get_queryset(request).annotate(title_count=Count("lines"))

    @admin.display(description=gettext_lazy("titles"))
    def titles(self, stocktake: Any) -> int:
        """How many were counted."""
        count: int = stocktake.title_count
        return count

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The first location, unless another is asked for."""
        return {
            "location": Location.objects.first(),
            **super().get_changeform_initial_data(request),
        }

    def save_model(self, request: HttpRequest, obj: Stocktake, form: Any, change: bool) -> None:
        """Begin it."""
        obj.started_at, obj.started_by = timezone.now(), request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: Stocktake, post_url_continue: str | None = None
    ) -> HttpResponse:
        """On to the counting."""
        return _back(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Stocktake | None = None) -> bool:
        """What was posted stays."""
        if obj is not None and obj.is_posted:
            return False
        return super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Stocktakes are given up one by one."""
        return {}

    def delete_model(self, request: HttpRequest, obj: Stocktake) -> None:
        """Give it up, unless a colleague has posted it meanwhile."""
        try:
            obj.abandon()
        except AlreadyPosted as refusal:
            messages.error(request, str(refusal))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of the count instead of a form."""
        if not object_id.isdecimal():
            raise Http404
        return show(request, self._get(request, int(object_id), "view"))

    def get_urls(self) -> list[URLPattern]:
        """Besides, what is done on the page."""
        actions: dict[str, Callable[[HttpRequest, Stocktake], HttpResponse]] = {
            "scan": scan, "enter": enter, "upload": upload, "complete": set_complete,
            "post": post,
        }  # fmt: skip

        def view(action: Callable[[HttpRequest, Stocktake], HttpResponse]) -> Any:
            def act(request: HttpRequest, pk: int) -> HttpResponse:
                return action(request, self._get(request, pk, "change"))

            return self.admin_site.admin_view(require_POST(act))

        return [
            *(
                path(f"<int:pk>/{name}/", view(action), name=f"catalog_stocktake_{name}")
                for name, action in actions.items()
            ),
            *super().get_urls(),
        ]

    def _get(self, request: HttpRequest, pk: int, permission: str) -> Stocktake:
        if not request.user.has_perm(f"catalog.{permission}_stocktake"):
            raise PermissionDenied
        return get_object_or_404(
            Stocktake.objects.select_related("location", "started_by", "posted_by"), pk=pk
        )


def show(request: HttpRequest, stocktake: Stocktake) -> HttpResponse:
    """What was counted, and how it differs from the books."""
    lines = stocktake.lines.with_stock()
    shown = lines if request.GET.get("show") == "all" else lines.differing()
    totals = lines.order_by().aggregate(
        titles=Count("pk"), copies=Sum("counted", default=0), expected=Sum("expected", default=0)
    )
    uncounted = stocktake.uncounted().select_related("edition__work")
    posted = stocktake.movements.select_related("stock__edition__work")
    user = request.user
    may_change = user.has_perm("catalog.change_stocktake") and not stocktake.is_posted
    context = {
        **admin.site.each_context(request),
        "title": str(stocktake),
        "opts": Stocktake._meta,
        "stocktake": stocktake,
        "totals": totals,
        "page": Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page")),
        "shows_all": request.GET.get("show") == "all",
        "uncounted": (
            None
            if stocktake.is_posted
            else Paginator(uncounted, PAGE_SIZE).get_page(request.GET.get("uncounted"))
        ),
        "movements": (
            Paginator(posted, PAGE_SIZE).get_page(request.GET.get("posted"))
            if stocktake.is_posted
            else None
        ),
        "may_change": may_change,
        "may_post": may_change and user.has_perm("catalog.change_stock"),
        "may_delete": user.has_perm("catalog.delete_stocktake") and not stocktake.is_posted,
        "latest": stocktake.lines.select_related("edition__work")
        .filter(edition__isbn13=request.GET.get("scanned", ""))
        .first(),
    }
    return render(request, "admin/catalog/stocktake/show.html", context)


def scan(request: HttpRequest, stocktake: Stocktake) -> HttpResponse:
    """One copy more; as JSON for the page that scans on without waiting."""
    wants_json = "application/json" in request.headers.get("Accept", "")
    try:
        line = stocktake.scan(scans.find(request.POST.get("number", "")[:40]))
    except REFUSALS as refusal:
        if wants_json:
            return JsonResponse({"error": _said(refusal)}, status=422)
        messages.error(request, _said(refusal))
        return _back(stocktake)
    if wants_json:
        return JsonResponse(
            {
                "isbn13": line.edition.isbn13,
                "title": line.edition.display_title,
                "counted": line.counted,
                "expected": line.expected,
            }
        )
    return _back(stocktake, f"?scanned={line.edition.isbn13}")


def enter(request: HttpRequest, stocktake: Stocktake) -> HttpResponse:
    """Put another number in the place of what was counted; none: the title is left as it is."""
    form = CountForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Enter a whole number of copies, 0 or more."))
        return _back(stocktake)
    edition, counted = form.cleaned_data["edition"], form.cleaned_data["counted"]
    try:
        if counted is None:
            stocktake.leave_out(edition)
        else:
            stocktake.enter({edition: counted})
    except REFUSALS as refusal:
        messages.error(request, _said(refusal))
    return _back(stocktake)


def upload(request: HttpRequest, stocktake: Stocktake) -> HttpResponse:
    """Enter a list of counts."""
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, " ".join(str(e) for e in form.errors["file"]))
        return _back(stocktake)
    try:
        counts = stock_lists.read_counts(form.cleaned_data["file"])
        stocktake.enter(counts)
    except REFUSALS as refusal:
        messages.error(request, _said(refusal))
        return _back(stocktake)
    text = ngettext("%(n)d title was entered.", "%(n)d titles were entered.", len(counts))
    messages.success(request, text % {"n": len(counts)})
    return _back(stocktake)


def set_complete(request: HttpRequest, stocktake: Stocktake) -> HttpResponse:
    """Say what becomes of the titles that nobody counted."""
    try:
        stocktake.set_complete(request.POST.get("is_complete") == "1")
    except AlreadyPosted as refusal:
        messages.error(request, str(refusal))
    return _back(stocktake)


def post(request: HttpRequest, stocktake: Stocktake) -> HttpResponse:
    """Make the differences movements."""
    if not request.user.has_perm("catalog.change_stock"):
        raise PermissionDenied
    actor: Any = request.user
    try:
        changed = stocktake.post(at=timezone.now(), actor=actor)
    except InsufficientStock as error:
        for stock in list(error.short)[:20]:
            messages.error(
                request,
                _("%(edition)s: %(n)d copies are promised to orders; fewer would be left.")
                % {"edition": stock.edition, "n": stock.allocated},
            )
        messages.error(request, _("Nothing was posted."))
        return _back(stocktake)
    text = ngettext("%(n)d title was corrected.", "%(n)d titles were corrected.", changed)
    messages.success(request, text % {"n": changed})
    return _back(stocktake)


def _said(refusal: Exception) -> str:
    """The refusal in words, of a long list only the beginning."""
    if (
        isinstance(refusal, InvalidRows)
        and len(refusal.errors) == 1
        and not refusal.errors[0].column
    ):
        return refusal.errors[0].message  # of a scan, which is no list with lines
    if isinstance(refusal, InvalidRows):
        said = " ".join(str(error) for error in refusal.errors[:10])
        more = len(refusal.errors) - 10
        return f"{said} …" if more > 0 else said
    return str(refusal)


def _back(stocktake: Stocktake, query: str = "") -> HttpResponse:
    return see_other(reverse("admin:catalog_stocktake_change", args=[stocktake.pk]) + query)
