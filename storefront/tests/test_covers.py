"""Covers: the same for the same work, legible, inside the edges, and valid whatever the title."""

import re
from functools import cache
from itertools import combinations
from xml.etree import ElementTree

import pytest

from storefront.covers import compose, cover_svg
from storefront.covers.dice import Dice
from storefront.covers.layouts import LAYOUTS
from storefront.covers.lettering import BOOK_BOLD, ROMAN
from storefront.covers.page import HEIGHT, WIDTH
from storefront.covers.palettes import PALETTES, READABLE, Palette, contrast
from storefront.covers.typesetting import cut_to_fit, fit, set_at
from storefront.covers.wording import clean, initial_of, is_right_to_left, split_title

SVG = "{http://www.w3.org/2000/svg}"
EDGE = 8

NASTY = [
    "",
    " ",
    "A",
    "W" * 200,
    "i" * 200,
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "The Life and Strange Surprising Adventures of Robinson Crusoe, of York, Mariner: Who lived "
    "Eight and Twenty Years, all alone in an un-inhabited Island on the Coast of America, near",
    "a: b",
    ": ; :",
    "; or, The Whale",
    "<script>alert('x')</script> & \"quotes\" ]]>",
    "tabs\tand\nbreaks\r\n and \x00\x01\x1b[31m controls \x7f\x9f",
    "lone \ud800 and \udfff surrogates",
    "noncharacters \ufffe \uffff \ufdd0",
    "紅樓夢",
    "「吾輩は猫である」、名前はまだ無い。どこで生れたかとんと見当がつかぬ。" * 6,
    "ألف ليلة وليلة",
    "שיר השירים: אשר לשלמה",
    "प्रेमचंद की सर्वश्रेष्ठ कहानियाँ",
    "Z̴̡̛̼͔̈́̒a̷̢̛͚͗l̶̨̛̫̇g̸̛̗̓o̵̧̚",
    "e" + "\u0301" * 300,
    "\u202eright to left override",
    "👩‍👩‍👧‍👦" * 40,
    "\ufdfd" * 5,
    "…" * 200,
    "-" * 200,
    "x-" * 100,
]


def cover(key: str, title: str = "Middlemarch", **more: str) -> str:
    """Return a cover with everything not mentioned filled in."""
    return cover_svg(**{"key": key, "title": title, "contributor": "George Eliot"} | more)


def key_for(layout: str) -> str:
    """Return the first key of a series whose cover has that layout."""
    wanted = dict(LAYOUTS)[layout].__module__
    return next(key for key, drawn in _drawn_by() if drawn == wanted)


@cache
def _drawn_by() -> list[tuple[str, str]]:
    return [(f"work-{n}", Dice(f"work-{n}").pick(LAYOUTS)[1].__module__) for n in range(300)]


EVERY_LAYOUT = pytest.mark.parametrize("layout", [name for name, _ in LAYOUTS])


def test_a_cover_is_the_same_every_time() -> None:
    assert cover("one") == cover("one")


def test_different_works_have_different_covers() -> None:
    covers = {cover(f"work-{n}") for n in range(400)}
    assert len(covers) == 400


def test_editions_of_a_work_differ_only_by_a_ribbon() -> None:
    plain = cover("one")
    editions = [cover("one", format=name) for name in ("audiobook", "ebook", "large_print")]
    assert cover("one", format="paperback") == plain
    assert len({plain, *editions}) == 4
    for edition in editions:
        start = next(n for n, (a, b) in enumerate(zip(plain, edition, strict=False)) if a != b)
        added = len(edition) - len(plain)
        assert 0 < added < 600
        assert edition[:start] + edition[start + added :] == plain


@pytest.mark.parametrize("name", ["Large Print", "large-print", "LARGE_PRINT", " audiobook "])
def test_formats_are_known_by_their_usual_spellings(name: str) -> None:
    assert cover("one", format=name) != cover("one")


def test_every_layout_and_palette_is_reachable() -> None:
    pages = [compose(key=f"work-{n}", title="Emma", contributor="Jane Austen") for n in range(600)]
    assert {page.palette.name for page in pages} == {palette.name for palette in PALETTES}
    assert {drawn for _, drawn in _drawn_by()} == {draw.__module__ for _, draw in LAYOUTS}


def test_there_is_a_choice() -> None:
    assert len(LAYOUTS) >= 8
    assert len(PALETTES) >= 12


@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.name)
def test_lettering_is_readable_on_every_stock(palette: Palette) -> None:
    for stock in (palette.paper, palette.ground, palette.deep, palette.tint):
        assert contrast(palette.readable_on(stock), stock) >= READABLE


def test_palettes_are_told_apart() -> None:
    for one, other in combinations(PALETTES, 2):
        assert (one.ground, one.accent) != (other.ground, other.accent)


def test_contrast_is_that_of_the_accessibility_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@EVERY_LAYOUT
@pytest.mark.parametrize("title", NASTY, ids=range(len(NASTY)))
def test_any_wording_gives_a_valid_and_contained_cover(layout: str, title: str) -> None:
    wording = {"title": title, "contributor": title, "series": title, "imprint": title}
    key = key_for(layout)
    root = ElementTree.fromstring(cover_svg(key=key, **wording))
    assert root.get("viewBox") == f"0 0 {WIDTH} {HEIGHT}"
    assert root.get("role") == "img"
    for block in compose(key=key, **wording).blocks:
        for line in block:
            left, top, right, bottom = line.extent
            assert left >= EDGE and right <= WIDTH - EDGE, line
            assert top >= EDGE and bottom <= HEIGHT - EDGE, line
            assert contrast(line.fill, line.on) >= READABLE


