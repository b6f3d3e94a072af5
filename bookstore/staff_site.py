"""The back office: Django's admin site in the shop's own words, with what needs doing first."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from allauth.account.adapter import get_adapter
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from bookstore import backlog
from catalog.models import ImportRun, MatchReview
from orders import discrepancies, picking
from orders.models import Order, Seller
from orders.picking import Stage

MOST_NAMED = 3  # of those who give out powers
DAILY_APPS = ("orders", "catalog", "accounts")
DAILY_MODELS = ("Order", "Payment", "Refund", "ShippingMethod", "Basket", "OrderEvent")


class Duty(NamedTuple):
    """Something that waits for a bookseller."""

    number: int | None
    """How many; None for what is not counted."""

    text: str
    url: str
    is_urgent: bool


class SignInForm(AdminAuthenticationForm):
    """Counts failed attempts, as the shop's own sign-in does, so that nobody can guess on."""

    def clean(self) -> dict[str, Any]:
        """Sign in by e-mail address and password. Raises ValidationError."""
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if email and password:
            adapter = get_adapter(self.request)
            user = adapter.authenticate(self.request, email=email, password=password)
            if user is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(user)
            self.user_cache = user
        return self.cleaned_data


class BackOffice(AdminSite):
    """Where booksellers keep the catalogue, the stock and the orders."""

    site_header = _("Back office")
    site_title = _("Back office")
    index_title = _("What needs doing")
    site_url = "/"
    login_form = SignInForm

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the visitor may enter. Raises BadRequest for a filter that holds a NUL.

        Every page of the site asks this first, and PostgreSQL knows no text with a NUL in it. The
        search box is Django's own affair: it shows the list with a word about the search.
        """
        if any("\x00" in value for name, value in request.GET.items() if name != SEARCH_VAR):
            raise BadRequest(_("The address holds a character that cannot be searched for."))
        return super().has_permission(request)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """The view, for staff alone; who may not do what it does reads so in plain words."""
        return super().admin_view(self._explaining(view), cacheable)

    def _explaining(self, view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def explained(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            try:
                return view(request, *args, **kwargs)
            except PermissionDenied:
                return self._refuse(request)

        return explained

    def _refuse(self, request: HttpRequest) -> TemplateResponse:
        """403: not with this account, and who can change that."""
        superusers = User.objects.filter(is_superuser=True, is_active=True).order_by("pk")
        context = {
            **self.each_context(request),
            "title": _("Your account may not do this"),
            "superusers": [str(user) for user in superusers[:MOST_NAMED]],
        }
        return TemplateResponse(request, "admin/403.html", context, status=403)

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """The daily work first."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: _place(DAILY_MODELS, model["object_name"]))
            if (
                app["app_label"] == "procrastinate"
            ):  # the package's name says nothing to booksellers
                app["name"] = _("Jobs")
                for model in app["models"]:
                    model["name"] = _("What the shop does by itself")
        return sorted(apps, key=lambda app: _place(DAILY_APPS, app["app_label"]))

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """The start page: duties, then everything there is."""
        duties = _duties() if request.user.has_perm("orders.view_order") else []
        if request.user.has_perm("catalog.view_importrun"):
            duties = [*duties, *_imports()]
        if request.user.has_perm("orders.view_payment"):
            duties = [*_odd_payments(), *duties]
        if request.user.has_perm("catalog.view_matchreview"):
            duties = [*duties, *_doubtful_matches()]
        if request.user.has_perm("procrastinate.view_procrastinatejob"):
            duties = [*_failed_jobs(), *duties]
        if request.user.has_perm("orders.change_seller"):
            duties = [*_unnamed_seller(), *duties]
        return super().index(request, {"duties": duties, **(extra_context or {})})


def _place(daily: Sequence[str], name: str) -> int:
    """Where it stands among what is used daily; all else follows."""
    return daily.index(name) if name in daily else len(daily)


def _unnamed_seller() -> list[Duty]:
    """Invoices are issued by themselves, and never change: so this comes before the first sale."""
    seller = Seller.objects.current()
    if seller.can_be_named:
        return []
    url = reverse("admin:orders_seller_add")
    if not seller._state.adding:
        url = reverse("admin:orders_seller_change", args=[seller.pk])
    text = _(
        "Fill in the seller before you sell: invoices need a legal name and an address, and"
        " customers an e-mail address to write to."
    )
    return [Duty(None, str(text), url, is_urgent=True)]


def _failed_jobs() -> list[Duty]:
    number = backlog.failed_number()
    url = f"{reverse('admin:procrastinate_procrastinatejob_changelist')}?state=failed"
    text = ngettext("job failed", "jobs failed", number)
    return [Duty(number, text, url, is_urgent=True)] if number else []


def _doubtful_matches() -> list[Duty]:
    number = MatchReview.objects.undecided().count()
    text = ngettext("doubtful match to look at", "doubtful matches to look at", number)
    url = reverse("admin:catalog_matchreview_next")
    return [Duty(number, text, url, is_urgent=False)] if number else []


def _imports() -> list[Duty]:
    """Files that were not taken in as a whole, until somebody says that they have looked."""
    number = ImportRun.objects.not_looked_at().count()
    text = ngettext("import to look at", "imports to look at", number)
    url = f"{reverse('admin:catalog_importrun_changelist')}?look=open"
    return [Duty(number, text, url, is_urgent=False)] if number else []


def _odd_payments() -> list[Duty]:
    number = len(discrepancies.find_all(at=timezone.now()))
    text = ngettext("payment does not match", "payments do not match", number)
    url = reverse("admin:orders_payment_unmatched")
    return [Duty(number, text, url, is_urgent=True)] if number else []


def _duties() -> list[Duty]:
    """What waits, most urgent first; nothing that has a count of 0."""
    orders = Order.objects.all()
    attention = orders.filter(needs_attention=True).count()
    unpaid = orders.filter(status=Order.Status.AWAITING_PAYMENT).count()
    stages = (Stage.TO_CANCEL, Stage.TO_PICK, Stage.PACKED, Stage.RETURNS, Stage.TO_COLLECT)
    to_cancel, to_pick, packed, returned, to_collect = (
        picking.at_stage(orders, stage, on=timezone.localdate()).count() for stage in stages
    )
    duties = (
        (attention, ngettext("order needs attention", "orders need attention", attention)),
        (
            to_cancel,
            ngettext(
                "order to cancel: its money has gone back",
                "orders to cancel: their money has gone back",
                to_cancel,
            ),
        ),
        (to_pick, ngettext("order to pack", "orders to pack", to_pick)),
        (packed, ngettext("packed order to send", "packed orders to send", packed)),
        (returned, ngettext("order with a return", "orders with returns", returned)),
        (to_collect, ngettext("order to be collected", "orders to be collected", to_collect)),
        (unpaid, ngettext("order not paid yet", "orders not paid yet", unpaid)),
    )
    queries = (
        "needs_attention__exact=1",
        *(f"stage={stage}" for stage in stages),
        "status__exact=awaiting_payment",
    )
    changelist = reverse("admin:orders_order_changelist")
    return [
        Duty(number, text, f"{changelist}?{query}", is_urgent=place == 0)
        for place, ((number, text), query) in enumerate(zip(duties, queries, strict=True))
        if number
    ]
