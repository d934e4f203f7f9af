"""How much do own labels teach? A curve over the number of labels.

The released model's head is fitted anew to 10, 20, 50, 100 and 200 labels drawn from other
articles than those that it is measured on. Two curves are printed. One has the labels as they
are. In the other every skeptical label counts as oppose, as if the user labelled by another rule:
it shows how soon the model follows.

Call: python benchmarks/own_labels.py ARTICLES.jsonl [PULL …]. The file has labelled articles of
yours as labels/seeds.jsonl has them, with the fields stance and on_target in each quote. The seed
articles are learned from beside them, and never measured.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from stance.core.files import read_rows
from stance.core.paths import home
from stance.evaluation.scores import confusion_by_article, macro_f1
from stance.labels.dataset import load_table
from stance.training.classifiers import build_pipeline

SIZES, FOLDS, DRAWS = (10, 20, 50, 100, 200), 8, 4


def own_table(path: Path) -> pd.DataFrame:
    """Return the quotes of labelled articles."""
    return pd.DataFrame(
        [
            {
                "article": row["id"],
                "text": quote["text"],
                "cue": quote.get("cue") or "",
                "stance": quote["stance"],
                "on_target": quote["on_target"],
            }
            for _, row in read_rows(path)
            for quote in row["quotes"]
        ]
    )


def fitted(table: pd.DataFrame, pull: float) -> object:
    """Return the released model with its head fitted to the table."""
    classifier = {"kind": "head", "model": "standard", "pull": pull}
    member = {"features": {"kind": "rows"}, "classifier": classifier, "weight": 1.0}
    return build_pipeline([member], neutral_in_two=True).fit(table, table["stance"])


def f1(table: pd.DataFrame, answers: list[str]) -> float:
    """Return the macro-F1 of answers to the quotes of a table."""
    tables = confusion_by_article(list(table["stance"]), answers, list(table["article"]))
    return float(macro_f1(tables.sum(axis=0)))


def curve(own: pd.DataFrame, more: pd.DataFrame, pull: float, seed: int) -> dict[int, float]:
    """Return the macro-F1 by number of labels, each quote answered by a model without its article.

    ``more`` is learned from beside the other articles.
    """
    rng = np.random.default_rng(seed)
    articles = rng.permutation(sorted(own["article"].unique()))
    answers = {size: np.empty(len(own), dtype=object) for size in SIZES}
    for fold in range(FOLDS):
        out = own["article"].isin(set(articles[fold::FOLDS])).to_numpy()
        pool = pd.concat([own[~out], more], ignore_index=True)
        pool = pool.iloc[rng.permutation(len(pool))]
        for size in SIZES:
            answers[size][out] = fitted(pool.head(size), pull).predict(own[out])
    return {size: f1(own, list(answers[size])) for size in SIZES}


def main(path: Path, pulls: list[float]) -> None:
    """Print both curves for each pull."""
    own = own_table(path)
    seeds = load_table(home() / "labels").query("split == 'seeds'")
    seeds = seeds[list(own.columns)].fillna({"cue": ""})
    for rule, other in (("as labelled", {}), ("skeptical as oppose", {"skeptical": "oppose"})):
        tables = [part.assign(stance=part["stance"].replace(other)) for part in (own, seeds)]
        before = fitted(tables[0].head(1), 1e12).predict(tables[0])
        print(f"{rule}: without own labels {f1(tables[0], list(before)):.3f}")
        for pull in pulls:
            draws = [curve(*tables, pull, seed) for seed in range(DRAWS)]
            steps = (f"{n}: {np.mean([one[n] for one in draws]):.3f}" for n in SIZES)
            print(f"  pull {pull:g}   {'   '.join(steps)}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [float(word) for word in sys.argv[2:]] or [10.0])
