"""Pairs of titles that are, may be or are not one work: public-domain facts and their outcome.

A side is `Title // Subtitle = Surname, First 1775-1817 [role] & Another, Name @language`.
"""

import re

from catalog.candidates import of_record
from catalog.likeness import Description
from catalog.onix.records import Person, Record

SIDE = re.compile(
    r"^(?P<title>.*?)(?: // (?P<subtitle>.*?))?(?: = (?P<people>.*?))?(?: @(?P<language>\w\w))?$"
)
PERSON = re.compile(
    r"^(?P<name>.*?)(?: (?P<birth>\d{4})?-(?P<death>\d{4})?)?(?: \[(?P<role>\w+)\])?$"
)


def record(side: str, *, isbn13: str = "", **fields: object) -> Record:
    """The record that a side describes."""
    parts = SIDE.fullmatch(side)
    assert parts, side
    people = []
    for ordinal, text in enumerate(filter(None, (parts["people"] or "").split(" & ")), start=1):
        person = PERSON.fullmatch(text)
        assert person, text
        last, _comma, first = person["name"].partition(", ")
        people.append(
            Person(
                name=f"{first} {last}".strip(),
                sort_name=person["name"],
                role=person["role"] or "A01",
                ordinal=ordinal,
                birth_year=int(person["birth"]) if person["birth"] else None,
                death_year=int(person["death"]) if person["death"] else None,
            )
        )
    return Record(
        ordinal=1,
        line=1,
        reference=isbn13,
        notification="03",
        isbn13=isbn13,
        title=parts["title"],
        subtitle=parts["subtitle"] or "",
        people=tuple(people),
        language=parts["language"] or "en",
        **fields,  # type: ignore[arg-type]  # whatever a test adds to the record
    )


def described(side: str) -> Description:
    """What is compared of a side."""
    return of_record(record(side))