@pytest.mark.parametrize("number", range(120))
def test_lettering_is_legible_and_apart_in_every_variation(number: int) -> None:
    page = compose(
        key=f"variation-{number}",
        title="The Awakening, and Selected Short Stories: A New Edition for Readers",
        contributor="Alexander Hamilton, John Jay, James Madison",
        series="The Barchester Chronicles, 2",
        imprint="Standard Library Press",
    )
    for block in page.blocks:
        for line in block:
            assert contrast(line.fill, line.on) >= READABLE
    blocks = [(block[0].extent[1], block[-1].extent[3]) for block in page.blocks]
    for (one_top, one_bottom), (top, bottom) in combinations(blocks, 2):
        assert one_bottom <= top + 6 or bottom <= one_top + 6, page.blocks


def test_the_key_may_be_anything() -> None:
    for text in NASTY:
        ElementTree.fromstring(cover(text))


def test_covers_are_small() -> None:
    lengths = sorted(len(cover(f"work-{n}").encode()) for n in range(300))
    assert lengths[150] < 6_000
    assert lengths[-1] < 12_000


def test_long_titles_do_not_make_large_files() -> None:
    for layout, _ in LAYOUTS:
        assert len(cover(key_for(layout), "Many words " * 40).encode()) < 12_000


def test_nothing_outside_the_file_is_referred_to() -> None:
    for layout, _ in LAYOUTS:
        svg = cover(key_for(layout), format="audiobook")
        assert "<script" not in svg and "<image" not in svg
        assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
        ids = set(re.findall(r' id="([^"]+)"', svg))
        assert set(re.findall(r'(?:href="|url\()#([^")]+)', svg)) == ids


def test_the_accessible_name_is_title_and_contributor() -> None:
    svg = cover_svg(key="one", title="Bouvard & Pécuchet <1881>", contributor="Gustave Flaubert")
    name = ElementTree.fromstring(svg).find(f"{SVG}title")
    assert name is not None
    assert name.text == "Bouvard & Pécuchet <1881>, Gustave Flaubert"


def test_the_whole_title_is_shown_if_there_is_room() -> None:
    for layout, _ in LAYOUTS:
        page = compose(key=key_for(layout), title="The Wind in the Willows", contributor="")
        shown = " ".join(line.text for block in page.blocks for line in block)
        assert "the wind in the willows" in shown.casefold()


def test_the_title_is_the_largest_lettering() -> None:
    for layout, _ in LAYOUTS:
        page = compose(key=key_for(layout), title="Dracula", contributor="Bram Stoker")
        title = next(line for block in page.blocks for line in block if "DRAC" in line.text.upper())
        writer = next(
            line for block in page.blocks for line in block if "BRAM" in line.text.upper()
        )
        assert title.size > 1.5 * writer.size


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Walden: Life in the Woods", ("Walden", "Life in the Woods")),
        ("Moby-Dick; Or, The Whale", ("Moby-Dick", "Or, The Whale")),
        ("Catch 10:30", ("Catch 10:30", "")),
        ("Emma", ("Emma", "")),
        ("Ends in a colon:", ("Ends in a colon:", "")),
    ],
)
def test_subtitles_are_set_apart(title: str, expected: tuple[str, str]) -> None:
    assert split_title(title) == expected


def test_cleaning_keeps_writing_and_drops_the_rest() -> None:
    assert clean("  a\x00b\n\tc\ud800 ") == "ab c"
    assert clean("e" + "\u0301" * 50) == "é" + "\u0301" * 2
    assert clean("Les Misérables") == "Les Misérables"


def test_the_initial_passes_over_an_article() -> None:
    assert [initial_of(title) for title in ("The Iliad", "A", "émile", "…", "紅樓夢")] == [
        "I",
        "A",
        "É",
        "*",
        "紅",
    ]


def test_direction_is_that_of_the_first_letter() -> None:
    assert is_right_to_left("1001: ألف ليلة")
    assert not is_right_to_left("Arabic: ألف")


def test_words_are_shrunk_before_they_are_broken() -> None:
    setting = fit("Incomprehensibilities", ROMAN, 200, 100, largest=60, smallest=10, leading=1.1)
    assert setting.lines == ("Incomprehensibilities",)
    assert ROMAN.width(setting.lines[0]) * setting.size <= 200


def test_text_without_room_ends_in_an_ellipsis() -> None:
    setting = cut_to_fit("one two three four five six " * 20, ROMAN, 20, 150, 60, 1.1)
    assert setting.lines[-1].endswith("…")
    assert setting.height <= 60


def test_lines_are_even_and_do_not_end_in_small_words() -> None:
    setting = set_at("The Life and Opinions of Tristram Shandy", BOOK_BOLD, 30, 320, 1.1)
    assert setting is not None
    assert not any(line.endswith((" of", " and", " the")) for line in setting.lines)


def test_small_words_do_not_stand_alone() -> None:
    setting = fit("Alice in Wonderland", BOOK_BOLD, 310, 370, largest=100, smallest=18, leading=1)
    assert "in" not in setting.lines


def test_accents_are_not_torn_from_their_letters() -> None:
    setting = cut_to_fit("a\u0325" * 60, ROMAN, 20, 100, 400, 1.1)
    assert all(not line.startswith("\u0325") for line in setting.lines)
