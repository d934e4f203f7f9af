"""Which spellings of a name mean the same speaker, in one article and across many.

A name is compared by its *id*: small letters without accents, each word rewritten by the rules of
``aliases.toml``, then looked up among the listed speakers. Two names with one id are one
speaker's. What an article writes stays what it shows; the id is for joining.
"""

import functools
import os
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from stance.core.errors import ConfigError
from stance.core.paths import display_path, home

TABLE = "aliases.toml"
Listed = tuple[str, list[str], bool]
# Letters that have no accent to drop; ä, ö, ü lose theirs, and the rule for ae, oe, ue meets them
# there.
PLAIN = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ß": "ss",
        "æ": "a",
        "œ": "o",
        "ı": "i",
        "þ": "th",
        "ð": "d",
        "ʼ": "",
        "’": "",
        "'": "",
        "`": "",
    }
)
WORD = re.compile(r"[^\W_]+")
POSSESSIVE = re.compile(r"['’]s$")


class Aliases:
    """The rules of spelling, and the listed speakers with their other names.

    Parameters
    ----------
    rules
        Pairs (pattern, replacement), applied to each word in this order.
    speakers
        Triples (name, other names, a person); of two that claim one name the first keeps it.
    """

    def __init__(
        self, rules: Iterable[tuple[re.Pattern[str], str]], speakers: Iterable[Listed]
    ) -> None:
        self._rules = tuple(rules)
        self._spelled: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._persons: set[str] = set()
        for name, others, is_person in speakers:
            number = "-".join(_words(name))
            for spelling in (name, *others):
                self._ids.setdefault(self._spell(spelling), number)
            if number not in self._names:
                self._names[number] = name
                self._persons.update([number] if is_person else [])

    def word(self, word: str) -> str:
        """Return how one word of a name is compared.

        ``Zelenskiy`` and ``Zelenskyy`` come out alike.
        """
        spelled = self._spelled.get(word)
        if spelled is None:
            spelled = "".join(_words(word))
            for pattern, put in self._rules:
                spelled = pattern.sub(put, spelled)
            if len(self._spelled) < 50_000:
                self._spelled[word] = spelled
        return spelled

    def _spell(self, name: str) -> str:
        return "-".join(spelled for word in _words(name) if (spelled := self.word(word)))

    def id_of(self, name: str) -> str:
        """Return the id of a name, the same for all its spellings.

        Empty where the name has no letter or digit.
        """
        spelled = self._spell(name)
        return self._ids.get(spelled, spelled)

    def name_of(self, speaker_id: str) -> str | None:
        """Return the one name of a listed speaker; None where the id belongs to nobody listed."""
        return self._names.get(speaker_id)

    @property
    def n_speakers(self) -> int:
        """How many speakers are listed."""
        return len(self._names)

    def is_person(self, speaker_id: str) -> bool:
        """Tell whether an id is that of a listed person.

        False of a listed institution, and of whoever is not listed.
        """
        return speaker_id in self._persons


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", POSSESSIVE.sub("", name.lower()).translate(PLAIN))
    return WORD.findall("".join(char for char in plain if not unicodedata.combining(char)))


def own_table() -> Path:
    """Return where the user's own table may lie.

    STANCE_ALIASES, else labels/aliases.toml of the project.
    """
    given = os.environ.get("STANCE_ALIASES")
    return Path(given).expanduser() if given else home() / "labels" / TABLE


def load_aliases() -> Aliases:
    """Load the package's table and, before it, the user's own where there is one.

    Raises
    ------
    ConfigError
        If a table is damaged, or STANCE_ALIASES names no file.
    """
    path = own_table()
    if not path.is_file():
        if os.environ.get("STANCE_ALIASES"):
            raise ConfigError(
                f"{display_path(path)}: no such file; STANCE_ALIASES names it, expected a table "
                f"like labels/{TABLE}"
            )
        return _load(None, 0)
    return _load(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=4)
def _load(own: Path | None, _changed: int) -> Aliases:
    packaged = resources.files("stance.extraction.speakers").joinpath(TABLE)
    tables = [parse_table(packaged.read_text(encoding="utf-8"), TABLE)]
    if own is not None:
        try:
            tables.insert(0, parse_table(own.read_text(encoding="utf-8-sig"), display_path(own)))
        except (OSError, UnicodeDecodeError) as fault:
            raise ConfigError(
                f"{display_path(own)}: cannot be read ({fault}); expected UTF-8 text"
            ) from fault
    return Aliases(
        [rule for table in tables for rule in table[0]],
        [speaker for table in tables for speaker in table[1]],
    )


def parse_table(text: str, where: str) -> tuple[list[tuple[re.Pattern[str], str]], list[Listed]]:
    """Read a table of rules and speakers.

    Raises
    ------
    ConfigError
        If it is not TOML, an entry has the wrong fields, or a pattern is none.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ConfigError(
            f"{where}: not TOML ({fault}); see stance/extraction/speakers/{TABLE} for the form"
        ) from fault
    strange = sorted(set(table) - {"rule", "speaker"})
    if strange:
        raise ConfigError(
            f"{where}: unknown entry {strange[0]!r}; expected [[speaker]] with name and also, or "
            "[[rule]] with find and put"
        )
    rules = [
        _rule(row, f"{where}: rule {number}")
        for number, row in enumerate(_rows(table, "rule", where), 1)
    ]
    speakers = [
        _speaker(row, f"{where}: speaker {number}")
        for number, row in enumerate(_rows(table, "speaker", where), 1)
    ]
    return rules, speakers


def _rows(table: Mapping[str, Any], name: str, where: str) -> list[Mapping[str, Any]]:
    rows = table.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ConfigError(
            f"{where}: {name} is no list of tables; write [[{name}]] with two brackets"
        )
    return rows


def _rule(row: Mapping[str, Any], place: str) -> tuple[re.Pattern[str], str]:
    find, put = row.get("find"), row.get("put")
    if not isinstance(find, str) or not isinstance(put, str):
        raise ConfigError(
            f"{place}: fields are {', '.join(sorted(row))}; expected find (a pattern) and put "
            "(what replaces it), both text"
        )
    try:
        pattern = re.compile(find)
        pattern.sub(put, "")
    except (re.error, IndexError) as fault:
        raise ConfigError(
            f"{place}: find = {find!r} is no pattern ({fault}); see the re module of Python"
        ) from fault
    return pattern, put


def _speaker(row: Mapping[str, Any], place: str) -> Listed:
    name, also, is_person = row.get("name"), row.get("also", []), row.get("person", True)
    if not isinstance(name, str) or not _words(name):
        raise ConfigError(f"{place}: name is {name!r}, expected the speaker's one name")
    if not isinstance(also, list) or not all(isinstance(other, str) for other in also):
        raise ConfigError(f"{place}: also is {also!r}, expected a list of names")
    if not isinstance(is_person, bool):
        raise ConfigError(f"{place}: person is {is_person!r}, expected true or false")
    return name, also, is_person
