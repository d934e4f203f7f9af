"""One command that checks labels, seeds and experiments, all faults with their place."""

import hashlib
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

from stance.config import read_experiment
from stance.errors import ConfigError, DataError, StanceError, gather
from stance.home import home, shown
from stance.labels import read_labels
from stance.records import COARSE, STANCES, VALUES


def check_seeds(folder: Path) -> str:
    """Compare the seed articles with their index.

    Raises
    ------
    DataError
        If a file is missing, changed or not in the index.
    """
    index = tomllib.loads((folder / "index.toml").read_text(encoding="utf-8"))
    faults = []
    for name, entry in index.items():
        path = folder / f"{name}.txt"
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"
        if found != entry["sha256"]:
            faults.append(f"{shown(path)}: checksum {found[:12]}…, the index says {entry['sha256'][:12]}…; restore the file, byte for byte")
    faults += [f"{shown(path)}: is not in {shown(folder / 'index.toml')}; add it" for path in sorted(folder.glob("*.txt")) if path.stem not in index]
    gather(faults, DataError)
    return f"seeds: {len(index)} articles, checksums right"


def check_codebook(path: Path) -> str:
    """Compare the codebook's labels, their order, coarse names and values with what the code computes.

    Raises
    ------
    ConfigError
        If they differ.
    """
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["stances"]
    found = [(entry["name"], entry["coarse"], entry["value"]) for entry in entries]
    expected = [(stance, COARSE[stance], VALUES[stance]) for stance in STANCES]
    gather([f"{shown(path)}: stances are {found}, expected {expected}"] if found != expected else [], ConfigError)
    return f"codebook: {len(found)} stances"


def check_labels(folder: Path) -> str:
    """Read every report, quote and judgment; each has its words, an annotator and a label.

    Raises
    ------
    DataError
        With all faults.
    """
    reports, labels = read_labels(folder)
    n_quotes = sum(len(quotes) for _, quotes in reports)
    origins = {article.origin for article, _ in reports}
    gather([f"labels: origin {origin!r}, expected synthetic or news" for origin in sorted(map(str, origins - {"synthetic", "news"}))], DataError)
    return f"labels: {len(reports)} articles, {n_quotes} quotes, {len(labels)} labels"


def check_experiment(path: Path) -> str:
    """Read one experiment file; ConfigError with all its faults."""
    return f"{shown(path)}: {read_experiment(path).question}"


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
    parts += [(check_labels, home() / "labels"), *((check_experiment, path) for path in experiments)]
    for check, path in parts:
        try:
            lines.append(check(path))
        except StanceError as fault:
            faults.append(str(fault))
    gather(faults, DataError, shown=50)
    return lines
