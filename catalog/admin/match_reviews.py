"""Doubtful matches in the back office, one after the other; and what was merged and split."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import merging
from catalog.admin import comparing
from catalog.admin.once import OnceForm
from catalog.models import MatchReview, Regrouping
from catalog.redirects import see_other

Decision = MatchReview.Decision


@admin.register(MatchReview)
class MatchReviewAdmin(admin.ModelAdmin[MatchReview]):
    """Pairs of works: those that wait, and those that were looked at."""

    list_display = ("pair", "score", "decision", "decided_by", "decided_at")
    list_filter = ("decision",)
    list_select_related = ("work", "other", "decided_by")
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-score", "id")
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Imports find them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: MatchReview | None = None) -> bool:
        """Once decided, a pair never comes back: so it stays."""
        return False

    @admin.display(description=gettext_lazy("works"))
    def pair(self, review: MatchReview) -> str:
        """Both titles."""
        return str(review)

    def get_urls(self) -> list[URLPattern]:
        """Besides, the way to the next that waits."""
        view = self.admin_site.admin_view(self.next_view)
        return [path("next/", view, name="catalog_matchreview_next"), *super().get_urls()]

    def next_view(self, request: HttpRequest) -> HttpResponse:
        """To the likeliest pair that waits."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return _on(MatchReview.objects.undecided().first(), request)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Both works side by side instead of a form."""
        review = (
            self.get_queryset(request).filter(pk=object_id).first()
            if (object_id.isdecimal() and len(object_id) < 19)
            else None
        )
        if request.method == "POST":
            return self._decide(request, review)
        if review is None:
            raise Http404
        if not self.has_view_permission(request, review):
            raise PermissionDenied
        works = {
            work.pk: work
            for work in comparing.works().filter(pk__in=(review.work_id, review.other_id))
        }
        goes, stays = works[review.work_id], works[review.other_id]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Are these one work?"),
            "opts": self.opts,
            "review": review,
            "form": OnceForm(),
            "stays": stays,
            "goes": goes,
            "pair": (stays, goes),
            "lines": comparing.lines(stays, goes),
            "is_open": review.decision == Decision.OPEN,
            "waiting": MatchReview.objects.undecided().count(),
            "next": _after(review),
            "may_decide": self._may_decide(request),
        }
        return render(request, "admin/catalog/merge/review.html", context)

    def _may_decide(self, request: HttpRequest) -> bool:
        rights = ["catalog.change_matchreview", "catalog.change_work", "catalog.delete_work"]
        return request.user.has_perms(rights)

    def _decide(self, request: HttpRequest, review: MatchReview | None) -> HttpResponse:
        if not self._may_decide(request):
            raise PermissionDenied
        form = OnceForm(request.POST)
        said = request.POST.get("decision", "")
        if said not in Decision.values or not form.is_valid():
            raise Http404
        if review is None:
            messages.warning(request, _("Somebody has merged one of the two works already."))
            return _on(MatchReview.objects.undecided().first(), request)
        following = _after(review)
        try:
            with transaction.atomic():
                if form.claim(request):
                    _carry_out(request, review, said)
        except merging.Refused as refusal:
            messages.error(request, str(refusal))
            following = review
        return _on(following if said != Decision.OPEN else review, request)


def _carry_out(request: HttpRequest, review: MatchReview, said: str) -> None:
    user: Any = request.user
    actor, at = (None, None) if said == Decision.OPEN else (user, timezone.now())
    if said == Decision.SAME:
        merging.merge(review.work, into=review.other, actor=user, at=timezone.now())
        text = _("“%s” was merged. “Merges and splits” can undo it.") % review.work
    elif not review.decide(said, actor=actor, at=at):
        text = _("A colleague has decided that pair meanwhile.")
    elif said == Decision.DIFFERENT:
        text = _("“%s” are different works. The list of doubtful matches can undo it.") % review
    else:
        text = _("The pair waits to be looked at again.")
    messages.success(request, text)


def _after(review: MatchReview) -> MatchReview | None:
    """The next that waits, from the likeliest on; then those that were passed over."""
    waiting = MatchReview.objects.undecided().exclude(pk=review.pk)
    later = Q(score__lt=review.score) | Q(score=review.score, pk__gt=review.pk)
    return waiting.filter(later).first() or waiting.first()


def _on(review: MatchReview | None, request: HttpRequest) -> HttpResponse:
    if review is None:
        messages.info(request, _("All doubtful matches were looked at."))
        return see_other(reverse("admin:catalog_matchreview_changelist"))
    return see_other(reverse("admin:catalog_matchreview_change", args=[review.pk]))


@admin.register(Regrouping)
class RegroupingAdmin(admin.ModelAdmin[Regrouping]):
    """What was merged and split, by whom; a merge can be undone."""

    list_display = ("done_at", "kind", "action", "other_name", "kept_name", "actor", "undone_at")
    list_filter = ("kind", "action")
    list_select_related = ("actor",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("kept_name", "other_name")
    fields = (
        "kind", "action", "other_name", "kept_name", "actor", "done_at", "undone_by", "undone_at",
    )  # fmt: skip
    readonly_fields = fields
    actions = None
    change_form_template = "admin/catalog/merge/regrouping.html"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Regrouping]":
        """Without what undoing takes, which may be long."""
        return super().get_queryset(request).defer("content")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """It is written when it is done."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Regrouping | None = None) -> bool:
        """Files may name what is gone for ever."""
        return False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What was done, with the button that undoes it."""
        if request.method == "POST":
            return self._undo(request, object_id)
        extra = {"form": OnceForm(), "show_save": False, "show_save_and_continue": False}
        return super().change_view(request, object_id, form_url, extra)

    def _undo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        done = self.get_object(request, object_id)
        form = OnceForm(request.POST)
        if done is None or not form.is_valid():
            raise Http404
        actor: Any = request.user
        try:
            with transaction.atomic():
                if form.claim(request):
                    merging.undo(done, actor=actor, at=timezone.now())
                    messages.success(request, _("“%s” is back.") % done.other_name)
        except merging.Refused as refusal:
            messages.error(request, str(refusal))
        return see_other(reverse("admin:catalog_regrouping_change", args=[done.pk]))
