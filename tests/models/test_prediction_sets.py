import csv
import json

import numpy as np
import pandas as pd
import pytest
from crepes import ConformalClassifier
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import stance
from stance.cli.app import app
from stance.core.errors import ModelError
from stance.core.types import STANCES
from stance.evaluation.uncertainty import coverage
from stance.interfaces.mlflow_model import StanceModel
from stance.models.calibration import risk_at, risk_curve
from stance.models.prediction_sets import LEVELS, bound, fit_sets, members, names


def draw(n_reports, seed, n_quotes=lambda rng: int(rng.integers(1, 20))):
    """Reports whose quotes are alike.

    Each report leans in its own way. The labels are drawn from probabilities that the model makes
    too sharp.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for report in range(n_reports):
        lean = rng.dirichlet(np.full(5, 0.8))
        for _ in range(n_quotes(rng)):
            honest = 0.5 * lean + 0.5 * rng.dirichlet(np.full(5, 0.4))
            given = honest**1.6 / (honest**1.6).sum()
            rows.append((f"r{report}", STANCES[rng.choice(5, p=honest)], *given))
    table = pd.DataFrame(rows, columns=["article", "stance", *STANCES])
    return table, table[list(STANCES)].to_numpy()


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
def test_sets_hold_the_label_of_new_reports_as_often_as_asked_for_in_every_stance(level):
    table, shares = draw(400, 1)
    sets = fit_sets(shares, list(table["stance"]), list(table["article"]))
    new, theirs = draw(1500, 2)
    found = coverage("new", new, theirs, sets, level)
    assert found.high > level - 0.01
    assert (
        found.low < level + 0.05
    )  # the likeliest stance always belongs, which is more than was asked for
    assert min(found.per_stance.values()) > level - 0.03
    assert 1 <= found.size < 5


def test_sets_that_were_not_calibrated_would_be_found_out():
    table, shares = draw(400, 1)
    flat = {"levels": list(LEVELS), "least": {stance: [0.5] * len(LEVELS) for stance in STANCES}}
    assert coverage("new", table, shares, flat, 0.9).high < 0.9


def test_with_one_quote_a_report_the_sets_are_those_of_crepes():
    table, shares = draw(300, 3, n_quotes=lambda _: 1)
    new, theirs = draw(200, 4, n_quotes=lambda _: 1)
    labels = table["stance"].to_numpy()
    own = 1 - shares[np.arange(len(labels)), [STANCES.index(one) for one in labels]]
    judge = ConformalClassifier().fit(own, bins=labels)
    sets = fit_sets(shares, list(labels), list(table["article"]))
    for level in (0.6, 0.8, 0.9, 0.95):
        expected = np.stack(
            [
                judge.predict_set(
                    (1 - theirs)[:, [k]],
                    bins=np.full(len(new), one),
                    confidence=level,
                    smoothing=False,
                )[:, 0]
                for k, one in enumerate(STANCES)
            ],
            axis=1,
        )
        expected[np.arange(len(new)), theirs.argmax(axis=1)] = 1
        assert (members(theirs, sets, level) == expected.astype(bool)).all()


def test_too_few_reports_promise_nothing_so_every_stance_belongs():
    assert bound(np.array([0.9, 0.8, 0.7]), np.array(["a", "b", "c"]), 0.9) == 0.0
    assert bound(np.array([0.9, 0.8, 0.7]), np.array(["a", "b", "c"]), 0.75) == 0.7
    assert bound(np.array([]), np.array([]), 0.5) == 0.0


def test_a_report_weighs_the_same_whatever_its_number_of_quotes():
    one_each = bound(np.array([0.9, 0.1, 0.8, 0.7]), np.array(["a", "b", "c", "d"]), 0.6)
    many = bound(
        np.array([0.9] * 50 + [0.1, 0.8, 0.7]), np.array(["a"] * 50 + ["b", "c", "d"]), 0.6
    )
    assert one_each == many == 0.7


@given(
    st.lists(st.lists(st.floats(0.001, 1), min_size=5, max_size=5), min_size=1, max_size=30),
    st.sampled_from(LEVELS),
    st.sampled_from(LEVELS),
)
def test_a_higher_level_never_gives_a_smaller_set_and_the_likeliest_always_belongs(
    rows, one, other
):
    shares = np.array(rows) / np.array(rows).sum(axis=1, keepdims=True)
    truth = [STANCES[k % 5] for k in range(len(rows))]
    sets = fit_sets(shares, truth, [str(k // 2) for k in range(len(rows))])
    small, large = (members(shares, sets, level) for level in sorted((one, other)))
    assert (small <= large).all()
    assert small[np.arange(len(rows)), shares.argmax(axis=1)].all()
    assert all(set(names(row)) <= set(STANCES) for row in small)


@pytest.fixture(scope="module")
def calibrated(fitted, sets, tmp_path_factory):
    """The small vote with a card as training writes it.

    It is calibrated on rows that it did not learn from.
    """
    from stance.evaluation.uncertainty import learn
    from stance.training.classifiers import probabilities
    from stance.training.saving import save_model

    folder = tmp_path_factory.mktemp("calibrated") / "vote"
    shares = probabilities(fitted, sets["test"])
    save_model(
        fitted,
        folder,
        {"name": "vote", "version": "test", **json.loads(json.dumps(learn(sets["test"], shares)))},
    )
    return folder


def test_a_set_is_in_the_answer_where_it_was_asked_for_and_only_there(calibrated):
    model = stance.load(calibrated)
    bare, asked, void = (
        *model.predict_many(["We will talk."]),
        *model.predict_many(["We will talk.", ""], sets=0.9),
    )
    assert "prediction_set" not in bare.to_dict()
    assert asked.stance in asked.to_dict()["prediction_set"]
    assert void.prediction_set == STANCES
    (wide,) = model.predict_many(["We will talk."], sets=0.99)
    assert set(asked.prediction_set) <= set(wide.prediction_set)


def test_a_level_between_those_kept_takes_the_next_higher(calibrated):
    model = stance.load(calibrated)
    texts = ["We will talk.", "Never.", "The talks are a show.", "Only after a truce."]
    assert [one.prediction_set for one in model.predict_many(texts, sets=0.86)] == [
        one.prediction_set for one in model.predict_many(texts, sets=0.9)
    ]


def test_a_model_without_bounds_says_so_at_once(model):
    with pytest.raises(
        ModelError,
        match=r"model vote test: its card has no bounds for prediction sets .*train it anew",
    ):
        model.predict_many(["We will talk."], sets=0.9)
    with pytest.raises(
        ModelError, match=r"prediction sets at 0\.3: expected a probability from 0\.5 to 0\.99"
    ):
        model.predict_many(["We will talk."], sets=0.3)


def test_an_abstention_names_its_threshold_and_the_risk_there(calibrated):
    model = stance.load(calibrated)
    (found,) = model.predict_many(["We talk and the meeting is hard."], abstain_at=0.99)
    at = risk_at(model.card["risk_curve"], 0.99)
    assert found.reason.startswith(
        f"unsure: {max(found.probabilities, key=found.probabilities.get)} is likeliest with"
    )
    assert (
        f"below 0.99; of cross-validated answers from {at['from']:g} on (the measured step below) "
        f"{at['wrong']:.0%} were wrong" in found.reason
    )


def test_a_risk_gives_its_threshold_and_an_unknown_one_says_what_is_known(calibrated, model):
    loaded = stance.load(calibrated)
    kept = loaded.card["abstention"]
    assert kept, "the small model keeps at least one risk"
    assert loaded.threshold_for(kept[-1]["risk"]) == min(row["abstain_at"] for row in kept)
    with pytest.raises(ModelError, match=r"no threshold for a risk of 0\.001; its card has 0\."):
        loaded.threshold_for(0.001)
    with pytest.raises(ModelError, match=r"no threshold for a risk of 0\.1; its card has none"):
        model.threshold_for(0.1)


def test_the_risk_curve_says_what_is_wrong_among_the_answers():
    shares = np.array(
        [[0.9, 0.1, 0, 0, 0], [0.6, 0.4, 0, 0, 0], [0.6, 0.4, 0, 0, 0], [0.4, 0.3, 0.3, 0, 0]]
    )
    curve = risk_curve(shares, ["support", "support", "neutral", "oppose"])
    assert risk_at(curve, 0.5) == {"from": 0.5, "answered": 0.75, "wrong": 0.3333}
    assert risk_at(curve, 0.93) == {"from": 0.9, "answered": 0.25, "wrong": 0.0}
    assert risk_at(curve, 0.1) is None
    assert risk_at([], 0.5) is None


def test_the_shell_writes_sets_in_every_format(calibrated, tmp_path):
    rows = tmp_path / "rows.csv"
    rows.write_text('id,text\n1,"We are ready to talk."\n2,\n', encoding="utf-8")
    run = CliRunner()
    common = ["predict", str(rows), "--model", str(calibrated), "--sets", "0.9"]
    answers = [json.loads(line) for line in run.invoke(app, common).stdout.splitlines()]
    assert answers[1]["prediction_set"] == list(STANCES)
    written = list(
        csv.DictReader(run.invoke(app, [*common, "--format", "csv"]).stdout.splitlines())
    )
    assert [one["prediction_set"].split() for one in written] == [
        one["prediction_set"] for one in answers
    ]
    out = tmp_path / "out.parquet"
    assert run.invoke(app, [*common, "--out", str(out)]).exit_code == 0
    assert [one.split() for one in pd.read_parquet(out)["prediction_set"]] == [
        one["prediction_set"] for one in answers
    ]
    assert "one of" in run.invoke(app, [*common, "--format", "table"]).stdout
    (one,) = map(
        json.loads,
        run.invoke(
            app, ["predict", "We are ready to talk.", "--model", str(calibrated), "--sets", "0.9"]
        ).stdout.splitlines(),
    )
    assert one["prediction_set"] == answers[0]["prediction_set"]


def test_the_shell_takes_a_risk_instead_of_a_threshold(calibrated):
    kept = stance.load(calibrated).card["abstention"][-1]
    texts = ["predict", "We talk and the meeting is hard, perhaps.", "--model", str(calibrated)]
    asked = CliRunner().invoke(app, [*texts, "--risk", str(kept["risk"])]).stdout
    assert (
        asked == CliRunner().invoke(app, [*texts, "--abstain-at", str(kept["abstain_at"])]).stdout
    )
    both = CliRunner().invoke(app, [*texts, "--risk", "0.2", "--abstain-at", "0.5"])
    assert both.exit_code == 2
    assert "not both" in both.output


def test_a_table_gets_a_column_of_sets(calibrated):
    found = stance.load(calibrated).predict_frame(
        pd.DataFrame({"text": ["We are ready to talk.", None]}), sets=0.9
    )
    assert "support" in found["prediction_set"][0].split()
    assert found["prediction_set"][1].split() == list(STANCES)


def test_the_logged_model_takes_sets_as_a_parameter(calibrated):
    logged = StanceModel()
    logged._model = stance.load(calibrated)
    table = pd.DataFrame({"text": ["We are ready to talk."]})
    assert "prediction_set" not in json.loads(logged.predict(None, table)["prediction"][0])
    assert "prediction_set" not in json.loads(
        logged.predict(None, table, {"sets": 0.0, "abstain_at": 0.0})["prediction"][0]
    )
    found = json.loads(
        logged.predict(None, table, {"sets": 0.9, "abstain_at": 1.0})["prediction"][0]
    )
    assert found["abstained"]
    assert found["prediction_set"]


def test_bounds_that_are_none_are_refused_by_name(calibrated, tmp_path):
    for number, wrong in enumerate(
        (
            {"levels": [0.9], "least": {}},
            {"levels": [0.99], "least": {"support": [0.1]}},
            [1],
            {"levels": [0.99, 0.5], "least": {}},
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        for path in calibrated.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        card = json.loads((folder / "card.json").read_text())
        (folder / "card.json").write_text(json.dumps({**card, "sets": wrong}))
        with pytest.raises(
            ModelError,
            match=r"card\.json: sets: .*; train or export it anew",
        ):
            stance.load(folder)
