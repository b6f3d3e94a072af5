"""Names that many pages show: whatever staff changes of one, these pages are made anew."""

from typing import TYPE_CHECKING, Any

import pytest
from django import forms
from django.db import models, transaction
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.models import Subject
from catalog.tests.back_office import empty_formset, stale_names
from catalog.tests.factories import (
    ContributorFactory,
    ImprintFactory,
    PublisherFactory,
    SeriesFactory,
    StaffListFactory,
    SubjectFactory,
)

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db


def change_page(row: models.Model) -> str:
    return reverse(f"admin:catalog_{row._meta.model_name}_change", args=[row.pk])


def sent(form: forms.BaseForm, **changes: Any) -> dict[str, Any]:
    """What a browser sends of the form; of what is empty or not ticked, nothing."""
    values = {name: form[name].value() for name in form.fields} | changes
    formsets = empty_formset("memberships") | empty_formset("entries")
    return {name: value for name, value in values.items() if value not in (None, False)} | formsets


def another(field: forms.Field, value: Any, row: models.Model) -> Any:
    """Something else that may stand in the field."""
    choices: Any = getattr(field, "choices", ())
    values = [str(each) for each, _label in choices]
    other = next((each for each in values if each not in ("", str(value), str(row.pk))), None)
    match field:
        case forms.ModelMultipleChoiceField():
            return [other]
        case forms.ChoiceField():
            return other
        case forms.BooleanField():
            return not value
        case forms.IntegerField():
            return 1899
        case _:
            return "another"


@pytest.mark.parametrize(
    "factory",
    [
        SubjectFactory, ContributorFactory, ImprintFactory, PublisherFactory, SeriesFactory,
        StaffListFactory,
    ],
)  # fmt: skip
def test_each_field_that_staff_can_change_is_shown_anew(
    client: Client, clerk: "User", factory: Any
) -> None:
    SubjectFactory.create(code="F")
    for name in ("Another Press", "A Third Press"):  # of which one may have the number of the row
        PublisherFactory.create(name=name)
    shelf = {"scheme": Subject.Scheme.SHOP, "code": "own"} if factory is SubjectFactory else {}
    row = factory.create(**shelf)
    url = change_page(row)
    form = client.get(url).context["adminform"].form
    for name, field in form.fields.items():
        change = {name: another(field, form[name].value(), row)}
        with transaction.atomic():
            ProcrastinateJob.objects.all().delete()
            assert client.post(url, sent(form, **change)).status_code == 302, name
            assert {"catalog", "vocabulary"} & stale_names(), name
            transaction.set_rollback(True)
