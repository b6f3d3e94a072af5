"""Cover: the picture on an edition, and what becomes of one that is wanted."""

import datetime
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from django.core.files.storage import default_storage
from django.core.validators import RegexValidator
from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.pictures import rendering

FOLDER = "covers"
WAITING_FOLDER = f"{FOLDER}/.waiting"  # nothing whose name begins with a dot has an address
CHECK_AGAIN_AFTER = datetime.timedelta(days=30)
"""For how long what stands at a publisher's address is taken to be the same."""

# The WHERE at the end is what keeps a feed from replacing what staff has chosen.
_WANT = """
INSERT INTO catalog_cover AS cover (edition_id, source, state, fetched_from, host, next_try_at,
    updated_at, digest, color, reason, upload, etag, last_modified, tries)
SELECT id, 'fetched', 'waiting', cover_url,
    coalesce(left(lower(substring(cover_url from '^[a-zA-Z]+://(?:[^/?#]*@)?([^/?#]*)')), 255), ''),
    %(at)s,
    %(at)s, '', '', '', '', '', '', 0
FROM catalog_edition WHERE id = ANY(%(ids)s) AND cover_url <> '' ORDER BY id
ON CONFLICT (edition_id) DO UPDATE SET state = 'waiting', tries = 0, reason = '',
    fetched_from = excluded.fetched_from, host = excluded.host,
    next_try_at = excluded.next_try_at, updated_at = excluded.updated_at,
    etag = CASE WHEN cover.fetched_from = excluded.fetched_from THEN cover.etag ELSE '' END,
    last_modified = CASE WHEN cover.fetched_from = excluded.fetched_from
        THEN cover.last_modified ELSE '' END
WHERE cover.source = 'fetched' AND (cover.fetched_from <> excluded.fetched_from
    OR (cover.state <> 'waiting' AND cover.updated_at < %(old)s))
"""
_FORGET = """
DELETE FROM catalog_cover USING catalog_edition AS edition
WHERE edition.id = edition_id AND edition_id = ANY(%(ids)s) AND source = 'fetched'
    AND cover_url = ''
"""
# The next few of every host, without looking at the thousands behind them.
_DUE = """
WITH RECURSIVE hosts AS (
    (SELECT host FROM catalog_cover WHERE state = 'waiting' AND next_try_at <= %(at)s
     ORDER BY host LIMIT 1)
    UNION ALL
    SELECT (SELECT host FROM catalog_cover WHERE state = 'waiting' AND next_try_at <= %(at)s
            AND host > hosts.host ORDER BY host LIMIT 1)
    FROM hosts WHERE hosts.host IS NOT NULL
)
SELECT due.id, hosts.host FROM hosts CROSS JOIN LATERAL (
    SELECT id, next_try_at FROM catalog_cover WHERE state = 'waiting'
        AND catalog_cover.host = hosts.host AND next_try_at <= %(at)s
    ORDER BY next_try_at LIMIT %(of_each)s
) due WHERE hosts.host IS NOT NULL ORDER BY due.next_try_at, due.id
"""


