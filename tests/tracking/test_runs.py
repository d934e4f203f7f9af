"""How runs are named and tagged, without a store."""

import contextlib
import re
import signal
import types

import pytest

from stance.tracking.runs import kind_of, start_run


class FakeMlflow:
    """Keeps what a run was started and ended with."""

    exceptions = types.SimpleNamespace(MlflowException=KeyError)

    def __init__(self):
        self.started, self.ended = [], []

    @contextlib.contextmanager
    def start_run(self, **given):
        self.started.append(given)
        yield types.SimpleNamespace(info=types.SimpleNamespace(run_name=given["run_name"]))

    def end_run(self, status):
        self.ended.append(status)


def test_a_run_is_named_by_its_experiment_and_the_time_and_says_what_it_asks():
    mlflow = FakeMlflow()
    with start_run(mlflow, "train", "vote", "Does a vote help?", {"settings": "seed=3"}) as run:
        assert re.fullmatch(r"vote-\d{4}-\d{6}", run.info.run_name)
    (given,) = mlflow.started
    assert given["run_id"] is None
    tags = given["tags"]
    assert (tags["kind"], tags["settings"]) == ("train", "seed=3")
    assert tags["question"] == tags["mlflow.note.content"] == "Does a vote help?"
    assert {"commit", "pid", "host"} <= tags.keys()


def test_a_run_that_is_gone_on_with_keeps_its_name():
    mlflow = FakeMlflow()
    with start_run(mlflow, "sweep", "ngrams", "Which strength?", run_id="abc"):
        pass
    assert (mlflow.started[0]["run_id"], mlflow.started[0]["run_name"]) == ("abc", None)


def test_the_signal_that_ends_a_run_is_given_back_afterwards():
    before, mlflow = signal.getsignal(signal.SIGTERM), FakeMlflow()
    with (
        pytest.raises(SystemExit, match=str(128 + signal.SIGTERM)),
        start_run(mlflow, "train", "vote", "Does a vote help?"),
    ):
        signal.raise_signal(signal.SIGTERM)
    assert mlflow.ended == ["KILLED"]
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("tags", "params", "metrics", "kind"),
    [
        ({"kind": "sweep"}, {}, {}, "sweep"),
        ({}, {"corpus": "vast"}, {}, "benchmark"),
        ({}, {"gold": "labels/seeds.jsonl"}, {}, "quotes"),
        ({}, {}, {"train_n": 5.0}, "train"),
        ({}, {}, {}, "curve"),
    ],
)
def test_what_a_run_is_is_told_from_its_tag_or_from_what_it_logged(tags, params, metrics, kind):
    data = types.SimpleNamespace(tags=tags, params=params, metrics=metrics)
    assert kind_of(types.SimpleNamespace(data=data)) == kind
