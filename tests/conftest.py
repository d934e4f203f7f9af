import json
import os
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# PyTorch is an extra that make install leaves out: its builds differ by machine.
needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="the extra adapt")
# A test must never touch the project's own store, models or cache.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# Networks of encoders take seconds to write: all tests share one cache of them.
os.environ.setdefault("STANCE_CACHE", str(ROOT / ".cache" / "tests"))


@pytest.fixture(scope="session")
def root():
    return ROOT


def make_project(place: Path, n_reports: int = 12) -> Path:
    """A small project: the first reports of a batch with their judgments.

    It also has the seeds and two quick experiments.
    """
    labels = place / "labels"
    (labels / "reports").mkdir(parents=True)
    (labels / "judgments").mkdir()
    rows = (
        (ROOT / "labels" / "reports" / "w01.jsonl")
        .read_text(encoding="utf-8")
        .splitlines(keepends=True)[:n_reports]
    )
    (labels / "reports" / "w01.jsonl").write_text("".join(rows), encoding="utf-8")
    for name in ("codebook.toml", "annotators.toml", "seeds.jsonl", "real_persons.txt"):
        (labels / name).write_bytes((ROOT / "labels" / name).read_bytes())
    known = {quote["id"] for row in rows for quote in json.loads(row)["quotes"]}
    known |= {
        quote["id"]
        for row in (labels / "seeds.jsonl").read_text(encoding="utf-8").splitlines()
        for quote in json.loads(row)["quotes"]
    }
    # What whoever runs the tests has labelled of their own is left out, here and below.
    for path in {*(ROOT / "labels" / "judgments").glob("*.jsonl")} - {
        ROOT / "labels" / "judgments" / "own.jsonl"
    }:
        kept = [
            line
            for line in path.read_text(encoding="utf-8").splitlines(keepends=True)
            if json.loads(line)["quote"] in known
        ]
        (labels / "judgments" / path.name).write_text("".join(kept), encoding="utf-8")
    (labels / "splits.toml").write_text(
        'train = ["w1"]\nvalidation = []\ntest = []\n', encoding="utf-8"
    )
    (place / "seeds").mkdir()
    for path in (ROOT / "seeds").iterdir():
        (place / "seeds" / path.name).write_bytes(path.read_bytes())
    (place / "experiments").mkdir()
    member = (
        '[[member]]\nfeatures = { kind = "tfidf", chars = [], min_df = 1 }\n'
        'classifier = { kind = "logreg" }\n'
    )
    for name in ("default", "other"):
        text = (
            f'name = "{name}"\nquestion = "Does the small project run from end to end?"\n'
            f"[data]\nfolds = 2\n{member}"
        )
        (place / "experiments" / f"{name}.toml").write_text(text, encoding="utf-8")
    return place


@pytest.fixture
def project(tmp_path, monkeypatch):
    place = make_project(tmp_path / "project")
    monkeypatch.setenv("STANCE_HOME", str(place))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("STANCE_DEV", str(tmp_path / "nowhere.jsonl"))
    return place


@pytest.fixture(scope="session")
def sets():
    """Two small tables of real rows of the project: learned from and measured."""
    from stance.labels.consensus import read_labels
    from stance.labels.dataset import to_table

    reports, labels = read_labels(ROOT / "labels", own=False)
    synthetic = [one for one in reports if one[0].origin == "synthetic"]
    return {"train": to_table(synthetic[:40], labels), "test": to_table(synthetic[40:60], labels)}


VOTE = [
    {"weight": 0.6, "features": {"kind": "tfidf"}, "classifier": {"kind": "logreg", "C": 5.0}},
    {"weight": 0.4, "features": {"kind": "encoder"}, "classifier": {"kind": "logreg", "C": 5.0}},
]


@pytest.fixture(scope="session")
def fitted(sets):
    """The default experiment's pipeline, fitted on a small table."""
    from stance.training.classifiers import build_pipeline

    return build_pipeline(VOTE).fit(sets["train"], sets["train"]["stance"])


@pytest.fixture(scope="session")
def model_folder(fitted, tmp_path_factory):
    from stance.training.saving import save_model

    folder = tmp_path_factory.mktemp("model") / "vote"
    save_model(fitted, folder, {"name": "vote", "version": "test"})
    return folder


@pytest.fixture(scope="session")
def model(model_folder):
    import stance

    return stance.load(model_folder)


@pytest.fixture(scope="session")
def ngrams(sets, tmp_path_factory):
    """The folder of a model of n-grams alone, which answers quickly."""
    from stance.training.classifiers import build_pipeline
    from stance.training.saving import save_model

    folder = tmp_path_factory.mktemp("ngrams") / "m"
    fitted = build_pipeline(
        [{"features": {"kind": "tfidf"}, "classifier": {"kind": "logreg"}}]
    ).fit(sets["train"], sets["train"]["stance"])
    save_model(fitted, folder, {"name": "ngrams", "version": "1"})
    return folder


@pytest.fixture(scope="session")
def many(tmp_path_factory):
    """A file of 3000 rows, every seventh without text."""
    from rows import as_csv

    path = tmp_path_factory.mktemp("many") / "many.csv"
    path.write_bytes(
        as_csv(
            [
                {"id": str(k), "text": f"Round {k} of the talks will be held." if k % 7 else ""}
                for k in range(3000)
            ]
        )
    )
    return path
