"""The addresses of what is sold, which every role and the worker know, are those of its pages."""

import pytest
from django.urls import reverse

from catalog.models import Contributor, Edition, Imprint, Series, StaffList, Subject, Work


@pytest.mark.parametrize(
    ("row", "name", "arguments"),
    [
        (
            Edition(isbn13="2900000000015", work=Work(title="Emma")),
            "edition",
            ["2900000000015", "emma"],
        ),
        (Contributor(slug="jane-austen"), "contributor", ["jane-austen"]),
        (Imprint(slug="hogarth"), "imprint", ["hogarth"]),
        (Series(slug="waverley"), "series", ["waverley"]),
        (Subject(slug="classics"), "subject", ["classics"]),
        (StaffList(slug="autumn"), "staff_list", ["autumn"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_address(
    row: Edition | Contributor | Imprint | Series | Subject | StaffList,
    name: str,
    arguments: list[str],
) -> None:
    # Only the role that serves the page could ask its URL configuration.
    assert row.get_absolute_url() == reverse(name, args=arguments)
