"""Contributor: a person or body that had a part in works; Contribution: which part."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models.former_address import Addressed, FormerAddress


class ContributorRole(models.TextChoices):
    """The roles that we name, by their codes in ONIX code list 17."""

    AUTHOR = "A01", _("Author")
    WITH = "A02", _("With")
    SCREENWRITER = "A03", _("Screenplay")
    LIBRETTIST = "A04", _("Libretto")
    LYRICIST = "A05", _("Lyrics")
    COMPOSER = "A06", _("Composer")
    ARTIST = "A07", _("Artist")
    PHOTOGRAPHIC_ARTIST = "A08", _("Photographic work")
    CREATOR = "A09", _("Creator")
    IDEA = "A10", _("Idea")
    DESIGNER = "A11", _("Designer")
    ILLUSTRATOR = "A12", _("Illustrator")
    PHOTOGRAPHER = "A13", _("Photographer")
    TEXT = "A14", _("Text")
    PREFACE = "A15", _("Preface")
    PROLOGUE = "A16", _("Prologue")
    SUPPLEMENT = "A18", _("Supplement")
    AFTERWORD = "A19", _("Afterword")
    NOTES = "A20", _("Notes")
    COMMENTARY = "A21", _("Commentary")
    EPILOGUE = "A22", _("Epilogue")
    FOREWORD = "A23", _("Foreword")
    INTRODUCTION = "A24", _("Introduction")
    INTRODUCTION_AND_NOTES = "A29", _("Introduction and notes")
    CONTRIBUTIONS = "A32", _("Contributions")
    APPENDIX = "A33", _("Appendix")
    INDEXER = "A34", _("Index")
    DRAWINGS = "A35", _("Drawings")
    COVER_ARTIST = "A36", _("Cover")
    ORIGINAL_AUTHOR = "A38", _("Author of the original")
    CARTOGRAPHER = "A39", _("Maps")
    COLORING = "A40", _("Coloring")
    PAPER_ENGINEER = "A41", _("Paper engineering")
    CONTINUER = "A42", _("Continuation")
    INTERVIEWER = "A43", _("Interviewer")
    INTERVIEWEE = "A44", _("Interviewee")
    COMIC_SCRIPT = "A45", _("Script of the comic")
    INKER = "A46", _("Inking")
    COLORIST = "A47", _("Colorist")
    LETTERER = "A48", _("Lettering")
    RESEARCHER = "A51", _("Research")
    OTHER_CREATOR = "A99", _("Other author")
    EDITOR = "B01", _("Editor")
    REVISER = "B02", _("Reviser")
    RETELLER = "B03", _("Retelling")
    ABRIDGER = "B04", _("Abridgment")
    ADAPTER = "B05", _("Adapter")
    TRANSLATOR = "B06", _("Translator")
    TELLER = "B07", _("As told by")
    COMMENTING_TRANSLATOR = "B08", _("Translation and commentary")
    SERIES_EDITOR = "B09", _("Series editor")
    EDITING_TRANSLATOR = "B10", _("Edition and translation")
    EDITOR_IN_CHIEF = "B11", _("Editor-in-chief")
    GUEST_EDITOR = "B12", _("Guest editor")
    VOLUME_EDITOR = "B13", _("Volume editor")
    MANAGING_EDITOR = "B16", _("Managing editor")
    PREPARER = "B18", _("Prepared for publication")
    CONSULTANT_EDITOR = "B20", _("Consultant editor")
    GENERAL_EDITOR = "B21", _("General editor")
    DRAMATIST = "B22", _("Dramatization")
    ARRANGER = "B25", _("Arrangement")
    SCIENTIFIC_EDITOR = "B29", _("Scientific editor")
    ORIGINAL_EDITOR = "B31", _("Editor of the original")
    OTHER_ADAPTER = "B99", _("Other adaptation")
    COMPILER = "C01", _("Compiler")
    SELECTOR = "C02", _("Selection")
    CURATOR = "C04", _("Curator")
    OTHER_COMPILER = "C99", _("Other compilation")
    PRODUCER = "D01", _("Producer")
    DIRECTOR = "D02", _("Director")
    CONDUCTOR = "D03", _("Conductor")
    ACTOR = "E01", _("Actor")
    SINGER = "E05", _("Singer")
    SOLOIST = "E06", _("Soloist")
    NARRATOR = "E07", _("Narrator")
    ENSEMBLE = "E08", _("Ensemble")
    PERFORMER = "E99", _("Performer")
    CAMERA = "F01", _("Camera")
    ASSISTANT = "Z01", _("Assistance")
    COMPLETER = "Z05", _("Completed after the author’s death")
    ASSOCIATE = "Z06", _("In association with")
    CONTRIBUTOR = "Z99", _("Contributor")


ROLE_LABELS = dict(ContributorRole.choices)


class Contributor(Addressed):
    """A person or body."""

    address_kind = FormerAddress.Kind.CONTRIBUTOR

    name = models.CharField(_("name"), max_length=200, help_text=_("As printed: Jane Austen"))
    sort_name = models.CharField(
        _("name for sorting"), max_length=200, help_text=_("As filed: Austen, Jane")
    )
    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    is_corporate = models.BooleanField(_("is a body"), default=False)
    birth_year = models.SmallIntegerField(_("born"), null=True, blank=True)
    death_year = models.SmallIntegerField(_("died"), null=True, blank=True)
    biography = models.TextField(_("biography"), blank=True, max_length=20_000)

    class Meta:
        verbose_name = _("contributor")
        verbose_name_plural = _("contributors")
        ordering = ("sort_name", "id")
        indexes = (models.Index(fields=("sort_name",), name="contributor_by_sort_name"),)
        constraints = (
            models.CheckConstraint(
                name="contributor_died_after_birth",
                condition=Q(birth_year=None)
                | Q(death_year=None)
                | Q(death_year__gte=models.F("birth_year")),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The page with this contributor's works."""
        return f"/contributors/{self.slug}/"


class Contribution(models.Model):
    """One contributor's part in a work, or in one edition of it (its translator, its narrator)."""

    work = models.ForeignKey("catalog.Work", models.CASCADE, related_name="contributions")
    edition = models.ForeignKey(
        "catalog.Edition",
        models.CASCADE,
        related_name="contributions",
        null=True,
        blank=True,
        help_text=_("Only where the part concerns a single edition."),
    )
    contributor = models.ForeignKey(Contributor, models.PROTECT, related_name="contributions")
    role = models.CharField(_("role"), max_length=3, choices=ContributorRole)
    ordinal = models.PositiveSmallIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        ordering = ("ordinal", "id")
        constraints = (
            models.UniqueConstraint(
                name="contribution_once",
                fields=("work", "edition", "contributor", "role"),
                nulls_distinct=False,
            ),
        )

    def __str__(self) -> str:
        return f"{self.contributor} ({self.get_role_display()})"

    @property
    def role_label(self) -> str:
        """The role's name; `get_role_display` makes a table of all of them at each call."""
        return str(ROLE_LABELS.get(self.role, self.role))

    @property
    def is_author(self) -> bool:
        """Whether the part is the writing itself."""
        return self.role == ContributorRole.AUTHOR