SAME = (
    # Articles, accents, punctuation, joining words
    ("The Waves = Woolf, Virginia 1882-1941", "Waves, The = Woolf, Virginia"),
    ("The Time Machine = Wells, H. G. 1866-1946", "Time Machine = Wells, H. G."),
    ("Wuthering Heights = Brontë, Emily", "WUTHERING HEIGHTS = Bronte, Emily 1818-1848"),
    ("Pride and Prejudice = Austen, Jane", "Pride & Prejudice = AUSTEN, JANE"),
    ("Krieg und Frieden = Tolstoi, Leo @de", "Krieg & Frieden = Tolstoi, Leo @de"),
    ("L’Étranger = Camus, Albert @fr", "Etranger = Camus, Albert 1913-1960 @fr"),
    ("Der Prozess = Kafka, Franz @de", "Prozess = Kafka, Franz 1883-1924 @de"),
    ("Die Verwandlung = Kafka, Franz @de", "Verwandlung = Kafka, Franz @de"),
    ("Les Misérables = Hugo, Victor @fr", "Misérables, Les = Hugo, Victor 1802-1885 @fr"),
    ("Moby-Dick = Melville, Herman", "Moby Dick = Melville, Herman 1819-1891"),
    ("Gulliver's Travels = Swift, Jonathan", "Gulliver’s Travels = Swift, Jonathan 1667-1745"),
    ("O Pioneers! = Cather, Willa", "O Pioneers = Cather, Willa 1873-1947"),
    # What is said of the edition
    ("Emma = Austen, Jane", "Emma (Penguin Classics) = Austen, Jane"),
    ("Emma = Austen, Jane", "Emma (Paperback) = Austen, Jane 1775-1817"),
    ("Persuasion = Austen, Jane", "Persuasion (2nd edition) = Austen, Jane"),
    ("Persuasion = Austen, Jane", "Persuasion, Revised Edition = Austen, Jane"),
    ("Walden = Thoreau, Henry David", "Walden: 150th Anniversary Edition = Thoreau, Henry David"),
    ("Buddenbrooks = Mann, Thomas @de", "Buddenbrooks: Roman = Mann, Thomas 1875-1955 @de"),
    ("Effi Briest // Roman = Fontane, Theodor @de", "Effi Briest = Fontane, Theodor @de"),
    ("Middlemarch // A Novel = Eliot, George", "Middlemarch = Eliot, George 1819-1880"),
    ("Dracula (Unabridged) = Stoker, Bram", "Dracula = Stoker, Bram 1847-1912"),
    ("Dracula (Illustrated) = Stoker, Bram", "Dracula: Large Print = Stoker, Bram"),
    ("The Iliad [Kindle Edition] = Homer", "The Iliad = Homer"),
    ("Faust, 3. Auflage = Goethe, Johann Wolfgang von @de", "Faust = Goethe, Johann Wolfgang von"),
    ("Treasure Island (Treasure Island, Book 1) = Stevenson, Robert Louis",
     "Treasure Island = Stevenson, Robert Louis 1850-1894"),
    ("Villette (Vintage Classics) = Brontë, Charlotte", "Villette // A Novel = Brontë, Charlotte"),
    ("The Talisman (Waverley Novels #18) = Scott, Walter", "The Talisman = Scott, Walter"),
    ("Emma (1815) = Austen, Jane", "Emma = Austen, Jane"),
    # Subtitles
    ("Frankenstein; or, The Modern Prometheus = Shelley, Mary", "Frankenstein = Shelley, Mary"),
    ("Moby Dick; Or, The Whale = Melville, Herman", "Moby Dick = Melville, Herman"),
    ("Candide, or, The Optimist = Voltaire", "Candide = Voltaire"),
    ("Sartor Resartus: The Life and Opinions of Herr Teufelsdröckh = Carlyle, Thomas",
     "Sartor Resartus = Carlyle, Thomas"),
    ("The Hound of the Baskervilles // Another Adventure of Sherlock Holmes = Doyle, Arthur Conan",
     "The Hound of the Baskervilles = Doyle, Arthur Conan"),
    ("Silas Marner: The Weaver of Raveloe = Eliot, George",
     "Silas Marner // The Weaver of Raveloe = Eliot, George"),
    ("On the Origin of Species // By Means of Natural Selection = Darwin, Charles",
     "On the Origin of Species // Natural Selection = Darwin, Charles"),
    # Names
    ("The War of the Worlds = Wells, H. G.", "The War of the Worlds = Wells, Herbert George"),
    ("The War of the Worlds = Wells, H.G.", "The War of the Worlds = Wells, HG 1866-1946"),
    ("The Lost World = Doyle, Arthur Conan", "The Lost World = Conan Doyle, Arthur"),
    ("The Lost World = Doyle, A. Conan", "The Lost World = Doyle, Arthur Conan 1859-1930"),
    ("The Great Gatsby = Fitzgerald, F. Scott",
     "The Great Gatsby = Fitzgerald, F. Scott (Francis Scott) 1896-1940"),
    ("Emma = Austen, Jane", "Emma = Jane Austen"),
    ("Letters = Gogh, Vincent van", "Letters = van Gogh, Vincent"),
    ("The Jungle = Sinclair, Upton", "The Jungle = Sinclair, Upton Beall 1878-1968"),
    ("Faust = Goethe, Johann Wolfgang von", "Faust = von Goethe, Johann Wolfgang"),
    ("Lyrical Ballads = Wordsworth, William & Coleridge, Samuel Taylor",
     "Lyrical Ballads = Coleridge, Samuel Taylor & Wordsworth, William"),
    ("Meditations = Marcus Aurelius", "Meditations = Marcus Aurelius, Emperor"),
    ("Der grüne Heinrich = Müller, Hans @de", "Der grüne Heinrich = Mueller, Hans @de"),
    ("Emma = Austen, Jane 1775-1817", "Emma = Austen, Jane 1776-1817"),
    ("The Odyssey = Homer & Butler, Samuel [B06]", "The Odyssey = Homer & Pope, Alexander [B06]"),
    ("Emma = Austen, Jane & Stevenson, Juliet [E07]", "Emma = Austen, Jane"),
    # Volumes written differently
    ("Clarissa, Volume 4 (of 9) = Richardson, Samuel", "Clarissa: Vol. IV = Richardson, Samuel"),
    ("Henry IV, Part 1 = Shakespeare, William", "Henry IV: Part I = Shakespeare, William"),
    ("Das Kapital, Band 2 = Marx, Karl @de", "Das Kapital. Bd. II = Marx, Karl @de"),
)  # fmt: skip