def host_of(url: str) -> str:
    """Whom to ask for what stands at this address; as _WANT says it in SQL."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()[:255]


def file_name(digest: str, size: str) -> str:
    """Where the storage keeps one size (`<width>.<kind>`) of the picture with this digest."""
    return f"{FOLDER}/{digest[:2]}/{digest}-{size}"


class CoverQuerySet(models.QuerySet["Cover"]):
    """Many covers at once."""

    def want(self, edition_ids: Collection[int], *, at: datetime.datetime) -> None:
        """Bring the covers of these editions in line with their `cover_url`.

        Two statements for any number of editions. What staff has uploaded or taken away stays; a
        picture that is there is shown until the next one is ready. The same address is asked
        again once CHECK_AGAIN_AFTER is over. An edition that has lost its address loses the
        picture that came from there; the caller makes its pages stale.
        """
        given: dict[str, Any] = {
            "ids": sorted(edition_ids),
            "at": at,
            "old": at - CHECK_AGAIN_AFTER,
        }
        with connection.cursor() as cursor:
            cursor.execute(_FORGET, given)
            cursor.execute(_WANT, given)

    def due(self, *, at: datetime.datetime, of_each_host: int) -> list[tuple[int, str]]:
        """The ids and hosts of covers whose turn it is, the longest waiting first."""
        with connection.cursor() as cursor:
            cursor.execute(_DUE, {"at": at, "of_each": of_each_host})
            found: list[tuple[int, str]] = cursor.fetchall()
        return found


class Cover(models.Model):
    """The picture of an edition. Without one, or without a `digest`, its cover is drawn."""

    class Source(models.TextChoices):
        """Where it comes from."""

        UPLOADED = "uploaded", _("Uploaded by staff")
        FETCHED = "fetched", _("Fetched from the publisher")
        DRAWN = "drawn", _("Drawn, as staff wants it")

    class State(models.TextChoices):
        """What became of the last picture that was wanted."""

        WAITING = "waiting", _("Waiting")
        READY = "ready", _("Ready")
        REFUSED = "refused", _("Refused")

    edition = models.OneToOneField(
        "catalog.Edition", models.CASCADE, related_name="cover", verbose_name=_("edition")
    )
    source = models.CharField(_("source"), max_length=10, choices=Source)
    state = models.CharField(_("state"), max_length=10, choices=State)
    reason = models.TextField(_("reason"), blank=True, help_text=_("Why it was not taken."))
    digest = models.CharField(
        _("digest"), max_length=32, blank=True, validators=[RegexValidator(r"^[0-9a-f]{32}\Z")]
    )
    """Of the original whose sizes are shown; empty while there is none."""
    width = models.PositiveIntegerField(_("width in pixels"), null=True, blank=True)
    height = models.PositiveIntegerField(_("height in pixels"), null=True, blank=True)
    color = models.CharField(_("color"), max_length=7, blank=True)
    upload = models.CharField(_("uploaded file"), max_length=200, blank=True)
    """Its name in the storage until its sizes are made."""
    fetched_from = models.CharField(_("fetched from"), max_length=500, blank=True)
    host = models.CharField(max_length=255, blank=True)
    etag = models.CharField(max_length=300, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)
    updated_at = models.DateTimeField(_("last changed"))

    objects = CoverQuerySet.as_manager()

    class Meta:
        verbose_name = _("cover")
        verbose_name_plural = _("covers")
        ordering = ("-updated_at", "-id")
        constraints = (
            models.CheckConstraint(
                name="cover_with_sizes",
                condition=Q(digest="", width=None, height=None)
                | (~Q(digest="") & Q(width__gt=0, height__gt=0)),
            ),
            models.CheckConstraint(
                name="cover_refused_with_reason",
                condition=~Q(state="refused") | ~Q(reason=""),
            ),
        )
        indexes = (
            models.Index(
                fields=("host", "next_try_at"), name="cover_due", condition=Q(state="waiting")
            ),
            models.Index(fields=("digest",), name="cover_by_digest"),
            models.Index(fields=("state", "-updated_at"), name="cover_by_state"),
        )

    def __str__(self) -> str:
        return str(self.edition)

    @property
    def is_shown(self) -> bool:
        """Whether there is a picture to show."""
        return bool(self.digest)

    @property
    def widths(self) -> list[int]:
        """Of its sizes in pixels, the smallest first."""
        return sorted({min(self.width or 0, each) for each in rendering.WIDTHS})

    def height_at(self, width: int) -> int:
        """How high the size of that width is, in pixels."""
        return max(1, round((self.height or 0) * width / (self.width or 1)))

    def url(self, width: int, kind: str) -> str:
        """The address of one size, which browsers may keep for ever: `kind` avif, webp or jpg."""
        return default_storage.url(file_name(self.digest, f"{width}.{kind}"))

    def want_upload(
        self, name: str, *, at: datetime.datetime, next_try_at: datetime.datetime
    ) -> None:
        """Wait for the sizes of what staff has put into the storage under this name."""
        self._change(
            at, source=self.Source.UPLOADED, state=self.State.WAITING, upload=name,
            next_try_at=next_try_at,
        )  # fmt: skip

    def want_published(self, *, at: datetime.datetime) -> None:
        """Wait for what stands at the edition's `cover_url`, whatever was chosen before."""
        self._change(
            at, source=self.Source.FETCHED, state=self.State.WAITING,
            fetched_from=self.edition.cover_url, host=host_of(self.edition.cover_url),
            next_try_at=at,
        )  # fmt: skip

    def draw(self, *, at: datetime.datetime) -> None:
        """Show no picture, and let no feed bring one."""
        self._change(
            at, source=self.Source.DRAWN, state=self.State.READY,
            digest="", width=None, height=None, color="",
        )  # fmt: skip
        self.edition.went_stale()

    def show(self, *, digest: str, width: int, height: int, color: str, etag: str = "",
             last_modified: str = "", at: datetime.datetime) -> None:  # fmt: skip
        """Show the picture whose sizes are in the storage now."""
        self._change(
            at, source=self.Source(self.source), state=self.State.READY, digest=digest,
            width=width, height=height, color=color, etag=etag, last_modified=last_modified,
            fetched_from=self.fetched_from, host=self.host,
        )  # fmt: skip
        self.edition.went_stale()

    def keep(self, *, at: datetime.datetime) -> None:
        """Go on showing what is shown: the publisher's picture is still the same."""
        self._update(state=self.State.READY, reason="", tries=0, next_try_at=None, updated_at=at)

    def refuse(self, reason: str, *, at: datetime.datetime) -> None:
        """Give up on the picture that was wanted; one that is shown stays."""
        self._update(
            state=self.State.REFUSED, reason=reason, upload="", next_try_at=None, updated_at=at
        )

    def try_again(self, reason: str, *, at: datetime.datetime) -> None:
        """Ask again then, because the publisher's server is away or busy."""
        self._update(reason=reason, next_try_at=at)

    def _change(self, at: datetime.datetime, **fields: Any) -> None:
        """Set these fields, and all that belongs to what was wanted before to nothing."""
        nothing = {
            "reason": "", "upload": "", "fetched_from": "", "host": "", "etag": "",
            "last_modified": "", "tries": 0, "next_try_at": None,
        }  # fmt: skip
        self._update(**{**nothing, **fields, "updated_at": at})

    def _update(self, **fields: Any) -> None:
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=[*fields])
