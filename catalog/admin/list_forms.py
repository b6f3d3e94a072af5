"""Forms of the pages that take in lists."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import uploaded_lists
from catalog.admin.once import OnceForm
from catalog.csv_files import ListFile
from catalog.models import Location, UploadedList

ENCODINGS = (
    ("", gettext_lazy("Found out")),
    ("utf-8", "UTF-8"),
    ("cp1252", "Windows-1252, ISO 8859-1"),
    ("mac_roman", "MacRoman"),
    ("cp1250", "Windows-1250"),
    ("utf-16", "UTF-16"),
)
EXAMPLES = 4  # lines

FIELD_LABELS = {
    "isbn13": gettext_lazy("ISBN or SKU"),
    "on_hand": gettext_lazy("Copies on hand"),
    "location": gettext_lazy("Location (its code)"),
    "reason": gettext_lazy("Reason"),
    "amount": gettext_lazy("Price, tax included"),
    "currency": gettext_lazy("Currency"),
    "valid_from": gettext_lazy("Price holds from"),
    "valid_to": gettext_lazy("Price holds to"),
    "tax_rate": gettext_lazy("Tax rate in percent"),
    "work": gettext_lazy("Key of the work"),
    "title": gettext_lazy("Title"),
    "subtitle": gettext_lazy("Subtitle"),
    "contributors": gettext_lazy("Contributors"),
    "series": gettext_lazy("Series"),
    "series_position": gettext_lazy("Number in the series"),
    "publisher": gettext_lazy("Publisher"),
    "imprint": gettext_lazy("Imprint"),
    "format": gettext_lazy("Format"),
    "language": gettext_lazy("Language"),
    "publication_date": gettext_lazy("Publication date"),
    "first_published": gettext_lazy("Year of the first publication"),
    "original_language": gettext_lazy("Original language"),
    "subjects": gettext_lazy("Subjects"),
    "pages": gettext_lazy("Pages"),
    "duration_minutes": gettext_lazy("Duration in minutes"),
    "weight_grams": gettext_lazy("Weight in grams"),
    "price": gettext_lazy("Price, tax included"),
    "stock": gettext_lazy("Copies on hand"),
    "description": gettext_lazy("Description"),
}


class UploadForm(OnceForm):
    """A list, and of which kind it is."""

    kind = forms.ChoiceField(label=gettext_lazy("What it is"))
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv"}),
        help_text=gettext_lazy(
            "At most 10 MB. Nothing is done yet: you see first what the list would do."
        ),
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding"),
        choices=ENCODINGS,
        required=False,
        help_text=gettext_lazy("Only if accents come out wrong."),
    )

    def __init__(self, *args: Any, kinds: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind: Any = self.fields["kind"]
        kind.choices = [each for each in UploadedList.Kind.choices if each[0] in kinds]

    def clean_file(self) -> Any:
        """Refuse what is too large."""
        file = self.cleaned_data["file"]
        if file.size > uploaded_lists.MOST_BYTES:
            raise forms.ValidationError(
                _("The file is larger than 10 MB: split it, or use the command.")
            )
        return file

    def make(self, user: Any) -> UploadedList:
        """The list, not saved."""
        file = self.cleaned_data["file"]
        encoding = self.cleaned_data["encoding"]
        return UploadedList(
            kind=self.cleaned_data["kind"],
            file_name=file.name[-200:],
            content=file.read(),
            layout={"encoding": encoding} if encoding else {},
            actor=user,
        )


class ColumnsForm(forms.Form):
    """What each column means, and how its values are written where they do not tell."""

    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"), choices=ENCODINGS, required=False)
    decimal_mark = forms.ChoiceField(
        label=gettext_lazy("Decimals"),
        choices=(
            ("", gettext_lazy("As the columns show")),
            (",", gettext_lazy("With a comma: 1.250,00")),
            (".", gettext_lazy("With a point: 1,250.00")),
        ),
        required=False,
    )
    date_order = forms.ChoiceField(
        label=gettext_lazy("Dates"),
        choices=(
            ("", gettext_lazy("As the columns show")),
            ("dmy", gettext_lazy("Day first: 31/12/2026")),
            ("mdy", gettext_lazy("Month first: 12/31/2026")),
        ),
        required=False,
    )
    location = forms.ModelChoiceField(
        Location.objects.all(),
        label=gettext_lazy("Location, where a line names none"),
        empty_label=None,
    )

    def __init__(
        self, *args: Any, uploaded: UploadedList, file: ListFile, told: dict[str, Any]
    ) -> None:
        super().__init__(*args)
        self.file, self.columns = file, uploaded_lists.COLUMNS[uploaded.kind]
        for name in ("encoding", "decimal_mark", "date_order"):
            self.fields[name].initial = told.get(name, "")
        self.fields["location"].initial = uploaded.location or Location.objects.first()
        if uploaded.kind != UploadedList.Kind.STOCK:
            del self.fields["location"]
        if uploaded.kind == UploadedList.Kind.STOCK:
            del self.fields["decimal_mark"], self.fields["date_order"]
        required = set(self.columns.required)
        choices = [("", _("– leave it out –"))] + [
            (name, f"{FIELD_LABELS[name]} *" if name in required else str(FIELD_LABELS[name]))
            for name in self.columns.kinds
        ]
        meant = told.get("columns") or file.meant
        for place, heading in enumerate(file.headings):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=heading or _("Column %(n)d") % {"n": place + 1},
                choices=choices,
                required=False,
                initial=meant[place] if place < len(meant) else "",
            )

    def clean(self) -> dict[str, Any]:
        """Each field once, and all that are needed."""
        data = super().clean() or self.cleaned_data
        chosen = [name for name in self._chosen(data) if name]
        for name in dict.fromkeys(chosen):
            if chosen.count(name) > 1:
                text = _("Two columns are “%(field)s”: choose one, and leave the other out.")
                self.add_error(None, text % {"field": FIELD_LABELS[name]})
        for name in self.columns.required:
            if name not in chosen:
                text = _("No column is “%(field)s”, and the list cannot do without.")
                self.add_error(None, text % {"field": FIELD_LABELS[name]})
        return data

    def layout(self) -> dict[str, Any]:
        """As it is kept."""
        data = self.cleaned_data
        named = {
            name: data[name]
            for name in ("encoding", "decimal_mark", "date_order")
            if data.get(name)
        }
        return {**named, "columns": self._chosen(data)}

    def settings_fields(self) -> list[forms.BoundField]:
        """Those above the columns."""
        return [self[name] for name in self.fields if not name.startswith("column_")]

    def rows(self) -> Iterator[tuple[forms.BoundField, list[str]]]:
        """Each column with what stands in it in the first lines."""
        lines = self.file.first_lines(EXAMPLES)
        for place in range(len(self.file.headings)):
            values = [line[place][:60] for line in lines if place < len(line)]
            yield self[f"column_{place}"], values

    def _chosen(self, data: dict[str, Any]) -> list[str]:
        return [data.get(f"column_{place}", "") for place in range(len(self.file.headings))]


class ApplyForm(OnceForm):
    """Whether wrong lines keep the others from being taken in."""

    leaves_out_wrong = forms.BooleanField(
        label=gettext_lazy("Leave the wrong lines out, and take in the others"), required=False
    )
