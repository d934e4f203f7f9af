"""Read articles: .txt, .md, .html files and JSONL rows, each text kept as it came."""

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from stance.core.errors import DataError
from stance.core.files import read_jsonl, read_text
from stance.core.types import Article

SUFFIXES = (".txt", ".md", ".html", ".htm", ".jsonl")
MAX_CHARS = 10_000_000


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


def find_sources(given: Iterable[str]) -> list[str]:
    """Return the files to read.

    A folder stands for every article below it, in the order of their paths.

    Raises
    ------
    DataError
        If a folder holds no article.
    """
    files = []
    for source in given:
        folder = Path(source)
        if source == "-" or not folder.is_dir():
            files.append(source)
            continue
        inside = sorted(
            path
            for path in folder.rglob("*")
            if path.suffix.lower() in SUFFIXES and path.is_file() and not path.name.startswith(".")
        )
        if not inside:
            raise DataError(
                f"{source}: no article in this folder; expected files of the kinds "
                f"{', '.join(SUFFIXES)}"
            )
        files.extend(str(path) for path in inside)
    return files


def read_all(sources: Iterable[str], say: Callable[[str], None]) -> Iterator[Article]:
    """Yield the articles of all sources, files or folders.

    What is empty is told to ``say`` and comes all the same, without any quote.

    Raises
    ------
    DataError
        If a source cannot be read, or at the end if nothing but empty articles was there.
    """
    n_read = n_empty = 0
    for source in find_sources(sources):
        for article in read_articles(source):
            n_read += 1
            if not article.text.strip():
                n_empty += 1
                say(
                    f"{source}: "
                    + (
                        f"article {article.id}: empty text"
                        if source.endswith(".jsonl")
                        else "empty file"
                    )
                )
            yield article
    if n_read == n_empty:
        raise DataError(
            f"nothing to read: {_all_empty(n_empty) if n_empty else 'no article is in there'}; "
            "check the files"
        )


def _all_empty(n: int) -> str:
    return "the only article is empty" if n == 1 else f"all {n} articles are empty"


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
    if source == "-":
        text = _stdin()
        if text.lstrip().startswith("{"):
            # Not splitlines(): U+2028 and U+0085 may stand inside a JSON string.
            yield from _from_rows(text.split("\n"), "stdin")
        else:
            yield Article("stdin", _checked(text, "stdin"))
        return
    path = Path(source)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(
            f"{source}: unknown kind of file {suffix!r}; expected {', '.join(SUFFIXES)}"
        )
    if suffix == ".jsonl":
        yield from _from_rows(_lines(path), source)
        return
    text = read_text(path)
    if suffix in (".html", ".htm"):
        yield Article(path.stem, _checked(html_to_text(text, source), source))
    else:
        yield Article(path.stem, _checked(text, source))


def _lines(path: Path) -> Iterator[str]:
    """Yield a file's lines one by one.

    So that a file of many articles need not fit into memory.
    """
    try:
        with path.open("rb") as file:
            start = file.read(2)
            if start in (b"\xff\xfe", b"\xfe\xff"):
                yield from read_text(path).split("\n")
                return
            file.seek(0)
            for number, line in enumerate(file, 1):
                yield _decoded_line(line, f"{path}:{number}")
    except OSError as fault:
        raise DataError(f"{path}: cannot be read ({fault.strerror}); check the path") from fault


def _decoded_line(line: bytes, place: str) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise DataError(
            f"{place}: byte {fault.start} of the line is not UTF-8; save the file as UTF-8 (iconv "
            "-f CP1252 -t UTF-8)"
        ) from fault


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


def _from_rows(lines: Iterable[str], where: str) -> Iterator[Article]:
    for number, (place, row) in enumerate(read_jsonl(lines, where), 1):
        body = row.get("text")
        if not isinstance(body, str):
            raise DataError(
                f'{place}: text is {type(body).__name__}, expected {{"id": …, "text": "…"}}'
            )
        given = row.get("id")
        yield Article(
            str(number if given is None else given),
            _checked(body, place),
            title=row.get("title"),
            date=row.get("date"),
        )


def _checked(text: str, where: str) -> str:
    if len(text) > MAX_CHARS:
        raise DataError(
            f"{where}: {len(text)} characters, at most {MAX_CHARS} an article; split the file "
            "into articles"
        )
    return text
