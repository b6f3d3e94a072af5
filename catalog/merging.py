"""Merging doubles: works, contributors, series, imprints; undoing that; splitting works.

Each is one transaction, that has the works for itself: no import adds to them meanwhile.
"""

import datetime
import secrets
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from caching import store
from catalog import indexing, names
from catalog.feeds import uses
from catalog.matching import have_works_alone
from catalog.models import (
    Contribution,
    Contributor,
    Edition,
    FormerAddress,
    Imprint,
    MatchReview,
    Regrouping,
    Series,
    SeriesMembership,
    Work,
    generations,
    slugs,
)
from catalog.models.former_address import Addressed
from catalog.repointing import Moves, move_back, revive, values_of

if TYPE_CHECKING:
    from accounts.models import User

M = TypeVar("M", Work, Contributor, Series, Imprint)

KINDS: dict[type[models.Model], str] = {
    Work: Regrouping.Kind.WORK,
    Contributor: Regrouping.Kind.CONTRIBUTOR,
    Series: Regrouping.Kind.SERIES,
    Imprint: Regrouping.Kind.IMPRINT,
}
MODELS: dict[str, Any] = {kind: model for model, kind in KINDS.items()}
_NEVER_FILLED = frozenset(
    {"id", "key", "title", "name", "sort_name", "slug", "match_key", "popularity", "is_sample"}
)


class Refused(Exception):
    """It cannot be done; the text tells staff why."""


@transaction.atomic
def merge(gone: M, *, into: M, actor: "User | None", at: datetime.datetime) -> Regrouping:
    """Make all that hangs on `gone` hang on `into`, whose own words win; `gone` vanishes.

    Former addresses lead to `into`. Raises Refused.
    """
    kind = KINDS[type(gone)]
    have_works_alone()
    gone, into = _both(gone, into)
    before: list[int] = affected_works(gone)
    store.bump_after_commit(generations.showing(before))
    moves = Moves(gone=values_of(gone))
    if isinstance(gone, Work) and isinstance(into, Work):
        _drop_people_who_are_there(gone, into, moves)
        _join_reviews(gone, into, moves)
        _keep_titles(gone, into, moves)
    moves.change(into, **filled(gone, into))
    moves.repoint(gone, into)
    if isinstance(gone, Addressed):
        former = FormerAddress.objects.leading_to(kind, gone.pk)
        moves.addresses = list(former.values_list("pk", flat=True))
        former.update(target_id=into.pk)
        FormerAddress.objects.keep(kind, gone.slug, into.pk)
        indexing.vocabulary_changed()
    done = Regrouping.objects.create(
        kind=kind,
        kept_id=into.pk,
        kept_name=str(into)[:500],
        other_id=gone.pk,
        other_name=str(gone)[:500],
        other_key=_key_in_files(gone),
        content={**moves.as_json(), **_besides(gone)},
        actor=actor,
        done_at=at,
    )
    if isinstance(gone, Work):
        indexing.works_leaving([gone.pk])
    gone.delete()
    indexing.works_changed({*before, *affected_works(into)})
    return done


@transaction.atomic
def undo(merged: Regrouping, *, actor: "User | None", at: datetime.datetime) -> models.Model:
    """Bring back what was merged, with all that it had and nobody has changed since.

    Raises Refused.
    """
    have_works_alone()
    merged = Regrouping.objects.select_for_update().get(pk=merged.pk)
    model = MODELS[merged.kind]
    if not merged.may_be_undone:
        raise Refused(_("This was undone already."))
    into = model.objects.select_for_update().filter(pk=merged.kept_id).first()
    if into is None:
        raise Refused(_("“%s” was merged itself since: undo that first.") % merged.kept_name)
    row = _brought_back(merged, model)
    move_back(merged.content, gone_id=row.pk, kept_id=into.pk)
    if isinstance(row, Work):
        own = Contribution.objects.exclude(edition=None).filter(edition__work=row)
        own.update(work=row)  # who was named in one of its editions since
    else:
        indexing.vocabulary_changed()
    merged.undone_by, merged.undone_at = actor, at
    merged.save(update_fields=["undone_by", "undone_at"])
    indexing.works_changed({*affected_works(row), *affected_works(into)})
    return row


