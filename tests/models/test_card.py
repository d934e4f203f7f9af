import json
import shutil

from shell import cli

import stance
from stance.experiments.config import read_experiment
from stance.experiments.run import run
from stance.models.card import describe_card
from stance.tracking import store


def silent(_):
    pass


def test_the_registered_version_is_described_by_what_show_prints(project):
    outcome = run(
        read_experiment(project / "experiments" / "default.toml", ["data.repeats=2"]), say=silent
    )
    client = store.open_store().MlflowClient()
    (version,) = client.search_model_versions(f"run_id = '{outcome.run_id}'")
    shown = cli("show", str(outcome.folder))
    assert shown.returncode == 0, shown.stderr
    assert version.description == shown.stdout
    cv = outcome.reports["cv"]
    assert (
        f"| cv | {cv.five.value:.2f} ({cv.five.low:.2f}-{cv.five.high:.2f}) | "
        f"{cv.coarse.value:.2f} | {cv.majority:.2f} |" in shown.stdout
    )
    assert (
        json.loads(cli("show", str(outcome.folder), "--json").stdout)
        == stance.load(outcome.folder).card
    )
    # The folds were drawn twice: each draw is a step, and the score is their mean.
    draws = [one.value for one in client.get_metric_history(outcome.run_id, "draw_f1")]
    assert len(draws) == 2
    assert len(client.get_metric_history(outcome.run_id, "fold_f1")) == 4
    assert cv.five.low < cv.five.value < cv.five.high


def test_a_card_with_nothing_but_a_name_is_still_a_page(model_folder, tmp_path):
    shutil.copytree(model_folder, tmp_path / "m")
    page = describe_card(stance.load(tmp_path / "m").card)
    assert page.startswith("# vote test\n")
    assert "hint" in page
