"""Taking the sample shop away where the shop's own rows hold on to parts of it."""

from io import StringIO

import pytest
from django.core.management import call_command

from catalog import indexing
from catalog.models import Edition, Subject
from catalog.search import Criteria, search
from catalog.tests.factories import EditionFactory, SubjectFactory
from orders.tests.factories import make_voucher


@pytest.mark.django_db
def test_a_shelf_that_a_voucher_is_for_stays() -> None:
    held, _unused = (
        SubjectFactory.create(scheme="shop", code=f"sample-{name}", name=name, slug=name)
        for name in ("held", "unused")
    )
    thema = SubjectFactory.create()
    held.gathers.add(thema)
    sample = EditionFactory.create(is_sample=True, work__is_sample=True)
    sample.work.subjects.add(thema)
    voucher = make_voucher(subject=held)

    call_command("remove_sample_data", stdout=StringIO())

    assert not Edition.objects.exists()
    assert set(Subject.objects.all()) == {held, thema}
    voucher.refresh_from_db()
    assert voucher.subject == held


@pytest.mark.django_db
def test_a_real_edition_of_a_sample_work_is_found_by_what_it_is_itself() -> None:
    sample = EditionFactory.create(is_sample=True, work__is_sample=True, format="ebook")
    EditionFactory.create(work=sample.work, format="paperback")
    indexing.works_changed([sample.work_id])

    call_command("remove_sample_data", stdout=StringIO())

    formats = {form: search(Criteria(format=form)).total for form in ("ebook", "paperback")}
    assert formats == {"ebook": 0, "paperback": 1}
