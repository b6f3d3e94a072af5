"""Covers in the back office: which wait, which were refused and why, and trying those again."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext

from catalog import covers
from catalog.models import Cover


@admin.register(Cover)
class CoverAdmin(admin.ModelAdmin[Cover]):
    """The list; a cover itself is changed on the page of its edition."""

    list_display = ("title", "number", "state", "source", "reason", "tries", "next_try_at", "since")
    list_display_links = None
    list_filter = ("state", "source")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("=edition__isbn13", "=host")
    search_help_text = gettext_lazy("ISBN, or the host that it is fetched from")
    actions = ("try_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cover]:
        """With what every row shows."""
        return super().get_queryset(request).select_related("edition__work")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A picture is uploaded on the edition's page."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Cover | None = None) -> bool:
        """So is it replaced."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Cover | None = None) -> bool:
        """And taken away."""
        return False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Who may upload may ask again."""
        return request.user.has_perm("catalog.change_edition")

    @admin.action(description=gettext_lazy("Try the chosen covers again"), permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Cover]) -> None:
        """Fetch them as if for the first time."""
        number = covers.retry(list(queryset.values_list("pk", flat=True)), at=timezone.now())
        said = ngettext(
            "%(n)d cover will be fetched again. An upload that was refused needs another file.",
            "%(n)d covers will be fetched again. An upload that was refused needs another file.",
            number,
        )
        messages.success(request, said % {"n": number})

    @admin.display(description=gettext_lazy("title"))
    def title(self, cover: Cover) -> SafeString:
        """The edition's title, which leads to its cover."""
        url = reverse("admin:catalog_edition_cover", args=[cover.edition_id])
        return format_html('<a href="{}">{}</a>', url, cover.edition.display_title)

    @admin.display(description=gettext_lazy("ISBN or SKU"))
    def number(self, cover: Cover) -> str:
        """The edition's."""
        return cover.edition.isbn13

    @admin.display(description=gettext_lazy("since"), ordering="updated_at")
    def since(self, cover: Cover) -> str:
        """When it became so."""
        return f"{timezone.localtime(cover.updated_at):%Y-%m-%d %H:%M}"
