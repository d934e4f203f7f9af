import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.core.errors import DataError
from stance.core.types import STANCES
from stance.evaluation.explanations import NUMBERS, measure
from stance.models.folder import PortableModel
from stance.prediction.explanations import MOST_PARTS, parts_of, without
from stance.prediction.model import Model


@given(st.text(max_size=200), st.none() | st.text(max_size=20))
def test_the_parts_are_the_words_of_the_text_in_order_and_their_number_is_bounded(text, cue):
    row = {"text": text, "cue": cue}
    parts = parts_of(row)
    spans = [part.span for part in parts if part.span]
    assert len(spans) <= MOST_PARTS
    assert spans == sorted(spans)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    assert all(part.text in text[slice(*part.span)] for part in parts if part.span)
    left = without(row, parts)
    assert not any(letter.isalnum() for letter in left["text"])
    assert without(row, []) == row


def test_a_part_left_out_leaves_the_rest_as_it_was():
    row = {"text": "We will never, ever talk.", "cue": "said", "id": 3}
    cue, *words = parts_of(row)
    assert [part.text for part in words] == ["We", "will", "never", "ever", "talk"]
    assert without(row, [words[2]]) == {"text": "We will  ever talk.", "cue": "said", "id": 3}
    assert without(row, [cue]) == {**row, "cue": None}


def test_a_text_of_many_words_is_explained_by_phrases_that_cover_it():
    text = " ".join(f"word{k}" for k in range(1000))
    parts = parts_of({"text": text})
    assert 32 <= len(parts) <= MOST_PARTS
    assert " ".join(part.text for part in parts) == text


def test_a_weight_is_what_the_whole_model_loses_without_the_word(model):
    row = {"text": "We will never sit down with them.", "cue": "said"}
    (one,) = [one for one in model.explain(row, n=20) if one.term == "never"]
    chosen = model.predict(**row).stance
    lost = (
        model.predict(**row).probabilities[chosen]
        - model.predict("We will sit down with them.", cue="said").probabilities[chosen]
    )
    assert one.weight == pytest.approx(
        lost, abs=1e-6
    )  # the encoder rounds by the length of its batch
    assert row["text"][slice(*one.span)] == "never"


def test_the_cue_is_explained_too(model):
    found = {
        one.term: one
        for one in model.explain({"text": "the invitation to the talks", "cue": "rejected"}, n=20)
    }
    assert found["rejected:"].span is None
    assert abs(found["rejected:"].weight) > 0.01


def test_an_explanation_sees_what_the_encoder_sees(model):
    bare = Model(PortableModel(model.card, model._portable.members[1:]), model.folder)
    assert bare.features("We will talk.") == []
    assert bare.explain("We are ready to talk.", n=1)[0].weight != 0
    both = {
        one.term: one.weight for one in model.explain("We are ready to talk.", stance="support")
    }
    assert {
        one.term: one.weight for one in bare.explain("We are ready to talk.", stance="support")
    } != both


def test_what_is_not_judged_has_no_reasons(model):
    assert model.explain("") == model.features("") == []
    assert model.explain({"text": None}, stance="support") == []


def test_asking_for_few_words_gives_the_strongest(model):
    weights = [
        abs(one.weight)
        for one in model.explain("We will never accept such talks under such conditions.", n=5)
    ]
    assert len(weights) == 5
    assert weights == sorted(weights, reverse=True)


@pytest.fixture(scope="module")
def quotes(sets):
    return sets["test"].fillna("").head(40).to_dict("records")


def test_deleting_the_named_words_costs_more_than_deleting_others(model, quotes):
    found = measure(model, quotes)
    assert [one.n_words for one in found] == list(NUMBERS)
    for one in found:
        assert one.low > 0.05, one
        assert one.n_quotes > 25
        assert one.flips[0] > one.flips[1]


def test_words_named_by_chance_would_be_found_out(model, quotes, monkeypatch):
    rng = np.random.default_rng(1)

    def by_chance(self, row, *, n=8, stance=None):
        from stance.prediction.explanations import word_reasons

        return [
            dataclasses.replace(one, weight=float(rng.random()))
            for one in word_reasons(row, stance, self.probabilities)
        ]

    monkeypatch.setattr(Model, "explain", by_chance)
    for one in measure(model, quotes):
        assert one.low < 0.05, one


def test_quotes_too_short_to_measure_are_an_error_that_says_so(model):
    with pytest.raises(DataError, match="no quote of more than 5 words among 1"):
        measure(model, [{"text": "We will talk.", "article": "a"}])


def test_the_command_prints_a_line_for_each_number_of_words(project, model_folder, capsys):
    from stance.cli.evaluate import explanations

    explanations(model=str(model_folder), split="train", n_quotes=12, seed=1, as_json=False)
    printed = capsys.readouterr().out.splitlines()
    assert [line.split("strongest ")[1].split(" the stance")[0] for line in printed] == [
        "1 word",
        "2 words",
        "3 words",
        "5 words",
    ]
    with pytest.raises(DataError, match="--split nonsense: no labelled quotes"):
        explanations(model=str(model_folder), split="nonsense", n_quotes=12, seed=1, as_json=False)


def test_probabilities_are_those_of_predictions(model):
    rows = [{"text": "We will talk.", "cue": "said"}, {"text": "Never."}]
    found = model.probabilities(rows)
    assert [dict(zip(STANCES, one.tolist(), strict=True)) for one in found] == [
        one.probabilities for one in model.predict_many(rows)
    ]
