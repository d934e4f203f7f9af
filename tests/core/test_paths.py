import hashlib

import pytest

from stance.core.files import sha256
from stance.core.paths import display_path, home
from stance.tracking.runs import experiment_of


def test_the_project_lies_where_the_environment_says_else_where_the_checkout_is(
    monkeypatch, tmp_path, root
):
    monkeypatch.setenv("STANCE_HOME", str(tmp_path))
    assert home() == tmp_path.resolve()
    monkeypatch.delenv("STANCE_HOME")
    assert home() == root


def test_paths_inside_the_project_are_shown_relative_to_it(project, tmp_path):
    assert display_path(project / "labels" / "codebook.toml") == "labels/codebook.toml"
    assert display_path(tmp_path / "elsewhere.toml") == str(tmp_path / "elsewhere.toml")


@pytest.mark.parametrize(
    ("name", "experiment"),
    [
        ("question", "asked"),
        ("missing", "missing"),
        ("broken", "broken"),
        ("../question", "../question"),
        ("", ""),
    ],
)
def test_an_experiment_is_known_by_the_name_in_its_file(project, name, experiment):
    (project / "experiments" / "question.toml").write_text('name = "asked"\n')
    (project / "experiments" / "broken.toml").write_text("name = \n")
    assert experiment_of(name) == experiment


def test_a_checksum_is_that_of_the_whole_file(tmp_path):
    data = bytes(range(256)) * 10_000  # longer than the pieces it is read in
    (tmp_path / "file").write_bytes(data)
    assert sha256(tmp_path / "file") == hashlib.sha256(data).hexdigest()
