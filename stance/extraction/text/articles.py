"""Read articles: .txt, .md, .html files and JSONL rows, each text kept as it came."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from stance.core.errors import DataError
from stance.core.files import json_object, read_text
from stance.core.formatting import counted
from stance.core.types import Article

SUFFIXES = (".txt", ".md", ".html", ".htm", ".jsonl")
MAX_CHARS = 10_000_000
MAX_HTML = 4 * MAX_CHARS
MAX_LINE = 16 * MAX_CHARS  # bytes; a character may take 12 of them


def html_to_text(html: str, where: str) -> str:
    """Return the main text of a page.

    Links, menus and scripts are left out (trafilatura decides what is main text).

    Raises
    ------
    DataError
        If there is no main text; ``where`` names the page.
    """
    import trafilatura

    text = trafilatura.extract(
        html, include_comments=False, include_tables=False, favor_recall=True
    )
    if not text:
        raise DataError(
            f"{where}: no main text found in this HTML; save the article's text as .txt"
        )
    return str(text)


# Parsers of HTML compare each attribute of a tag with the ones before it.
MOST_ATTRIBUTES = 300
_TAG_NAME = re.compile(r"<[A-Za-z][A-Za-z0-9:-]{0,40}")
_ATTRIBUTE = re.compile(r"""[\s/]*(?:[^\s/>=]+\s*(?:=\s*(?:"[^"]*"|'[^']*'|[^\s>]*))?|=[^\s>]*)""")
_BEFORE_ATTRIBUTE = re.compile(r"""[\s/"'=]+""")


def with_short_tags(html: str) -> str:
    """Return a page without the attributes of tags that have hundreds of them.

    Such tags hold data, not text, and a parser would take minutes for one of them.
    """
    # A tag ends at the next ">", or at the next one outside of quotation marks: parsers differ.
    for end_of in (_plain_end, _quoted_end):
        pieces: list[str] = []
        at = 0
        start = html.find("<")
        while start >= 0:
            end = start + 1
            if name := _TAG_NAME.match(html, start):
                end, n_attributes = end_of(html, name.end())
                if n_attributes > MOST_ATTRIBUTES:
                    pieces += [html[at:start], name[0]]
                    at = end
            start = html.find("<", end)
        html = "".join([*pieces, html[at:]])
    return html


def _plain_end(html: str, at: int) -> tuple[int, int]:
    end = html.find(">", at)
    end = len(html) if end < 0 else end
    if end - at <= MOST_ATTRIBUTES:
        return end, 0
    return end, len(_BEFORE_ATTRIBUTE.findall(html, at, end)) // 2


def _quoted_end(html: str, at: int) -> tuple[int, int]:
    n_attributes = 0
    while attribute := _ATTRIBUTE.match(html, at):
        at = attribute.end()
        n_attributes += 1
    return at, n_attributes


def page_metadata(html: str) -> dict[str, str]:
    """Return what a page says of its article: title, date (when it was published) and outlet."""
    from trafilatura.metadata import extract_metadata

    # Not searched for in the text: a day that it mentions need not be that of the article.
    found = extract_metadata(html, extensive=False)
    given = {"title": found.title, "date": found.date, "outlet": found.sitename}
    return {name: str(value) for name, value in given.items() if value}


def find_sources(given: Iterable[str]) -> list[str]:
    """Return the files to read.

    A folder stands for every article below it, in the order of their paths.

    Raises
    ------
    DataError
        If a file is not there or of an unknown kind, or a folder holds no article.
    """
    files = []
    for source in given:
        path = Path(source)
        if source == "-" or not path.is_dir():
            _check_source(source)
            files.append(source)
            continue
        inside = files_below(path, lambda name: Path(name).suffix.lower() in SUFFIXES)
        if not inside:
            raise DataError(
                f"{source}: no article in this folder; expected files of the kinds "
                f"{', '.join(SUFFIXES)}"
            )
        files.extend(inside)
    return files


def files_below(folder: Path, takes: Callable[[str], bool]) -> list[str]:
    """Return the files below a folder whose names are taken, in the order of their paths."""
    return [
        str(path)
        for path in sorted(folder.rglob("*"))
        if takes(path.name) and path.is_file() and path.name[0] != "."
    ]


def _check_source(source: str) -> None:
    """Refuse a file that is not there or of an unknown kind, before anything is read."""
    path = Path(source)
    if source != "-" and path.suffix.lower() not in SUFFIXES:
        raise DataError(
            f"{source}: unknown kind of file {path.suffix.lower()!r}; expected "
            f"{', '.join(SUFFIXES)}"
        )
    if source != "-" and not path.exists():
        raise DataError(f"{source}: cannot be read (No such file or directory); check the path")


def read_all(sources: Iterable[str], say: Callable[[str], None]) -> Iterator[Article]:
    """Yield the articles of all sources, files or folders.

    What is empty is told to ``say`` and comes all the same, without any quote. What cannot be
    read is told and left out, and the rest is read. Two articles with the same id are told too.

    Raises
    ------
    DataError
        If a source is not there, or at the end if nothing but empty articles could be read.
    """
    n_read = n_empty = n_faults = 0
    ids: set[str] = set()
    for source in find_sources(sources):
        for article in _each(source):
            if isinstance(article, DataError):
                say(f"left out: {article}")
                n_faults += 1
                continue
            n_read += 1
            if not article.text.strip():
                n_empty += 1
                say(f"{source}: {_empty(source, article)}")
            if article.id in ids:
                say(
                    f"{source}: article {article.id}: another one has this id too, so the ids of "
                    "their quotes are the same; rename the file, or give another id"
                )
            ids.add(article.id)
            yield article
    if n_faults and n_read:
        say(f"{counted(n_faults, 'article')} left out, {n_read} read")
    if n_read == n_empty:
        raise DataError(f"nothing to read: {_nothing(n_empty, n_faults)}; check the files")


def _empty(source: str, article: Article) -> str:
    return f"article {article.id}: empty text" if source.endswith(".jsonl") else "empty file"


def _nothing(n_empty: int, n_faults: int) -> str:
    if n_faults:
        return f"{counted(n_faults, 'article')} could not be read"
    if not n_empty:
        return "no article is in there"
    return "the only article is empty" if n_empty == 1 else f"all {n_empty} articles are empty"


def read_articles(source: str) -> Iterator[Article]:
    """Yield the articles of one file, or of standard input for ``-``.

    Parameters
    ----------
    source
        A .txt, .md, .html or .jsonl file; ``-`` reads JSONL rows ``{"id", "text"}`` or, failing
        that, one plain text.

    Raises
    ------
    DataError
        If the source cannot be read, is of an unknown kind, or a row has no text.
    """
    _check_source(source)
    for article in _each(source):
        if isinstance(article, DataError):
            raise article
        yield article


def _each(source: str) -> Iterator[Article | DataError]:
    """Yield the articles of one file, and in the place of each faulty one its fault."""
    try:
        if source == "-":
            text = _stdin()
            if text.lstrip().startswith("{"):
                # Not splitlines(): U+2028 and U+0085 may stand inside a JSON string.
                yield from _from_rows(text.split("\n"), "stdin")
            else:
                yield Article("stdin", _checked(text, "stdin"))
        elif Path(source).suffix.lower() == ".jsonl":
            yield from _from_rows(_lines(Path(source)), source)
        else:
            yield _of_file(Path(source), source)
    except DataError as fault:
        yield fault


def _of_file(path: Path, source: str) -> Article:
    text = read_text(path)
    if path.suffix.lower() in (".html", ".htm"):
        if len(text) > MAX_HTML:
            raise DataError(
                f"{source}: {len(text)} characters, at most {MAX_HTML} a page; save the article's "
                "text as .txt"
            )
        page = with_short_tags(text)
        known = page_metadata(page)
        return Article(
            path.stem,
            _checked(html_to_text(page, source), source),
            title=known.get("title"),
            date=known.get("date"),
            outlet=known.get("outlet"),
        )
    return Article(path.stem, _checked(text, source))


def _lines(path: Path) -> Iterator[str | DataError]:
    """Yield a file's lines one by one, and in the place of one that cannot be read its fault.

    So that a file of many articles need not fit into memory.
    """
    try:
        with path.open("rb") as file:
            start = file.read(2)
            if start in (b"\xff\xfe", b"\xfe\xff"):
                yield from read_text(path).split("\n")
                return
            file.seek(0)
            number = 0
            while line := file.readline(MAX_LINE):
                number += 1
                yield _decoded_line(line, f"{path}:{number}")
                while len(line) == MAX_LINE and not line.endswith(b"\n"):
                    line = file.readline(MAX_LINE)
    except OSError as fault:
        raise DataError(f"{path}: cannot be read ({fault.strerror}); check the path") from fault


def _decoded_line(line: bytes, place: str) -> str | DataError:
    if len(line) == MAX_LINE:
        return DataError(f"{place}: a line of more than {MAX_LINE} bytes; give an article a line")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as fault:
        return DataError(
            f"{place}: byte {fault.start} of the line is not UTF-8; save the file as UTF-8 (iconv "
            "-f CP1252 -t UTF-8)"
        )


def count_articles(sources: Iterable[str]) -> int | None:
    """Return how many articles the sources hold, without reading them as such.

    None where standard input is among them.
    """
    n_articles = 0
    for source in sources:
        if source == "-":
            return None
        path = Path(source)
        if path.suffix.lower() == ".jsonl" and path.is_file():
            with path.open("rb") as file:
                n_articles += sum(not line.isspace() for line in file)
        else:
            n_articles += 1
    return n_articles


def _stdin() -> str:
    data = sys.stdin.buffer.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise DataError(
            f"stdin: byte {fault.start} is not UTF-8; convert it first (iconv -t UTF-8)"
        ) from fault


def _from_rows(lines: Iterable[str | DataError], where: str) -> Iterator[Article | DataError]:
    number = 0
    for at, line in enumerate(lines, 1):
        if isinstance(line, str) and not line.strip():
            continue
        number += 1
        try:
            if isinstance(line, DataError):
                raise line
            yield _of_row(json_object(line, f"{where}:{at}"), f"{where}:{at}", number)
        except DataError as fault:
            yield fault


def _of_row(row: dict[str, Any], place: str, number: int) -> Article:
    body = row.get("text")
    if not isinstance(body, str):
        raise DataError(
            f'{place}: text is {type(body).__name__}, expected {{"id": …, "text": "…"}}'
        )
    given = row.get("id")
    return Article(
        str(number if given is None else given),
        _checked(body, place),
        title=row.get("title"),
        date=row.get("date") or row.get("published"),
        outlet=row.get("outlet"),
    )


def _checked(text: str, where: str) -> str:
    if len(text) > MAX_CHARS:
        raise DataError(
            f"{where}: {len(text)} characters, at most {MAX_CHARS} an article; split the file "
            "into articles"
        )
    return text