DOUBTFUL = (
    ("The Egyptian Book of the Dead", "Egyptian Book of the Dead"),  # titles alone
    ("One Thousand and One Nights", "One Thousand and One Nights = Burton, Richard"),
    ("Crime and Punishment = Dostoevsky, Fyodor", "Crime and Punishment = Dostojewski, Fjodor"),
    ("Anna Karenina = Tolstoy, Leo", "Anna Karenina = Tolstoy"),
    ("Pensées = Pascal", "Pensées = Pascal, Blaise"),
    ("Sherlock: The Sign of Four = Doyle, Arthur Conan", "Sherlock = Doyle, Arthur Conan"),
    ("Poems // First Series = Dickinson, Emily", "Poems // Third Collection = Dickinson, Emily"),
    ("Camille = Dumas, Alexandre fils", "Camille = Dumas, Alexandre"),
    (
        "The Diary of Samuel Pepys: Complete = Pepys, Samuel",
        "The Diary of Samuel Pepys: Complete 1666 = Pepys, Samuel",
    ),
    ("Mire megvénülünk (1. kötet) = Jókai, Mór", "Mire megvénülünk = Jókai, Mór"),
    ("Peeps at Many Lands = Liddle, William", "Peeps at Many Lands = Liddle, William, Mrs."),
    ("Haggard’s Tales = Haggard, H. Rider", "Haggard’s Tales = Haggard, Rider"),
    (
        "The Sandman: His Sea Stories = Hopkins, William John",
        "The Sandman: His Farm Stories = Hopkins, William John",
    ),
    ("Walden // Life in the Woods = Thoreau, H.", "Walden // Civil Disobedience = Thoreau, Henry"),
)

