"""One command that checks labels, seeds and experiments, all faults with their place."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from stance import completeness
from stance.aliases import load_aliases, own_table
from stance.benchmark import Benchmark
from stance.config import read_checked, read_experiment
from stance.dataset import read_splits
from stance.errors import ConfigError, DataError, StanceError, gather
from stance.files import read_text, read_toml
from stance.home import home, sha256, shown
from stance.labels import read_labels
from stance.records import COARSE, STANCES, VALUES, counted
from stance.trials import read_sweep


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
            faults.append(f"{shown(path)}: checksum {found[:12]}…, the index says {expected[:12]}…; restore the file, byte for byte")
    faults += [f"{shown(path)}: is not in {shown(folder / 'index.toml')}; add it" for path in sorted(folder.glob("*.txt")) if path.stem not in index]
    gather(faults, DataError)
    return f"seeds: {counted(len(index), 'article')}, checksums right"


def check_codebook(path: Path) -> str:
    """Compare the codebook's labels, their order, coarse names and values with what the code computes.

    Raises
    ------
    ConfigError
        If they differ.
    """
    entries = read_toml(path).get("stances", [])
    found = [tuple(entry.get(key) for key in ("name", "coarse", "value")) for entry in entries]
    expected = [(stance, COARSE[stance], VALUES[stance]) for stance in STANCES]
    gather([f"{shown(path)}: stances are {found}, expected {expected}"] if found != expected else [], ConfigError)
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
    faults = [f"labels: {article.id}: origin {article.origin!r}, expected one of {', '.join(known)}" for article, _ in reports if article.origin not in known]
    faults += [f"labels: {article}: the same text stands under another id; remove one" for article in completeness.repeated(reports)]
    for article, quotes in reports:
        if article.origin == "own":
            continue  # its quotes are those that the program found: what it missed is no fault of the labels
        faults += [
            f"labels: {article.id}: {words[:60]!r} stands in quotation marks outside every quote; mark it, or list it in not_quotes"
            for words in completeness.unmarked(article, quotes, article.not_quotes)
        ]
        faults += [
            f"labels: {first} and {second} are one quotation interrupted by its attribution; make them one quote with two spans"
            for first, second in completeness.split_statements(article, quotes)
        ]
        faults += [f"labels: {first} and {second} overlap; one statement has one attribution" for first, second in completeness.overlapping(quotes)]
    gather(faults, DataError)
    return f"labels: {counted(len(reports), 'article')}, {counted(n_quotes, 'quote')}, {counted(len(labels), 'label')}"


def check_speakers(folder: Path) -> str:
    """Look for real persons who speak in invented reports.

    Raises
    ------
    DataError
        With every such quote.
    """
    persons = [line for line in read_text(folder / "real_persons.txt").splitlines() if line.strip() and not line.startswith("#")]
    reports, _ = read_labels(folder)
    found = completeness.real_speakers(reports, persons)
    gather([f"labels: {quote}: {speaker} is a real person; give the words to an invented one or to a role" for quote, speaker in found], DataError)
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
    splits = {article.id: batches[batch] for article, _ in reports if article.origin != "own" and (batch := article.id.split("_")[0]) in batches}
    faults = [
        f"labels: {first} ({splits[first]}) and {second} ({splits[second]}) share the words {run!r}; keep both in one split"
        for first, second, run in completeness.copies(reports, splits)
    ]
    plots = completeness.same_plots(reports, splits)
    faults += [
        f"labels: {first} ({splits[first]}) and {second} ({splits[second]}) tell alike (cosine {value:.2f}); keep both in one split"
        for first, second, value in plots
    ]
    gather(faults, DataError)
    counts = Counter(splits.values())
    return (
        "splits: "
        + ", ".join(f"{counts[name]} {name}" for name in ("train", "validation", "test"))
        + f" reports, no run of {completeness.RUN_WORDS} words in two of them"
    )


def check_experiment(path: Path) -> str:
    """Read one experiment file, benchmark or sweep, as the folder it lies in says; ConfigError with all its faults and their lines."""
    if path.resolve().parent.name == "benchmarks":
        return f"{shown(path)}: {read_checked(path, Benchmark).question}"
    if path.resolve().parent.name == "sweeps":
        return f"{shown(path)}: {read_sweep(path)[0].question}"
    return f"{shown(path)}: {read_experiment(path).question}"


def check_aliases(_folder: Path) -> str:
    """Read the tables of spellings and names, the package's and the user's.

    Raises
    ------
    ConfigError
        If one is damaged.
    """
    own = own_table()
    return f"aliases: {load_aliases().n_speakers} speakers" + (f", {shown(own)} among them" if own.is_file() else "")


def check_all(experiments: Iterable[Path]) -> list[str]:
    """Check everything and return a line a part.

    Raises
    ------
    StanceError
        With the faults of all parts.
    """
    lines: list[str] = []
    faults: list[str] = []
    parts: list[tuple[Callable[[Path], str], Path]] = [(check_seeds, home() / "seeds"), (check_codebook, home() / "labels" / "codebook.toml")]
    parts += [(check, home() / "labels") for check in (check_labels, check_speakers, check_leaks, check_aliases)]
    parts += [(check_experiment, path) for path in experiments]
    for check, path in parts:
        try:
            lines.append(check(path))
        except StanceError as fault:
            faults.append(str(fault))
    # Several parts read the labels: a fault in these is told by each of them.
    gather(list(dict.fromkeys(faults)), DataError, shown=50)
    return lines
