"""What training costs next to a plain scikit-learn script that does the same fits.

Rows, folds, classes, features and C are the same. Run it by `make bench`.
"""

import argparse
import contextlib
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from stance.core.paths import home
from stance.experiments.config import Experiment, read_experiment
from stance.experiments.cross_validation import train, training_table
from stance.features.lexicon import frame_terms, masked_terms
from stance.features.row_text import view_of
from stance.features.sentence_encoder import encode_cached
from stance.labels.dataset import load_sets

Terms = Callable[[Any], list[str]]


def silent(line: str) -> None:
    """Take a line of progress and say nothing."""


def plain_script(experiment: Experiment, table: pd.DataFrame, own_terms: Sequence[Terms]) -> float:
    """Cross-validate and fit the soft vote in plain scikit-learn; return the accuracy.

    The members are n-grams and sentence vectors, as in the project's own experiment.
    """
    rows = table.to_dict("records")
    texts = [view_of(row, "cue+text") for row in rows]
    labels = table["stance"].to_numpy(dtype=object)
    if experiment.neutral_in_two:
        labels = np.where(
            (labels == "neutral") & ~table["on_target"].to_numpy(dtype=bool), "off", labels
        )
    vectors = encode_cached(texts, "minilm")
    everything = np.arange(len(table))
    folds = StratifiedGroupKFold(
        experiment.data.folds, shuffle=True, random_state=experiment.seed
    ).split(table, table["stance"], table["article"])
    right = 0
    for learned, left_out in [*folds, (everything, everything[:0])]:
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        chars = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2, sublinear_tf=True)
        blocks = [
            (words, texts),
            (chars, texts),
            *(
                (TfidfVectorizer(analyzer=terms, min_df=2, sublinear_tf=True), rows)
                for terms in own_terms
            ),
        ]
        X = hstack(
            [
                vectorizer.fit_transform([documents[k] for k in learned])
                for vectorizer, documents in blocks
            ]
        ).tocsr()
        wording = LogisticRegression(C=5.0, max_iter=2000).fit(X, labels[learned])
        meaning = LogisticRegression(C=5.0, max_iter=2000).fit(vectors[learned], labels[learned])
        if len(left_out):
            asked = hstack(
                [
                    vectorizer.transform([documents[k] for k in left_out])
                    for vectorizer, documents in blocks
                ]
            ).tocsr()
            vote = 0.6 * wording.predict_proba(asked) + 0.4 * meaning.predict_proba(
                vectors[left_out]
            )
            right += int((wording.classes_[vote.argmax(axis=1)] == labels[left_out]).sum())
    return right / len(table)


def seconds(work: Callable[[], Any]) -> float:
    """Return the seconds of a piece of work."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=3, help="repetitions")
    given = parser.parse_args()
    experiment = read_experiment(home() / "experiments" / "default.toml")
    sets = {name: part for name, part in load_sets().items() if name in experiment.data.train}
    table = training_table(experiment, sets)
    encode_cached(
        [view_of(row, "cue+text") for row in table.to_dict("records")], "minilm"
    )  # both find the vectors in the cache
    names = ("numpy", "scipy", "scikit-learn")
    print(
        f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in names)
        + f"; {os.cpu_count()} processors, one thread"
    )
    print(
        f"{experiment.name}: {len(table)} quotes in {table['article'].nunique()} reports, "
        f"{experiment.data.folds} folds and all; medians of {given.n} rounds"
    )
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        rounds = [
            (
                seconds(lambda: train(experiment, sets, silent)),
                seconds(lambda: plain_script(experiment, table, (masked_terms, frame_terms))),
                seconds(lambda: plain_script(experiment, table, ())),
            )
            for _ in range(given.n)
        ]
    ours, same, less = (statistics.median(one) for one in zip(*rounds, strict=True))
    print(f"{'what':46s} {'ratio':>8s}   {'target':14s} measured")
    print(
        f"{'training / a plain script with the same fits':46s} {ours / same:8.2f}   "
        f"{'<= 1.2 (1.0)':14s} {ours:.1f} s / {same:.1f} s"
    )
    print(
        f"{'  / one without frames and masked n-grams':46s} {ours / less:8.2f}   {'':14s} "
        f"{ours:.1f} s / {less:.1f} s"
    )


if __name__ == "__main__":
    main()
