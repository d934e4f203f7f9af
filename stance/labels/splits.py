"""Which reports are for training, validation and test, and what each set is called."""

from pathlib import Path

from stance.core.errors import DataError, gather
from stance.core.files import read_toml
from stance.core.paths import display_path

SPLITS = ("train", "validation", "test")


def read_splits(path: Path) -> dict[str, str]:
    """Read which batch of reports belongs to which split: batch -> train, validation, test.

    Raises
    ------
    DataError
        If the file is not TOML, or holds anything else than a list of batches for each split.
    """
    found = read_toml(path)
    strange = [
        name
        for name, batches in found.items()
        if name not in SPLITS or not isinstance(batches, list)
    ]
    gather(
        [
            f"{display_path(path)}: {name} = {found[name]!r}; expected {' and '.join(SPLITS)}, "
            'each a list of batches like ["w01"]'
            for name in strange
        ],
        DataError,
    )
    return {str(batch): split for split, batches in found.items() for batch in batches}


# What each set is, and how it came to be measured; in the order in which they are shown.
SETS = {
    "cv": ("training reports", "cross-validated by report"),
    "validation": ("validation reports", "other authors"),
    "test": ("test reports", "other authors, kept apart"),
    "seeds": ("seed articles", "real news, not trained on"),
}
# The user's own labels, where they were kept out of training; in no table of the project, which
# could be published.
_OWN = ("your own articles", "not trained on")


def set_words(name: str) -> tuple[str, str]:
    """Return what people call a set and how it was measured.

    An unknown set is called by its own name.
    """
    return SETS.get(name, _OWN if name == "own" else (name, ""))
