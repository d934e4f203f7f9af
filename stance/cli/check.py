"""The verb check: it reads labels, seeds and experiments and lists all faults with their place."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer

from stance.core.errors import DataError, StanceError, gather
from stance.core.paths import display_path, home


def check_experiment(path: Path) -> str:
    """Read one experiment, benchmark or sweep file; its folder tells which of them it is.

    A ConfigError lists all faults of the file with their lines.
    """
    from stance.experiments.benchmarks.config import Benchmark
    from stance.experiments.config import read_experiment
    from stance.experiments.config_files import read_checked
    from stance.experiments.trials import read_sweep

    if path.resolve().parent.name == "benchmarks":
        return f"{display_path(path)}: {read_checked(path, Benchmark).question}"
    if path.resolve().parent.name == "sweeps":
        return f"{display_path(path)}: {read_sweep(path)[0].question}"
    return f"{display_path(path)}: {read_experiment(path).question}"


def check_aliases(_folder: Path) -> str:
    """Read the tables of spellings and names, the package's and the user's.

    Raises
    ------
    ConfigError
        If one is damaged.
    """
    from stance.extraction.speakers.aliases import load_aliases, own_table

    own = own_table()
    return f"aliases: {load_aliases().n_speakers} speakers" + (
        f", {display_path(own)} among them" if own.is_file() else ""
    )


def check_all(experiments: Iterable[Path]) -> list[str]:
    """Check everything and return one line per part.

    Raises
    ------
    StanceError
        With the faults of all parts.
    """
    from stance.labels.checks import (
        check_codebook,
        check_labels,
        check_leaks,
        check_seeds,
        check_speakers,
    )
    from stance.labels.contrasts import check_contrasts
    from stance.labels.near_copies import check_near_copies

    lines: list[str] = []
    faults: list[str] = []
    parts: list[tuple[Callable[[Path], str], Path]] = [
        (check_seeds, home() / "seeds"),
        (check_codebook, home() / "labels" / "codebook.toml"),
    ]
    checks = (check_labels, check_speakers, check_leaks, check_contrasts, check_near_copies)
    parts += [(check, home() / "labels") for check in (*checks, check_aliases)]
    parts += [(check_experiment, path) for path in experiments]
    for check, path in parts:
        try:
            lines.append(check(path))
        except StanceError as fault:
            faults.append(str(fault))
    # Several parts read the labels, and each of them reports a fault in these.
    gather(list(dict.fromkeys(faults)), DataError, shown=50)
    return lines


def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Experiment, benchmark or sweep files; by default all of them."),
    ] = None,
) -> None:
    """Check labels, seeds, experiments, benchmarks and sweeps.

    All faults are listed, each with its file and line.

    Example: stance check
    """
    for line in check_all(files or sorted((home() / "experiments").rglob("*.toml"))):
        typer.echo(line)
