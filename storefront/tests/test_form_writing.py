"""Parts of forms that are written in Python, compared with what Django's templates write."""

import pytest
from django import forms
from django.forms.renderers import BaseRenderer, DjangoTemplates
from django.utils.safestring import SafeString

from storefront.form_writing import Renderer

RENDERERS = (Renderer(), DjangoTemplates())


class EveryKind(forms.Form):
    text = forms.CharField(widget=forms.TextInput(attrs={"placeholder": 'A "B" & <C>'}))
    number = forms.IntegerField(min_value=1, max_value=50)
    email = forms.EmailField(max_length=254, required=False)
    password = forms.CharField(widget=forms.PasswordInput)
    hidden = forms.CharField(widget=forms.HiddenInput)
    safe = forms.CharField(widget=forms.TextInput(attrs={"title": SafeString("a &amp; b")}))
    checked = forms.BooleanField(widget=forms.CheckboxInput(attrs={"hidden": True, "no": False}))
    radio = forms.ChoiceField(choices=[("a", "A & B"), ("<", "C")], widget=forms.RadioSelect)
    several = forms.MultipleChoiceField(
        choices=[("a", "A"), ("b", "B")], widget=forms.CheckboxSelectMultiple
    )
    select = forms.ChoiceField(choices=[("", "-"), ("<", "A & B"), ("In", [("c", 'C"'), (4, "D")])])


def written(renderer: BaseRenderer, data: dict[str, object] | None) -> list[str]:
    form = EveryKind(
        data, renderer=renderer, initial={"number": 1_000, "radio": "<", "select": "<"}
    )
    tags = [each.tag() for name in ("radio", "several") for each in form[name]]
    return [str(form), *(str(field) for field in form), *tags, *(str(f.errors) for f in form)]


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {
            "text": '"><script>',
            "number": "5",
            "email": "a@b",
            "hidden": "",
            "radio": "a",
            "select": "c",
        },
        {"number": "x", "checked": "on", "several": ["b"], "safe": SafeString("&lt;")},
    ],
)
def test_it_is_what_django_would_write(data: dict[str, object] | None) -> None:
    ours, djangos = (written(renderer, data) for renderer in RENDERERS)
    assert ours == djangos
