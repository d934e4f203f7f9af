import json
import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

import stance
from stance.core.errors import ModelError
from stance.core.formatting import shown_figures
from stance.prediction.export import export_model

TEXTS = [
    "We are ready to talk.",
    "Never.",
    "",
    "The round is on Monday.",
    "Only once the shelling has stopped.",
]


def test_an_exported_folder_answers_as_the_model_it_came_from(model, model_folder, tmp_path):
    written = export_model(model_folder, tmp_path / "out" / "model")
    assert (
        {path.name for path in written}
        == {path.name for path in (tmp_path / "out" / "model").iterdir()}
        == {path.name for path in model_folder.iterdir()}
    )
    moved = stance.load(tmp_path / "out" / "model")
    assert list(moved.predict_many(TEXTS)) == list(model.predict_many(TEXTS))
    assert [path.name for path in (tmp_path / "out").iterdir()] == [
        "model"
    ]  # nothing is left beside it


def test_it_predicts_where_there_is_no_project(model, model_folder, tmp_path):
    export_model(model_folder, tmp_path / "model")
    environment = {**os.environ, "STANCE_HOME": str(tmp_path / "elsewhere")}
    done = subprocess.run(
        [sys.executable, "-m", "stance", "predict", TEXTS[0], "--model", str(tmp_path / "model")],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )
    assert json.loads(done.stdout) == shown_figures(model.predict(TEXTS[0]).to_dict())


def test_only_the_files_that_were_checked_are_copied(model_folder, tmp_path, monkeypatch):
    source = tmp_path / "source"
    shutil.copytree(model_folder, source)
    (tmp_path / "secret").write_text("secret")
    (source / "notes.txt").symlink_to(tmp_path / "secret")
    written = export_model(source, tmp_path / "out")
    assert "notes.txt" not in {path.name for path in written}
    # A file that turns into a link after the check is not followed.
    (source / "member-0.json").unlink()
    (source / "member-0.json").symlink_to(tmp_path / "secret")
    loaded = SimpleNamespace(folder=source)
    monkeypatch.setattr("stance.prediction.export.load", lambda _: loaded)
    with pytest.raises(ModelError, match="is a link, expected a plain file"):
        export_model(source, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_nothing_is_overwritten(model_folder, tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(ModelError, match="holds something already"):
        export_model(model_folder, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_a_damaged_model_leaves_no_folder_behind(model_folder, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for path in model_folder.iterdir():
        (source / path.name).write_bytes(
            path.read_bytes()[:-1] if path.suffix == ".npz" else path.read_bytes()
        )
    with pytest.raises(ModelError, match=r"member-0\.npz: checksum"):
        export_model(source, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_champion_is_the_promoted_model_and_its_absence_is_told(project, model_folder, tmp_path):
    from stance.tracking.model_folders import point

    with pytest.raises(ModelError, match="no champion yet; choose one"):
        export_model("champion", tmp_path / "out")
    export_model(model_folder, project / "models" / "vote-test")
    point("champion", project / "models" / "vote-test", "test")
    assert export_model("champion", tmp_path / "out")[-1].name == "card.json"


def predictions(model):
    return [one.to_dict() for one in model.predict_many(TEXTS)]


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_a_model_is_used_by_several_processes(model, method):
    expected = predictions(model)
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(predictions, [model, model], chunksize=1) == [expected, expected]


def test_a_pickled_model_holds_only_where_its_folder_is(model):
    assert len(pickle.dumps(model)) < 1000
