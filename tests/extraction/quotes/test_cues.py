import pytest

from stance.core.errors import ModelError
from stance.extraction.quotes.cues import (
    CueModel,
    cue_features,
    load_cues,
    subject_kind,
    verb_classes,
)
from stance.extraction.text.parser import load_nlp
from stance.training.cue_weights import fit_cues


@pytest.fixture(scope="module")
def nlp():
    return load_nlp()


def test_weights_survive_json():
    model = CueModel({"lemma=say": 1.5, "frame=that": -0.25}, 0.5)
    again = CueModel.from_json(model.to_json())
    assert again.probability({"lemma=say": 1.0}) == model.probability({"lemma=say": 1.0})
    assert load_cues().weights


@pytest.mark.parametrize(
    "text", ['{"format": 2}', "[]", "no json", '{"format": 1, "bias": 0, "weights": {"a": "b"}}']
)
def test_damaged_weights_are_refused(text):
    with pytest.raises(
        ModelError, match=r"cue_weights\.json: not a table of cue weights \(.*\); train it anew"
    ):
        CueModel.from_json(text)


def test_a_verb_may_stand_in_several_classes_and_an_unknown_one_in_none():
    assert verb_classes("promise") == ("say", "stance")
    assert verb_classes("swim") == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Dora Venn said so.", "name"),
        ("She said so.", "third"),
        ("It said so.", "it"),
        ("We said so.", "first"),
        ("The minister said so.", "person"),
        ("The ministry said so.", "body"),
        ("The report said so.", "text"),
        ("The bridge said so.", "thing"),
    ],
)
def test_who_speaks_is_told_by_the_head_word(nlp, text, kind):
    verb = next(token for token in nlp(text) if token.text == "said")
    assert subject_kind(next(child for child in verb.children if child.dep_ == "nsubj")) == kind


def test_the_features_of_a_candidate_say_what_stands_around_it(nlp):
    doc = nlp("Venn did not deny that the bridge would open.")
    verb = next(token for token in doc if token.text == "deny")
    found = cue_features(
        verb, frame="that", subject=doc[0], content=list(doc[5:9]), quoted="none", has_that=True
    )
    assert {
        "lemma=deny",
        "frame=that",
        "subject=name",
        "class=stance",
        "negated",
        "that",
        "quoted=none",
    } <= set(found)


def test_a_verb_never_seen_is_judged_by_the_company_it_keeps():
    reports = [
        ({f"lemma={verb}": 1.0, "frame=that": 1.0}, True)
        for verb in ("say", "tell", "claim")
        for _ in range(20)
    ]
    moves = [
        ({f"lemma={verb}": 1.0, "frame=object": 1.0}, False)
        for verb in ("build", "sell", "open")
        for _ in range(20)
    ]
    model = fit_cues(reports + moves, strength=1.0)
    assert (
        model.probability({"lemma=aver": 1.0, "frame=that": 1.0})
        > 0.5
        > model.probability({"lemma=paint": 1.0, "frame=object": 1.0})
    )
