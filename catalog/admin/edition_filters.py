"""What the list of editions can be cut down to."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet, Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from catalog import languages
from catalog.formats import DIGITAL_FORMATS
from catalog.models import Edition, Stock

FEW = 3  # copies: soon to be ordered anew


class AvailabilityFilter(admin.SimpleListFilter):
    """In stock or not."""

    title = gettext_lazy("stock")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices."""
        few = gettext_lazy("At most %(n)d left") % {"n": FEW}
        return [
            ("in", gettext_lazy("In stock")),
            ("few", few),
            ("out", gettext_lazy("Sold out")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Only editions that take stock are looked at."""
        in_stock = Stock.objects.filter(on_hand__gt=F("allocated")).values("edition")
        match self.value():
            case "in":
                return queryset.filter(pk__in=in_stock)
            case "few":
                left = Sum(F("on_hand") - F("allocated"))
                sums = Stock.objects.values("edition").order_by().annotate(left=left)
                return queryset.filter(pk__in=sums.filter(left__range=(1, FEW)).values("edition"))
            case "out":
                return queryset.exclude(pk__in=in_stock).exclude(format__in=DIGITAL_FORMATS)
            case _:
                return queryset


class PriceFilter(admin.SimpleListFilter):
    """For sale or not."""

    title = gettext_lazy("price")
    parameter_name = "priced"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices."""
        return [("no", gettext_lazy("Without a price today"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those that no customer can buy."""
        return queryset.filter(price_amount=None) if self.value() == "no" else queryset


class LanguageFilter(admin.SimpleListFilter):
    """The languages that there are editions in."""

    title = gettext_lazy("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices."""
        used = set(Edition.objects.order_by().values_list("language", flat=True).distinct())
        return [(code, name) for code, name in languages.CHOICES if code in used]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those in the chosen language."""
        return queryset.filter(language=self.value()) if self.value() else queryset
