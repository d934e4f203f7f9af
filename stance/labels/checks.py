"""The checks that labelled reports must pass.

They look at the form, at quotes that nobody marked, at copies across splits, and at real persons
who speak in invented reports.
"""

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from stance.core.errors import ConfigError, DataError, gather
from stance.core.files import read_text, read_toml, sha256
from stance.core.formatting import counted
from stance.core.paths import display_path
from stance.core.types import COARSE, STANCES, VALUES, Article, Quote
from stance.labels.consensus import read_labels
from stance.labels.labelled_articles import Labelled
from stance.labels.splits import read_splits

# A run of so many words in two reports of different splits is no chance: the longest chance run in
# 366 reports is 11.
RUN_WORDS = 12
_QUOTED = re.compile(r"[“\"«]([^“”\"«»\n]+)[”\"»]")


def unmarked(article: Article, quotes: Sequence[Quote], known: Sequence[str]) -> list[str]:
    """Return the words in quotation marks that lie outside every quote and are not ``known``.

    Known are words that a reader found to be no quote: names, titles, scare quotes.
    """
    covered = bytearray(len(article.text))
    for quote in quotes:
        for start, end in quote.spans:
            covered[start:end] = b"\1" * (end - start)
    found = [
        match
        for match in _QUOTED.finditer(article.text)
        if not any(covered[match.start(1) : match.end(1)])
    ]
    listed = {one.strip(" ,.") for one in known}
    return [match[1] for match in found if match[1].strip(" ,.") not in listed]


def overlapping(quotes: Sequence[Quote]) -> list[tuple[str, str]]:
    """Return the pairs of quotes that overlap without one being the other's parent."""
    spans = sorted((span, quote) for quote in quotes for span in quote.spans)
    pairs = []
    for (first, one), (second, other) in itertools.pairwise(spans):
        if (
            second[0] < first[1]
            and one.id not in (other.id, other.parent)
            and other.id != one.parent
        ):
            pairs.append((one.id, other.id))
    return pairs


def split_statements(article: Article, quotes: Sequence[Quote]) -> list[tuple[str, str]]:
    """Return the pairs of quotes that are one quotation interrupted only by its attribution.

    They should be one quote with two spans.
    """
    ordered = sorted(
        (quote for quote in quotes if quote.form == "direct"), key=lambda quote: quote.spans
    )
    pairs = []
    for one, other in itertools.pairwise(ordered):
        end, start = one.spans[-1][1], other.spans[0][0]
        same_paragraph = "\n" not in article.text[end:start]
        shared = (
            one.cue_span is not None
            and other.cue_span == one.cue_span
            and end <= one.cue_span[0] < start
        )
        if same_paragraph and shared and one.speaker == other.speaker:
            pairs.append((one.id, other.id))
    return pairs


def runs_of(text: str, n_words: int = RUN_WORDS) -> set[tuple[str, ...]]:
    """Return the runs of so many words, letters and digits only, lower-cased."""
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[k : k + n_words]) for k in range(len(words) - n_words + 1)}


