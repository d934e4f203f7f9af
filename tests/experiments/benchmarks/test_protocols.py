import csv
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from shell import cli

from stance.core.errors import ConfigError, DataError
from stance.evaluation.scores import class_f1, confusion_by_article
from stance.experiments.benchmarks import pair_features, protocols, scores
from stance.experiments.benchmarks.config import Benchmark
from stance.experiments.benchmarks.corpora import COARSE_STANCES, COLUMNS
from stance.experiments.config_files import read_checked
from stance.tracking import store

# Invented sentences: no corpus is part of the project.
SAID = {
    "favor": "We gladly welcome {} and applaud it",
    "against": "We firmly reject {} and resist it",
    "none": "The weather was mild near {} and nobody came",
}
MEMBER = {
    "name": "ngrams",
    "blocks": ["words", "target"],
    "min_df": 1,
}


def rows(corpus, n=12, targets=("ferry tolls", "night trams")):
    held = "dev" if corpus == "vast" else "test"
    out = []
    for split in ("train", held):
        for target in targets:
            out += [
                (
                    f"{split}-{target}-{stance}-{k}",
                    f"{SAID[stance].format(target)}, {split} {k}.",
                    target,
                    stance,
                    split,
                    stance,
                    "few" if k % 2 else "zero",
                )
                for stance in COARSE_STANCES
                for k in range(n)
            ]
    return out


def write(path, corpus, **options):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows(corpus, **options))
    return path


def config(corpus, *members, **options):
    given = {
        "name": "small",
        "question": "Does it run from end to end?",
        "corpus": corpus,
        "folds": 3,
        "repeats": 2,
        "member": list(members) or [MEMBER],
    }
    return Benchmark.model_validate(given | options)


def table(corpus, **options):
    found = pd.DataFrame(rows(corpus, **options), columns=COLUMNS).rename(columns={"id": "quote"})
    return found.assign(article=found["quote"])


def silent(_):
    pass


@pytest.mark.parametrize("corpus", ["semeval2016", "desmog", "vast"])
def test_a_plain_corpus_is_learned_and_every_score_stands_beside_the_majority(corpus):
    figures, answers = protocols.measure(
        config(corpus, none_factors=[0.8, 1.0]), table(corpus), silent
    )
    assert all(one.low <= one.value <= one.high for one in figures)
    assert all(one.value > one.majority for one in figures)
    assert "text" not in answers.columns
    places = {one.where for one in figures}
    expected = {"semeval2016": "test: night trams", "desmog": "2 x 5 folds", "vast": "dev: zero"}
    assert {expected[corpus], "train, cross-validated"} <= places


def test_no_row_measured_is_learned_from(monkeypatch):
    seen = []
    real = protocols.fit_and_answer

    def watch(given, learned, asked):
        seen.append((set(learned["split"]), set(learned["quote"]) & set(asked["quote"])))
        return real(given, learned, asked)

    monkeypatch.setattr(protocols, "fit_and_answer", watch)
    protocols.measure(config("vast", none_factors=[0.8, 1.0]), table("vast"), silent)
    assert len(seen) == 4  # three folds that choose the factor, then dev
    assert all(learned == {"train"} and not both for learned, both in seen)


def test_rows_on_one_text_stay_in_one_fold(monkeypatch):
    twice = table("vast").assign(
        article=lambda found: found["quote"].str.split("-").str[::3].str.join("-")
    )
    monkeypatch.setattr(protocols, "build_member", lambda *_: Spy())
    protocols.out_of_fold(config("vast"), twice, 3, 13)


class Spy:
    classes_ = np.array(sorted(COARSE_STANCES))

    def fit(self, X, _y):
        self.articles = set(X["article"])
        return self

    def predict_proba(self, X):
        assert not self.articles & set(X["article"])
        return np.full((len(X), 3), 1 / 3)


def test_f_avg_and_macro_f1_of_a_table_counted_by_hand():
    counted = np.array([[6, 2, 2], [1, 8, 1], [3, 0, 7]])  # rows: truth
    favor, against, none = 2 * 6 / (10 + 10), 2 * 8 / (10 + 10), 2 * 7 / (10 + 10)
    assert math.isclose(scores.SCORES["F_avg"](counted), (favor + against) / 2)
    assert math.isclose(scores.SCORES["macro-F1"](counted), (favor + against + none) / 3)
    assert math.isclose(scores.SCORES["F1 pro"](counted), favor)


@given(
    st.lists(
        st.tuples(st.sampled_from(COARSE_STANCES), st.sampled_from(COARSE_STANCES)),
        min_size=5,
        max_size=40,
    )
)
def test_scores_are_those_of_scikit_learn(pairs_of):
    from sklearn.metrics import f1_score

    truth, answers = zip(*pairs_of, strict=True)
    counted = confusion_by_article(truth, answers, range(len(truth)), COARSE_STANCES).sum(axis=0)
    expected = f1_score(truth, answers, labels=list(COARSE_STANCES), average=None, zero_division=0)
    np.testing.assert_allclose(class_f1(counted), expected)