DIFFERENT = (
    # Volumes
    ("Clarissa, Volume 1 = Richardson, Samuel", "Clarissa, Volume 2 = Richardson, Samuel"),
    ("Henry IV, Part 1 = Shakespeare, William", "Henry IV, Part 2 = Shakespeare, William"),
    ("Das Kapital, Band 3 = Marx, Karl @de", "Das Kapital = Marx, Karl @de"),
    ("Faust. Erster Teil = Goethe, Johann Wolfgang von @de",
     "Faust: Zweiter Teil = Goethe, Johann Wolfgang von @de"),
    ("Les Misérables, Tome I = Hugo, Victor @fr", "Les Misérables, Tome V = Hugo, Victor @fr"),
    ("The Life of Johnson, Vol. 2 = Boswell, James", "The Life of Johnson = Boswell, James"),
    ("Amazing Tales: Book Two = Verne, Jules", "Amazing Tales: Book Three = Verne, Jules"),
    ("Histoire littéraire d’Italie (3/9) = Ginguené, Pierre Louis",
     "Histoire littéraire d’Italie (5/9) = Ginguené, Pierre Louis"),
    ("La coucaratcha (I/III) = Sue, Eugène", "La coucaratcha (II/III) = Sue, Eugène"),
    ("The Son of His Father; vol. 1/3 = Oliphant, Margaret",
     "The Son of His Father; vol. 3/3 = Oliphant, Margaret"),
    ("Historic Tales: The Romance of Reality. Vol. 1 (of 15), American = Morris, Charles",
     "Historic Tales: The Romance of Reality. Vol. 8 (of 15), Russian = Morris, Charles"),
    ("De Sobremesa; crónicas, Segunda Parte (de 5) = Benavente, Jacinto",
     "De Sobremesa; crónicas, Tercera Parte (de 5) = Benavente, Jacinto"),
    # Several in one
    ("Emma = Austen, Jane", "Emma and Persuasion = Austen, Jane"),
    ("The Forsyte Saga = Galsworthy, John", "The Forsyte Saga: Box Set = Galsworthy, John"),
    ("The Time Machine = Wells, H. G.", "The Time Machine (Omnibus) = Wells, H. G."),
    # About them, and other versions
    ("Emma = Austen, Jane", "Emma // A Study Guide = Austen, Jane"),
    ("Hamlet = Shakespeare, William", "Hamlet (SparkNotes) = Shakespeare, William"),
    ("Hamlet = Shakespeare, William", "Hamlet: York Notes = Shakespeare, William"),
    ("Faust = Goethe, Johann Wolfgang von @de",
     "Faust: Lektüreschlüssel = Goethe, Johann Wolfgang von @de"),
    ("Dracula = Stoker, Bram", "Dracula (Abridged) = Stoker, Bram"),
    ("Dracula = Stoker, Bram", "Dracula // The Graphic Novel = Stoker, Bram"),
    ("Moby Dick = Melville, Herman", "Moby Dick (Retold for Children) = Melville, Herman"),
    ("Heidi = Spyri, Johanna", "Heidi = Spyri, Johanna & Miller, Ann [B05]"),
    ("The Nutcracker = Hoffmann, E. T. A.", "The Nutcracker (Coloring Book) = Hoffmann, E. T. A."),
    ("Pygmalion = Shaw, Bernard", "Pygmalion // Screenplay = Shaw, Bernard"),
    # One title, other people
    ("Poems = Keats, John", "Poems = Shelley, Percy Bysshe"),
    ("Confessions = Augustine", "Confessions = Rousseau, Jean-Jacques"),
    ("The Awakening = Chopin, Kate", "The Awakening = Tolstoy, Leo"),
    ("Ulysses = Joyce, James", "Ulysses = Tennyson, Alfred"),
    ("Persuasion = Austen, Jane", "Persuasion = Austen, Henry"),
    ("Essays = Bacon, Francis 1561-1626", "Essays = Bacon, Francis 1909-1992"),
    ("Poems = Butler, Samuel 1612-1680", "Poems = Butler, Samuel 1835-1902"),
    ("The Crisis = Churchill, Winston 1871-1947", "The Crisis = Churchill, Winston 1874-1965"),
    ("The Crisis = Churchill, Winston -1947", "The Crisis = Churchill, Winston -1965"),
    ("Theatre = Dumas, Alexandre père", "Theatre = Dumas, Alexandre fils"),
    ("Letters = James, Henry", "Letters = James, William"),
    ("Poems = Brontë, Emily", "Poems = Brontë, Anne"),
    # One of them in another title, and nothing else
    ("Emma = Austen, Jane", "Persuasion = Austen, Jane"),
    ("Little Women = Alcott, Louisa May", "Little Men = Alcott, Louisa May"),
    ("The Three Musketeers = Dumas, Alexandre", "Les Trois Mousquetaires = Dumas, Alexandre @fr"),
    ("Through the Looking-Glass = Carroll, Lewis",
     "Alice’s Adventures in Wonderland = Carroll, Lewis"),
    ("Die Räuber = Schiller, Friedrich @de", "Räuberpistolen = Schiller, Friedrich @de"),
    ("Tom Sawyer Abroad = Twain, Mark", "Tom Sawyer, Detective = Twain, Mark"),
    # Titles that anything may have
    ("Atlas", "Atlas"),
)  # fmt: skip