@transaction.atomic
def split(
    editions: Collection[Edition], *, like: Edition, actor: "User | None", at: datetime.datetime
) -> Work:
    """Make some editions of a work a new work, titled as its edition `like`; the new work.

    It has the people, the subjects and the origin of the old one. Raises Refused.
    """
    have_works_alone()
    chosen = list(Edition.objects.filter(pk__in=[each.pk for each in editions]).order_by("pk"))
    works = {edition.work_id for edition in chosen}
    if len(works) != 1 or like.pk not in {edition.pk for edition in chosen}:
        raise Refused(_("Choose editions of one work, and among them the one with the title."))
    old = Work.objects.select_for_update().get(pk=works.pop())
    if old.editions.count() == len(chosen):
        raise Refused(_("Leave the work at least one edition."))
    store.bump_after_commit(generations.showing([old.pk]))
    like = next(edition for edition in chosen if edition.pk == like.pk)
    new = _copy(old, title=like.title or old.title, subtitle=like.display_subtitle)
    for edition in chosen:
        _move(edition, old, new)
    Contribution.objects.filter(edition__in=chosen).update(work=new)
    Regrouping.objects.create(
        kind=Regrouping.Kind.WORK,
        action=Regrouping.Action.SPLIT,
        kept_id=old.pk,
        kept_name=str(old)[:500],
        other_id=new.pk,
        other_name=str(new)[:500],
        content={"editions": [edition.isbn13 for edition in chosen]},
        actor=actor,
        done_at=at,
    )
    _note_different(new, old, actor=actor, at=at)
    indexing.works_changed([old.pk, new.pk])
    return new


@transaction.atomic
def replace_edition(double: Edition, *, by: Edition) -> None:
    """Delete an edition that is in the books twice; its address leads to the other one.

    What has a ledger stays in the books. Raises Refused.
    """
    have_works_alone()
    if double.pk == by.pk:
        raise Refused(_("Choose another one: nothing can be merged with itself."))
    rows = Edition.objects.select_for_update().order_by("pk")
    found = {row.pk: row for row in rows.filter(pk__in=[double.pk, by.pk])}
    if len(found) < 2:
        raise Refused(_("One of them is not there any more: somebody has merged or deleted it."))
    if double.stocks.exists():
        raise Refused(
            _("%s has a ledger of stock, and stays in the books: take “offered” away instead.")
            % double.isbn13
        )
    if uses.would_lose(double.pk):
        raise Refused(
            _("%s was ordered, and stays in the books: take “offered” away instead.")
            % double.isbn13
        )
    kind, work_id = FormerAddress.Kind.EDITION, double.work_id
    store.bump_after_commit([*generations.showing([work_id]), f"edition:{double.isbn13}"])
    FormerAddress.objects.leading_to(kind, double.pk).update(target_id=by.pk)
    FormerAddress.objects.keep(kind, double.isbn13, by.pk)
    double.delete()
    indexing.works_changed([work_id, by.work_id])


def _key_in_files(gone: models.Model) -> str:
    """What files that come later may call it by."""
    if isinstance(gone, Work):
        return gone.key
    return gone.sort_name if isinstance(gone, Contributor) else str(gone)


def _besides(gone: models.Model) -> dict[str, str]:
    """What files tell it by, too, and its own row does not say."""
    return {"publisher": gone.publisher.name} if isinstance(gone, Imprint) else {}


def affected_works(row: models.Model) -> list[int]:
    """The ids of the works that show this work, contributor, series or imprint."""
    found: models.QuerySet[Any, int]
    if isinstance(row, Contributor):
        found = Contribution.objects.filter(contributor=row).values_list("work", flat=True)
    elif isinstance(row, Series):
        found = SeriesMembership.objects.filter(series=row).values_list("work", flat=True)
    elif isinstance(row, Imprint):
        found = Edition.objects.filter(imprint=row).values_list("work", flat=True)
    else:
        return [row.pk]
    return list(found.order_by().distinct())


def filled(gone: models.Model, into: models.Model) -> dict[str, Any]:
    """What `into` takes over from `gone`: by the names of fields that are blank in it."""
    values = {
        column.name: getattr(gone, column.attname)
        for column in into._meta.concrete_fields
        if (column.blank or column.null)
        and column.name not in _NEVER_FILLED
        and getattr(into, column.attname) in ("", None, [])
        and getattr(gone, column.attname) not in ("", None, [])
    }
    if isinstance(gone, Work) and isinstance(into, Work):
        if gone.title != into.title:
            values.pop("subtitle", None)
        values["popularity"] = max(gone.popularity, into.popularity)
        values["is_sample"] = gone.is_sample and into.is_sample
    if isinstance(into, Contributor):
        born = values.get("birth_year", into.birth_year)
        died = values.get("death_year", into.death_year)
        if born is not None and died is not None and died < born:
            values = {name: value for name, value in values.items() if "year" not in name}
    return values