def test_a_target_never_learned_from_is_answered_by_the_model_of_all():
    from stance.experiments.benchmarks.classifiers import build_member

    member = config("semeval2016", MEMBER | {"per_target": True}).member[0]
    learned = table("semeval2016")
    asked = pd.DataFrame(
        {
            "text": [
                "We gladly welcome bridges and applaud it",
                "We firmly reject bridges and resist it",
            ],
            "target": ["bridges", "bridges"],
        }
    )
    fitted = build_member(member).fit(learned, learned["stance"])
    assert list(fitted.classes_[fitted.predict_proba(asked).argmax(axis=1)]) == ["favor", "against"]


def test_probabilities_of_dense_and_sparse_blocks_sum_to_one_and_come_again():
    given = config("vast", MEMBER | {"blocks": ["words", "vectors", "nearness"]})
    learned = table("vast", n=6)
    first, second = (protocols.fit_and_answer(given, learned, learned) for _ in range(2))
    np.testing.assert_allclose(first.sum(axis=2), 1)
    np.testing.assert_allclose(first, second)


def test_every_block_gives_a_row_a_row_also_for_words_never_seen():
    learned = table("vast", n=3)
    asked = pd.DataFrame(
        {"text": ["", "Zebras.", "A" * 1000], "target": ["unheard of", "zebras", ""]}
    )
    for name in pair_features.BLOCKS:
        block = pair_features.build_blocks([name], min_df=1).fit(learned)
        found = block.transform(asked)
        assert found.shape[0] == 3, name
        assert np.isfinite(found.toarray() if hasattr(found, "toarray") else found).all(), name


@given(st.text(max_size=1500))
def test_pieces_of_a_text_are_never_none_and_never_too_long(text):
    found = pair_features.pieces(text)
    assert found
    assert all(len(piece) <= pair_features.LONGEST_PIECE or piece == text for piece in found)


def test_a_sentence_on_the_target_weighs_more_than_one_beside_it():
    text = "The ferry tolls are a disgrace. My cat sleeps on the sofa all day."
    on, beside = pair_features.vectors_of(
        ["The ferry tolls are a disgrace.", "My cat sleeps on the sofa all day."]
    )
    found = pair_features.focused([text], ["ferry tolls"])[0]
    assert found @ on > found @ beside
    other = pair_features.focused([text], ["cats"])[0]
    assert other @ beside > found @ beside


def test_the_verb_measures_a_corpus_as_a_tracked_run(project):
    place = project / "experiments" / "benchmarks"
    place.mkdir()
    toml = '\n[[member]]\nname = "ngrams"\nblocks = ["words"]\nmin_df = 1\n'
    (place / "vast.toml").write_text(
        'name = "small-vast"\nquestion = "Does it run from end to end?"\ncorpus = "vast"\n' + toml,
        encoding="utf-8",
    )
    done = cli(
        "benchmark",
        "run",
        "vast",
        str(write(project / "rows.csv", "vast")),
        "--set",
        "member.0.C=2.0",
    )
    assert done.returncode == 0, done.stderr
    assert "pro/con mean" in done.stdout
    client = store.open_store().MlflowClient()
    (run,) = client.search_runs([client.get_experiment_by_name(store.EXPERIMENT).experiment_id])
    assert run.data.params["experiment"] == "small-vast"
    assert run.data.metrics["dev_vote_macro_F1"] > 0.9
    assert {"figures.json", "answers.json", "experiment.json"} <= {
        one.path for one in client.list_artifacts(run.info.run_id)
    }


def test_every_benchmark_file_is_right_and_named_after_its_corpus(root):
    paths = sorted((root / "experiments" / "benchmarks").glob("*.toml"))
    assert {path.stem for path in paths} >= set(scores.HEADLINE)
    for path in paths:
        assert read_checked(path, Benchmark).corpus == path.stem.split("-")[0]


def test_a_member_without_blocks_is_refused():
    with pytest.raises(ValidationError, match="blocks"):
        config("vast", {"name": "none", "blocks": []})


def test_what_cannot_be_measured_is_told(project, root, tmp_path):
    with pytest.raises(
        DataError,
        match=r"data/vast\.csv: no such file; "
        r"stance benchmark import vast FILE stores the corpus there",
    ):
        protocols.run_benchmark("vast")
    with pytest.raises(
        DataError, match="corpus 'imdb' is unknown; expected one of semeval2016, desmog, vast"
    ):
        protocols.run_benchmark("imdb")
    file = write(tmp_path / "vast.csv", "vast")
    with pytest.raises(ConfigError, match="is about semeval2016, asked was vast"):
        protocols.run_benchmark(
            "vast", file, root / "experiments" / "benchmarks" / "semeval2016.toml"
        )
    with pytest.raises(ConfigError, match=r"1 fault\n  .*:\d+: member\.0\.blocks\.0: .*'smell'"):
        protocols.run_benchmark(
            "vast",
            file,
            root / "experiments" / "benchmarks" / "vast.toml",
            ['member.0.blocks=["smell"]'],
        )
    only_favor = table("vast")[lambda found: found["stance"] == "favor"]
    with pytest.raises(DataError, match="vast: train has 24 rows of 1 stances, expected all three"):
        protocols.measure(config("vast"), only_favor, silent)