def copies(reports: Sequence[Labelled], splits: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return pairs of articles of different splits and a run of `RUN_WORDS` words in both.

    ``splits`` maps article ids to splits; articles that it does not name are left out.
    """
    where: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for article, _ in reports:
        if article.id in splits:
            for run in runs_of(article.text):
                where[run].add(article.id)
    found: dict[tuple[str, str], str] = {}
    for run, ids in where.items():
        for first, second in itertools.combinations(sorted(ids), 2):
            if splits[first] != splits[second]:
                found.setdefault((first, second), " ".join(run))
    return [(first, second, run) for (first, second), run in sorted(found.items())]


def same_plots(
    reports: Sequence[Labelled], splits: Mapping[str, str], threshold: float = 0.5
) -> list[tuple[str, str, float]]:
    """Return pairs of articles of different splits whose words are alike.

    They are alike where the cosine of their TF-IDF vectors is at least ``threshold``. Two reports
    by different authors on one real event reach .38; a report rewritten with other names about .6.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    articles = [article for article, _ in reports if article.id in splits]
    if len(articles) < 2:
        return []
    vectors = TfidfVectorizer(
        sublinear_tf=True, min_df=2 if len(articles) > 20 else 1
    ).fit_transform([article.text for article in articles])
    alike = (vectors @ vectors.T).tocoo()
    pairs = zip(alike.row.tolist(), alike.col.tolist(), alike.data.tolist(), strict=True)
    found = [
        (articles[i].id, articles[j].id, value)
        for i, j, value in pairs
        if i < j and value >= threshold
    ]
    return [
        (first, second, value) for first, second, value in found if splits[first] != splits[second]
    ]


def real_speakers(reports: Sequence[Labelled], persons: Sequence[str]) -> list[tuple[str, str]]:
    """Return (quote id, speaker) where a synthetic report lets a real person speak."""
    names = {_fold(person) for person in persons}
    return [
        (quote.id, quote.speaker)
        for article, quotes in reports
        if article.origin == "synthetic"
        for quote in quotes
        if quote.speaker and _fold(quote.speaker) in names
    ]


def _fold(name: str) -> str:
    return " ".join(re.findall(r"\w+", name.lower()))


def repeated(reports: Sequence[Labelled]) -> list[str]:
    """Return the ids of articles whose text stands under another id already."""
    first = Counter[str]()
    out = []
    for article, _ in reports:
        key = " ".join(article.text.split())
        if first[key]:
            out.append(article.id)
        first[key] += 1
    return out


def check_seeds(folder: Path) -> str:
    """Compare the seed articles with their index.

    Raises
    ------
    DataError
        If a file is missing, changed or not in the index.
    """
    index = read_toml(folder / "index.toml")
    faults = []
    for name, entry in index.items():
        path = folder / f"{name}.txt"
        found = sha256(path) if path.is_file() else "no file"
        expected = str(entry.get("sha256", "none")) if isinstance(entry, dict) else "none"
        if found != expected:
            faults.append(
                f"{display_path(path)}: checksum {found[:12]}…, the index says {expected[:12]}…; "
                "restore the file, byte for byte"
            )
    faults += [
        f"{display_path(path)}: is not in {display_path(folder / 'index.toml')}; add it"
        for path in sorted(folder.glob("*.txt"))
        if path.stem not in index
    ]
    gather(faults, DataError)
    return f"seeds: {counted(len(index), 'article')}, checksums right"


def check_codebook(path: Path) -> str:
    """Compare the codebook's labels, their order, coarse names and values with those of the code.

    Raises
    ------
    ConfigError
        If they differ.
    """
    entries = read_toml(path).get("stances", [])
    found = [tuple(entry.get(key) for key in ("name", "coarse", "value")) for entry in entries]
    expected = [(stance, COARSE[stance], VALUES[stance]) for stance in STANCES]
    gather(
        [f"{display_path(path)}: stances are {found}, expected {expected}"]
        if found != expected
        else [],
        ConfigError,
    )
    return f"codebook: {len(found)} stances"


def check_labels(folder: Path) -> str:
    """Read every report, quote and judgment: each has its words, an annotator and a label.

    Raises
    ------
    DataError
        With all faults.
    """
    reports, labels = read_labels(folder)
    n_quotes = sum(len(quotes) for _, quotes in reports)
    known = ("synthetic", "news", "own")
    faults = [
        f"labels: {article.id}: origin {article.origin!r}, expected one of {', '.join(known)}"
        for article, _ in reports
        if article.origin not in known
    ]
    faults += [
        f"labels: {article}: the same text stands under another id; remove one"
        for article in repeated(reports)
    ]
    for article, quotes in reports:
        if article.origin == "own":
            # its quotes are those that the program found: what it missed is no fault of the labels
            continue
        faults += [
            f"labels: {article.id}: {words[:60]!r} stands in quotation marks outside every quote; "
            "mark it, or list it in not_quotes"
            for words in unmarked(article, quotes, article.not_quotes)
        ]
        faults += [
            f"labels: {first} and {second} are one quotation interrupted by its attribution; make "
            "them one quote with two spans"
            for first, second in split_statements(article, quotes)
        ]
        faults += [
            f"labels: {first} and {second} overlap; one statement has one attribution"
            for first, second in overlapping(quotes)
        ]
    gather(faults, DataError)
    return (
        f"labels: {counted(len(reports), 'article')}, {counted(n_quotes, 'quote')}, "
        f"{counted(len(labels), 'label')}"
    )


def check_speakers(folder: Path) -> str:
    """Look for real persons who speak in invented reports.

    Raises
    ------
    DataError
        With every such quote.
    """
    persons = [
        line
        for line in read_text(folder / "real_persons.txt").splitlines()
        if line.strip() and not line.startswith("#")
    ]
    reports, _ = read_labels(folder)
    found = real_speakers(reports, persons)
    gather(
        [
            f"labels: {quote}: {speaker} is a real person; give the words to an invented one or "
            "to a role"
            for quote, speaker in found
        ],
        DataError,
    )
    return f"speakers: none of {len(persons)} real persons speaks in an invented report"


def check_leaks(folder: Path) -> str:
    """Look for copied sentences and reused plots across splits.

    Raises
    ------
    DataError
        With every pair of reports that should stand in one split.
    """
    reports, _ = read_labels(folder)
    batches = read_splits(folder / "splits.toml")
    splits = {
        article.id: batches[batch]
        for article, _ in reports
        if article.origin != "own" and (batch := article.id.split("_")[0]) in batches
    }
    faults = [
        f"labels: {first} ({splits[first]}) and {second} ({splits[second]}) share the words "
        f"{run!r}; keep both in one split"
        for first, second, run in copies(reports, splits)
    ]
    plots = same_plots(reports, splits)
    faults += [
        f"labels: {first} ({splits[first]}) and {second} ({splits[second]}) tell alike (cosine "
        f"{value:.2f}); keep both in one split"
        for first, second, value in plots
    ]
    gather(faults, DataError)
    counts = Counter(splits.values())
    return (
        "splits: "
        + ", ".join(f"{counts[name]} {name}" for name in ("train", "validation", "test"))
        + f" reports, no run of {RUN_WORDS} words in two of them"
    )
