"""One speaker, one name.

Spellings meet by rule, other names by the table, and the user's own table comes first.
"""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.core.errors import ConfigError
from stance.core.types import Article
from stance.extraction.pipeline import extract
from stance.extraction.speakers.aliases import Aliases, load_aliases, parse_table

SPELLINGS = [
    (
        "ending -sky",
        [
            "Anton Kovalsky",
            "Anton Kovalskyy",
            "Anton Kovalskiy",
            "Anton Kovalskyi",
            "Anton Kovalskii",
            "Anton Kovalskyj",
        ],
    ),
    ("umlaut", ["Jens Größler", "Jens Groessler", "Jens Grossler"]),
    ("double letters", ["Mohammed Husseini", "Mohamed Huseini"]),
    ("kh and h", ["Pavel Zakharin", "Pavel Zaharin"]),
    ("accents", ["Özgür Çelik", "Ozgur Celik"]),
    ("ks and x", ["Aleksey Ksenin", "Alexei Xenin"]),
    ("ye, ie and e", ["Yevgeny Yermilov", "Evgeniy Iermilov"]),
    ("small and capital letters", ["Dora Venn", "DORA VENN"]),
    ("British and American", ["Defence Council", "Defense Council"]),
]


@pytest.fixture(autouse=True)
def no_own_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("STANCE_ALIASES", raising=False)
    monkeypatch.setenv("STANCE_HOME", str(tmp_path))


@pytest.mark.parametrize(("why", "names"), SPELLINGS, ids=[row[0] for row in SPELLINGS])
def test_spellings_of_one_name_have_one_id(why: str, names: list[str]) -> None:
    assert len({load_aliases().id_of(name) for name in names}) == 1, why


def test_a_listed_speaker_has_one_name_however_the_surname_ends() -> None:
    aliases = load_aliases()
    ids = {
        aliases.id_of(f"{first} {last}")
        for first in ("Volodymyr", "Vladimir")
        for last in ("Zelensky", "Zelenskyy", "Zelenskiy", "Zelenskyi")
    }
    ids |= {aliases.id_of(last) for last in ("Zelensky", "Zelenskyy", "Zelenskiy")}
    assert ids == {"volodymyr-zelensky"}
    assert aliases.name_of("volodymyr-zelensky") == "Volodymyr Zelensky"


def test_different_people_keep_different_ids() -> None:
    aliases = load_aliases()
    names = [
        "Vladimir Putin",
        "Volodymyr Zelensky",
        "Joe Venn",
        "Jon Venn",
        "Dora Venn",
        "Dara Venn",
        "Sergey Lavrov",
        "Sergei Shoigu",
    ]
    assert len({aliases.id_of(name) for name in names}) == len(names)


@given(st.text(max_size=60))
def test_any_text_has_an_id_that_case_and_composition_do_not_change(name: str) -> None:
    aliases = load_aliases()
    number = aliases.id_of(name)
    assert not any(letter.isspace() for letter in number)
    assert not number or any(letter.isalnum() for letter in unicodedata.normalize("NFKD", name))
    assert aliases.id_of(unicodedata.normalize("NFD", name.lower())) == aliases.id_of(
        unicodedata.normalize("NFC", name.lower())
    )


LATIN = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=12)


@given(LATIN, LATIN)
def test_the_endings_of_transliteration_never_matter(first: str, stem: str) -> None:
    aliases = load_aliases()
    assert (
        len(
            {
                aliases.id_of(f"{first} {stem}sk{ending}")
                for ending in ("y", "yy", "iy", "yi", "ii", "i", "yj")
            }
        )
        == 1
    )


@given(st.lists(LATIN, min_size=1, max_size=4, unique=True))
def test_a_listed_speaker_is_found_by_every_name_listed(names: list[str]) -> None:
    aliases = Aliases([], [(names[0], names[1:], True)])
    assert {aliases.id_of(name.upper()) for name in names} == {names[0]}


def test_an_article_that_spells_a_name_in_two_ways_has_one_speaker() -> None:
    text = (
        "Anton Kovalskyy said the bridge would open in May.\n\nKovalskiy added that the ferry "
        "would stop.\n\nAnton Kovalsky said the county would pay."
    )
    (quotes,) = extract([Article("a", text)])
    assert {(quote.speaker, quote.speaker_id) for quote in quotes} == {
        ("Anton Kovalskyy", "anton-kovalsky")
    }


def test_two_articles_share_the_id_and_each_keeps_its_spelling() -> None:
    texts = (
        "Volodymyr Zelenskyy said the bridge would open.",
        "Zelenskiy said the bridge would open.",
    )
    quotes = [
        quote
        for found in extract(Article(str(n), text) for n, text in enumerate(texts))
        for quote in found
    ]
    assert [(quote.speaker, quote.speaker_id) for quote in quotes] == [
        ("Volodymyr Zelenskyy", "volodymyr-zelensky"),
        ("Zelenskiy", "volodymyr-zelensky"),
    ]


def test_whoever_is_only_described_has_no_id() -> None:
    (quotes,) = extract([Article("a", "A senior official said the bridge would open in May.")])
    assert [(quote.speaker, quote.speaker_id) for quote in quotes] == [("senior official", None)]


def test_the_users_own_table_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[[speaker]]\nname = "Dora Venn-Ild"\nalso = ["Dora Venn", "D. Ild", "Zelensky"]\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("STANCE_ALIASES", str(own))
    aliases = load_aliases()
    assert [aliases.id_of(name) for name in ("Dora Venn", "Zelenskyy", "Volodymyr Zelensky")] == [
        "dora-venn-ild",
        "dora-venn-ild",
        "volodymyr-zelensky",
    ]


def test_the_table_beside_the_labels_is_read_and_a_change_is_seen(tmp_path: Path) -> None:
    own = tmp_path / "labels" / "aliases.toml"
    own.parent.mkdir()
    for name in ("Dora Venn", "Dora Ild-Venn"):
        own.write_text(
            f'[[speaker]]\nname = "{name}"\nalso = ["The Ferrywoman"]\n', encoding="utf-8"
        )
        assert load_aliases().id_of("The Ferrywoman") == name.lower().replace(" ", "-")


def test_listed_institutions_are_no_persons() -> None:
    aliases = load_aliases()
    assert [
        aliases.is_person(aliases.id_of(name)) for name in ("Zelenskyy", "Hizbullah", "Dora Venn")
    ] == [True, False, False]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("name = ", "own: not TOML"),
        ("[[person]]\nname = 'x'", r"own: unknown entry 'person'; expected \[\[speaker\]\]"),
        ("[[speaker]]\nalso = ['x']", "own: speaker 1: name is None"),
        ("[[speaker]]\nname = 'x'\nalso = 'y'", "own: speaker 1: also is 'y', expected a list"),
        (
            "[[speaker]]\nname = 'x'\nperson = 'no'",
            "own: speaker 1: person is 'no', expected true or false",
        ),
        ("[speaker]\nname = 'x'", "own: speaker is no list of tables"),
        ("[[rule]]\nfind = '('\nput = ''", r"own: rule 1: find = '\(' is no pattern"),
        ("[[rule]]\nfind = 'a'", "own: rule 1: fields are find; expected find"),
    ],
)
def test_a_faulty_table_is_refused_with_its_place(text: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        parse_table(text, "own")


def test_a_table_named_but_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANCE_ALIASES", "/nowhere/own.toml")
    with pytest.raises(ConfigError, match="no such file; STANCE_ALIASES names it"):
        load_aliases()
