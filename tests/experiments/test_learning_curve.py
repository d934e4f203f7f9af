import pytest

from stance.core.errors import ConfigError
from stance.experiments.config import read_experiment
from stance.experiments.learning_curve import measure, run_curve, steps
from stance.tracking import store

CURVE = '\n[curve]\nreports = [4, 0]\nlabels = ["agreed", "first"]\n'


def test_a_curve_is_one_tracked_run_with_its_steps_table_and_figures(project, sets):
    path = project / "experiments" / "curve.toml"
    text = (project / "experiments" / "default.toml").read_text(encoding="utf-8")
    path.write_text(text.replace("[data]", CURVE + "[data]"), encoding="utf-8")
    experiment = read_experiment(path)
    said = []
    small = {
        "train": sets["train"][
            sets["train"]["article"].isin(sets["train"]["article"].unique()[:12])
        ].reset_index(drop=True),
        "test": sets["test"],
    }
    table = run_curve(experiment, sets=small, say=said.append)
    assert list(table["n_reports"]) == [4, 12, 4, 12]
    assert len(said) == 4
    assert (table["low"] <= table["f1"]).all()
    assert (table["f1"] <= table["high"]).all()
    client = store.open_store().MlflowClient()
    (run,) = client.search_runs([client.get_experiment_by_name(store.EXPERIMENT).experiment_id])
    assert [
        (one.step, one.value) for one in client.get_metric_history(run.info.run_id, "test_tfidf")
    ] == list(zip(table["n_reports"][:2], table["f1"][:2], strict=True))
    assert {"curve.json", "curve_test.png"} <= {
        one.path for one in client.list_artifacts(run.info.run_id)
    }
    # The same rows again: nothing in a curve is left to chance.
    assert measure(experiment, small, said.append).equals(table)


def test_a_vote_is_measured_with_each_of_its_members(root):
    names = [
        name for name, _ in steps(read_experiment(root / "experiments" / "learning-curve.toml"))
    ]
    assert names[:3] == ["tfidf", "encoder", "vote"]
    assert len(names) == 3 * 5


def test_an_experiment_without_a_curve_is_told(root):
    with pytest.raises(ConfigError, match=r"ngrams: has no \[curve\]"):
        steps(read_experiment(root / "experiments" / "ngrams.toml"))
