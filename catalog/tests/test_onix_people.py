"""Reading contributors: names as printed and as filed, roles, order, lives."""

import pytest

from catalog.onix.people import inverted, recased, turned
from catalog.onix.records import Person
from catalog.tests.onix_records import described, old_record


def contributor(**parts: str) -> str:
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in parts.items())
    return f"<Contributor>{inner}</Contributor>"


def names(**parts: str) -> tuple[str, str] | None:
    found = described(contributor(ContributorRole="A01", **parts)).people
    return (found[0].name, found[0].sort_name) if found else None


WOOLF = ("Virginia Woolf", "Woolf, Virginia")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"PersonName": "Virginia Woolf"}, WOOLF),
        ({"PersonNameInverted": "Woolf, Virginia"}, WOOLF),
        ({"PersonName": "Woolf, Virginia"}, WOOLF),
        ({"PersonName": "Woolf, Virginia", "PersonNameInverted": "Woolf, Virginia"}, WOOLF),
        ({"PersonName": "VIRGINIA WOOLF", "PersonNameInverted": "WOOLF, VIRGINIA"}, WOOLF),
        ({"PersonNameInverted": "WOOLF, Virginia"}, WOOLF),
        ({"PersonNameInverted": "Woolf,Virginia"}, WOOLF),
        ({"NamesBeforeKey": "Virginia", "KeyNames": "Woolf"}, WOOLF),
        (
            {"NamesBeforeKey": "Ludwig", "PrefixToKey": "van", "KeyNames": "Beethoven"},
            ("Ludwig van Beethoven", "Beethoven, Ludwig van"),
        ),
        (
            {"PersonNameInverted": "King, Martin Luther, Jr."},
            ("Martin Luther King, Jr.", "King, Martin Luther, Jr."),
        ),
        (
            {"PersonName": "Martin Luther King, Jr."},
            ("Martin Luther King, Jr.", "King, Martin Luther, Jr."),
        ),
        (
            {"NamesBeforeKey": "Martin Luther", "KeyNames": "King", "SuffixToKey": "Jr."},
            ("Martin Luther King Jr.", "King, Martin Luther, Jr."),
        ),
        ({"PersonName": "Sammy Davis Jr."}, ("Sammy Davis Jr.", "Davis, Sammy, Jr.")),
        ({"PersonName": "Jane Austen PhD"}, ("Jane Austen PhD", "Austen, Jane, PhD")),
        ({"PersonName": "Yo-Yo Ma"}, ("Yo-Yo Ma", "Ma, Yo-Yo")),
        ({"PersonName": "Homer"}, ("Homer", "Homer")),
        ({"CorporateName": "The Waves Trust"}, ("The Waves Trust", "The Waves Trust")),
        ({"UnnamedPersons": "02"}, ("Anonymous", "Anonymous")),
        ({"UnnamedPersons": "04"}, ("Various", "Various")),
        ({"UnnamedPersons": "03"}, None),
        ({"PersonName": " "}, None),
    ],
)
def test_names(parts: dict[str, str], expected: tuple[str, str] | None) -> None:
    assert names(**parts) == expected


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ("AUSTEN, JANE", "Austen, Jane"),
        ("AUSTEN, Jane", "Austen, Jane"),
        ("O’BRIEN, FLANN", "O’Brien, Flann"),
        ("SAINT-EXUPÉRY, ANTOINE DE", "Saint-Exupéry, Antoine De"),
        ("VAN DER BERG, ANNA", "van der Berg, Anna"),
        ("MCCULLERS, CARSON", "McCullers, Carson"),
        ("TOLKIEN, J.R.R.", "Tolkien, J.R.R."),
        ("J.K. ROWLING", "J.K. Rowling"),
        ("AVI", "AVI"),
        ("e.e. cummings", "e.e. cummings"),
        ("Jane Austen", "Jane Austen"),
    ],
)
def test_capitals(sent: str, written: str) -> None:
    assert recased(sent) == written


def test_turned_and_inverted() -> None:
    assert turned("Austen, Jane") == "Jane Austen"
    assert turned("Sammy Davis, Jr.") == "Sammy Davis, Jr."
    assert inverted("Jane Austen") == "Austen, Jane"
    assert inverted("Homer") == "Homer"


def test_order_and_roles() -> None:
    found = described(
        contributor(SequenceNumber="2", ContributorRole="B06", PersonName="Bo Berg"),
        contributor(
            SequenceNumber="1", ContributorRole="A01</ContributorRole><ContributorRole>A12",
            PersonName="Ann Ash",
        ),
        contributor(ContributorRole="E03", PersonName="Cy Cole"),
    )  # fmt: skip
    assert [(each.ordinal, each.name, each.role) for each in found.people] == [
        (1, "Ann Ash", "A01"),
        (2, "Ann Ash", "A12"),
        (3, "Bo Berg", "B06"),
        (4, "Cy Cole", "E07"),
    ]


def test_unknown_role() -> None:
    found = described(contributor(ContributorRole="Q77", PersonName="Ann Ash"))
    assert [each.role for each in found.people] == ["Z99"]
    assert [(each.field, each.message) for each in found.troubles] == [
        ("ContributorRole", "The role “Q77” is not known; “contributor” was taken.")
    ]


def lived(*dates: tuple[str, str]) -> str:
    return "".join(
        f"<ContributorDate><ContributorDateRole>{role}</ContributorDateRole>"
        f"<Date>{text}</Date></ContributorDate>"
        for role, text in dates
    )


def test_lives() -> None:
    found = described(
        "<Contributor><ContributorRole>A01</ContributorRole><PersonName>Virginia Woolf</PersonName>"
        f"{lived(('50', '18820125'), ('51', '1941'))}"
        '<BiographicalNote textformat="05"><p>Wrote.</p><p>Printed.</p></BiographicalNote>'
        "</Contributor>"
    )
    assert found.people == (
        Person(
            "Virginia Woolf", "Woolf, Virginia", "A01", 1, False, 1882, 1941, "Wrote.\n\nPrinted."
        ),
    )


def test_a_life_that_cannot_be() -> None:
    found = described(
        "<Contributor><PersonName>Ann Ash</PersonName>"
        f"{lived(('50', '1941'), ('51', '1882'))}</Contributor>"
    )
    assert (found.people[0].birth_year, found.people[0].death_year) == (None, None)
    assert [each.field for each in found.troubles] == ["ContributorDate"]


def test_old_person() -> None:
    found = old_record(
        contributor(ContributorRole="A01", PersonName="Ann Ash", PersonNameInverted="Ash, Ann")
        + contributor(ContributorRole="A01", PersonName="Ann Ash")
    )
    assert [(each.name, each.sort_name) for each in found.people] == [("Ann Ash", "Ash, Ann")]
