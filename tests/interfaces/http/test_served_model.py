"""A new model is loaded and tried before it answers, and whatever it raises the old one stays."""

import asyncio
import json
import shutil

import numpy as np
import pytest

import stance
from stance.core.errors import ModelError
from stance.interfaces.http import served_model
from stance.interfaces.http.middleware import Metrics
from stance.interfaces.http.served_model import ServedModel, load_and_try
from stance.tracking.model_folders import point


@pytest.fixture
def champion(project, ngrams):
    """Return a function that makes a copy of a model, changes it and promotes it."""

    def promote(name, change=None):
        folder = project / "models" / name
        shutil.copytree(ngrams, folder)
        card = json.loads((folder / "card.json").read_text())
        (folder / "card.json").write_text(json.dumps({**card, "version": name, **(change or {})}))
        point("champion", folder, name)
        return folder

    return promote


def test_a_model_that_loads_and_does_not_answer_is_not_served(champion, monkeypatch):
    champion("first")
    served = ServedModel(None, Metrics())
    for number, fault in enumerate(
        (ValueError("shapes"), MemoryError(), IndexError("3"), ModelError("no"), KeyError("x"))
    ):
        champion(f"new{number}")

        def broken(*_, fault=fault):
            raise fault

        with monkeypatch.context() as patch:
            patch.setattr("stance.models.folder.PortableModel.probabilities", broken)
            assert served.renew() is False
        assert served.model.label["version"] == "first"
    assert served.renew() is False  # tried once, not every two seconds
    champion("last")
    assert served.renew() is True
    assert served.model.label["version"] == "last"


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.9, -0.2])
def test_answers_that_are_no_probabilities_are_no_answers(ngrams, monkeypatch, value):
    monkeypatch.setattr(
        "stance.models.folder.PortableModel.probabilities",
        lambda _, rows: np.full((len(rows), 5), value),
    )
    with pytest.raises(ModelError, match="gives no usable answers"):
        load_and_try(str(ngrams))


def test_a_champion_that_is_damaged_or_gone_changes_nothing_and_is_said_once(
    champion, project, caplog
):
    folder = champion("first")
    served = ServedModel(None, Metrics())
    (project / "models" / "champion.json").write_text("{")
    for _ in range(3):
        assert served.renew() is False
    shutil.rmtree(folder)
    point("champion", folder, "first")
    for _ in range(3):
        assert served.renew() is False
    assert served.model.predict("We will come.").stance
    said = [record.message for record in caplog.records if "the model stays" in record.message]
    assert ["cannot be read" in line for line in said] == [True, False]
    assert "folder is gone" in said[1]


def test_the_watch_outlives_whatever_a_look_raises(champion, monkeypatch):
    champion("first")
    served = ServedModel(None, Metrics())
    looks = []

    def mark():
        looks.append(1)
        raise RuntimeError("anything")

    monkeypatch.setattr(served, "_mark", mark)

    async def watch():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                await served.watch(0.02)

    asyncio.run(watch())
    assert len(looks) > 2


def test_the_first_model_is_tried_before_anybody_is_answered(ngrams, monkeypatch):
    asked = []
    monkeypatch.setattr(served_model, "load_and_try", lambda source: asked.append(source))
    monkeypatch.setattr(ServedModel, "_tell", lambda _: None)
    ServedModel(str(ngrams), Metrics())
    assert asked == [str(ngrams)]
    assert isinstance(load_and_try(str(ngrams)), stance.Model)
