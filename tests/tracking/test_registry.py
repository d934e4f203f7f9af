"""A run's tag names its model folder, and whoever writes to the store can write that tag."""

import json
import shutil

import pytest

import stance
from stance.core.errors import ModelError
from stance.tracking import registry, store
from stance.tracking.model_folders import in_use, point, unfinished


@pytest.fixture
def tracked(project, ngrams):
    """Return a function that logs a model as a run does, under the tag that is asked for."""
    mlflow = store.open_store()
    client = mlflow.MlflowClient()

    def log(tag="model-{short}", status="FINISHED", folder=ngrams):
        with mlflow.start_run() as run:
            mlflow.log_artifacts(str(folder), "model_folder")
            short = run.info.run_id[:8]
            mlflow.set_tag("model_folder", tag.format(short=short))
        if status != "FINISHED":
            client.set_terminated(run.info.run_id, status)
        if not client.search_registered_models():
            client.create_registered_model(registry.REGISTERED)
        client.create_model_version(registry.REGISTERED, run.info.artifact_uri, run.info.run_id)
        return run.info.run_id

    return log


def test_a_tag_that_leads_anywhere_else_is_refused_and_nothing_is_written(
    tracked, project, tmp_path
):
    elsewhere = tmp_path / "elsewhere-{short}"
    tags = (
        "../../elsewhere-{short}",
        str(elsewhere),
        "..",
        ".hidden-{short}",
        "a/b-{short}",
        "other-12345678",
        "",
        "x" * 300 + "-{short}",
        "champion.json",
    )
    before = sorted(tmp_path.rglob("*.npz"))
    for tag in tags:
        run = tracked(tag)
        for attempt in (registry.download_model, registry.promote):
            name = f"runs:/{run}" if attempt is registry.download_model else run
            with pytest.raises(ModelError, match=r"its tag model_folder is .*train the experiment"):
                attempt(name)
    kept = [path for path in sorted(tmp_path.rglob("*.npz")) if "mlruns" not in str(path)]
    assert kept == before
    assert not (project / "models" / "champion.json").exists()


def test_a_folder_that_is_there_is_never_written_over(tracked, project):
    run = tracked("model-{short}")
    folder = project / "models" / f"model-{run[:8]}"
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(ModelError, match=r"exists, but has no card\.json.*move it away"):
        registry.promote(run)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    shutil.rmtree(folder)
    registry.promote(run)
    assert in_use().folder == folder
    assert stance.load().label["name"] == "ngrams"
    assert not list((project / "models" / ".unfinished").rglob("*.npz"))


def test_the_model_of_a_run_that_did_not_finish_is_not_promoted_or_fetched(tracked):
    for status in ("KILLED", "FAILED", "RUNNING"):
        run = tracked(status=status)
        for attempt, name in ((registry.promote, run), (stance.load, f"runs:/{run}")):
            with pytest.raises(ModelError, match=rf"{status.lower()}, so its model may be half"):
                attempt(name)


def test_what_is_no_model_folder_is_neither_kept_nor_promoted(tracked, project, ngrams, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "readme.txt").write_text("no model")
    with pytest.raises(ModelError, match=r"no model folder \(no card\.json\)"):
        registry.promote(tracked(folder=tmp_path / "other"))
    shutil.copytree(ngrams, tmp_path / "broken")
    (tmp_path / "broken" / "member-0.npz").write_bytes(b"")
    with pytest.raises(ModelError, match="checksum"):
        registry.promote(tracked(folder=tmp_path / "broken"), check=stance.load)
    assert not (project / "models" / "champion.json").exists()


def test_a_killed_runs_model_is_not_found_by_name_and_a_finished_one_is_moved(tracked, ngrams):
    finished, killed = tracked(), tracked(status="KILLED")
    for run in (finished, killed):
        shutil.copytree(ngrams, unfinished(run) / f"vote-{run[:8]}")
        with pytest.raises(ModelError, match="neither a model folder nor a run"):
            stance.load("vote")
    store.open_store()
    assert stance.load("vote").folder.name == f"vote-{finished[:8]}"
    assert not unfinished(killed).exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read"),
        ("\ud800", "cannot be read"),
        ("[]", "folder is None, expected the name of a folder"),
        ('{"run": "1"}', "folder is None"),
        ('{"folder": "../other", "run": "1"}', "folder is '../other'"),
        ('{"folder": "", "run": "1"}', "folder is ''"),
        ('{"folder": "gone-1234", "run": "1"}', "the champion's folder is gone"),
        ('{"folder": "broken", "run": "1"}', "checksum"),
    ],
)
def test_a_champion_that_cannot_be_used_stops_instead_of_being_replaced(
    project, ngrams, content, message
):
    shutil.copytree(ngrams, project / "models" / "broken")
    (project / "models" / "broken" / "member-0.npz").write_bytes(b"")
    path = project / "models" / "champion.json"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    for source in (None, "champion"):
        with pytest.raises(ModelError, match=message):
            stance.load(source)


def test_a_champion_that_can_be_used_is_pointed_to_by_name(project, ngrams):
    shutil.copytree(ngrams, project / "models" / "whole")
    point("champion", project / "models" / "whole", "1")
    assert json.loads((project / "models" / "champion.json").read_text()) == {
        "folder": "whole",
        "run": "1",
    }
    assert in_use() == ("champion", project / "models" / "whole", "1")