def _both(gone: M, into: M) -> tuple[M, M]:
    """Both rows as they are, locked in the order of their ids; raises Refused."""
    if gone.pk == into.pk:
        raise Refused(_("Choose another one: nothing can be merged with itself."))
    rows: Any = type(gone)._default_manager.select_for_update().order_by("pk")
    found = {row.pk: row for row in rows.filter(pk__in=[gone.pk, into.pk])}
    if len(found) < 2:
        raise Refused(_("One of them is not there any more: somebody has merged or deleted it."))
    return found[gone.pk], found[into.pk]


def _brought_back(merged: Regrouping, model: Any) -> models.Model:
    """The row that was gone, at its old address, if nothing else stands there; raises Refused."""
    values = dict(merged.content["gone"])
    if slug := values.get("slug"):
        FormerAddress.objects.filter(kind=merged.kind, slug=slug, target_id=merged.kept_id).delete()
        if model.objects.filter(slug=slug).exists():
            values["slug"] = slugs.unused(slug, among=model, fallback=merged.kind)
    former = FormerAddress.objects.filter(pk__in=merged.content["addresses"])
    former.filter(target_id=merged.kept_id).update(target_id=merged.other_id)
    try:
        return revive(model, values)
    except IntegrityError:
        raise Refused(
            _("“%s” cannot come back: something of its name or key is there.") % merged.other_name
        ) from None


def _drop_people_who_are_there(gone: Work, into: Work, moves: Moves) -> None:
    """Who has the same part in both is named once, however the name is written."""
    parts = Contribution.objects.filter(edition=None).select_related("contributor")
    there = [(part.role, _name(part.contributor)) for part in parts.filter(work=into)]
    for part in parts.filter(work=gone):
        name = _name(part.contributor)
        if any(
            part.role == role and names.agreement(name, other) >= names.INITIALS
            for role, other in there
        ):
            moves.drop(part)


def _name(person: Contributor) -> names.Name:
    return names.read(
        person.sort_name, person.name, person.birth_year, person.death_year, person.is_corporate
    )


def _join_reviews(gone: Work, into: Work, moves: Moves) -> None:
    """What was asked or decided of the one holds for the other."""
    for review in MatchReview.objects.filter(Q(work=gone) | Q(other=gone)).order_by("pk"):
        third_id = review.other_id if review.work_id == gone.pk else review.work_id
        work_id, other_id = MatchReview.in_order(into.pk, third_id)
        there = MatchReview.objects.of_pair(into.pk, third_id).first()
        if third_id != into.pk and there is None:
            moves.change(review, work=work_id, other=other_id)
            continue
        if there is not None and there.decision == MatchReview.Decision.OPEN:
            moves.change(there, decision=review.decision)
        moves.drop(review)


def _keep_titles(gone: Work, into: Work, moves: Moves) -> None:
    """Editions that went by their work's title keep it, where the other's is another."""
    if gone.title == into.title:
        return
    for edition in gone.editions.filter(title=""):
        subtitle = edition.subtitle or gone.subtitle
        moves.change(edition, title=gone.title, subtitle=subtitle)


def _copy(old: Work, *, title: str, subtitle: str) -> Work:
    key = f"{slugs.readable(title, fallback='work')}-{secrets.token_hex(4)}"
    new = Work.objects.create(
        key=key,
        title=title,
        subtitle=subtitle,
        description=old.description,
        original_language=old.original_language,
        first_published=old.first_published,
        main_subject_id=old.main_subject_id,
        keywords=old.keywords,
        audiences=old.audiences,
        popularity=old.popularity,
        is_sample=old.is_sample,
    )
    new.subjects.set(old.subjects.all())
    people = old.contributions.filter(edition=None)
    Contribution.objects.bulk_create(
        Contribution(work=new, contributor_id=p.contributor_id, role=p.role, ordinal=p.ordinal)
        for p in people
    )
    return new


def _move(edition: Edition, old: Work, new: Work) -> None:
    """To the new work, under the title that it went by."""
    title, subtitle = edition.title or old.title, edition.subtitle
    if not edition.title:
        subtitle = subtitle or old.subtitle
    is_same = (title, subtitle) == (new.title, new.subtitle)
    edition.title = "" if is_same else title
    edition.subtitle = "" if is_same else subtitle
    edition.work = new
    edition.save(update_fields=["title", "subtitle", "work"])


def _note_different(one: Work, other: Work, *, actor: "User | None", at: datetime.datetime) -> None:
    work_id, other_id = MatchReview.in_order(one.pk, other.pk)
    MatchReview.objects.create(
        work_id=work_id,
        other_id=other_id,
        score=0,
        reasons=[_("Split by staff.")],
        decision=MatchReview.Decision.DIFFERENT,
        decided_by=actor,
        decided_at=at,
    )
