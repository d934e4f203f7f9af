"""The weights that come with the package: trained by a verb, replaced only when asked."""

import pytest
from typer.testing import CliRunner

from stance.cli.app import app
from stance.models.attributed_stances.model import load_attributed


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """Where the verb would write, and a training that gives the weights in use."""
    path = tmp_path / "weights.json"
    used = load_attributed()
    monkeypatch.setattr(
        "stance.evaluation.attributed_stances.read_judged", lambda run: (f"{run}-1", {"cv": []})
    )
    monkeypatch.setattr("stance.training.attributed_stances.train", lambda *_: used)
    monkeypatch.setattr("stance.models.attributed_stances.model.weights_path", lambda: path)
    return path


def test_attributed_weights_are_compared_with_those_in_use_and_written_only_on_request(weights):
    shown = CliRunner().invoke(app, ["weights", "attributed", "vote"])
    assert shown.exit_code == 0
    assert shown.stdout.startswith("vote-1: ")
    assert "0 differ by more than 0.1, the largest difference is 0.000" in shown.stdout
    assert not weights.exists()
    written = CliRunner().invoke(app, ["weights", "attributed", "vote", "--write"])
    assert "measure it: stance evaluate attributed vote" in written.stderr
    assert weights.read_text(encoding="utf-8") == load_attributed().to_json()


def test_measuring_has_no_option_that_writes():
    refused = CliRunner().invoke(app, ["evaluate", "attributed", "vote", "--write"])
    assert refused.exit_code == 2
    assert "No such option" in refused.output
