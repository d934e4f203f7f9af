import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from stance.aliases import load_aliases
from stance.attributed import CLASSES, HELD, AttributedModel, features_of, find_mentions, load_attributed, names_in, parse_model, resolve
from stance.attributed_training import by_rule, fit, labels_of, matches, same_holder, score
from stance.cli import app
from stance.errors import ModelError
from stance.records import Article, Quote

EVEN = [0.2] * 5


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("They do not want peace", ["They"]),
        ("Moscow would see nothing wrong in consultations with Beijing", ["Moscow", "Beijing"]),
        ("both sides had undertaken to continue", ["both sides"]),
        ("The Serbian side wanted money first", ["The Serbian side"]),
        ("the government of Nubara refuses to talk", ["the government of Nubara"]),
        ("Our delegation is ready", []),  # the speaker's own side
        ("We will not sit down with anybody", []),
        ("Nobody spoke of territory on Monday", []),
        ("Thus, Drevan waits. However, nobody asks; clearly, it is late. Regrettably, no", ["Drevan", "it"]),
        ("It is late. They know it", ["It", "They"]),  # each once
    ],
)
def test_whoever_a_quote_names_is_found_once(text, found):
    assert [mention.text for mention in find_mentions(text)] == found


@given(st.text(max_size=120))
def test_mentions_are_cut_from_the_text_and_anything_is_answered(text):
    for mention in find_mentions(text):
        assert text[slice(*mention.span)] == mention.text
        assert mention.places[0] == mention.span
    for held in load_attributed().predict({"text": text}, EVEN, load_aliases()):
        assert held.stance in HELD
        assert 0 < held.probability < 1


def test_a_name_in_the_words_around_changes_nothing_but_the_holder():
    first, second = "Moscow does not want talks with Kyiv", "Lirova does not want talks with Samar"
    terms = [features_of({"text": text}, find_mentions(text)[0], 0, 2, EVEN) for text in (first, second)]
    assert terms[0] == terms[1]


def test_who_speaks_is_seen_only_where_the_mention_names_him():
    text = "Mara Lindqvist does not want talks"
    mention = find_mentions(text)[0]
    plain = features_of({"text": text}, mention, 0, 1, EVEN)
    assert features_of({"text": text, "speaker": "Boro Kast"}, mention, 0, 1, EVEN) == plain
    assert "self" in features_of({"text": text, "speaker": "Lindqvist"}, mention, 0, 1, EVEN)


@pytest.mark.parametrize(
    ("text", "row", "name"),
    [
        ("Putin will not come", {"names": ["Vladimir Putin"]}, "Vladimir Putin"),
        ("Kastria says yes because it gains time", {"names": ["Drevan"]}, "Kastria"),  # said of "it": the name before
        ("They do not want peace", {"names": ["Ukraine", "Russia"], "speaker_role": "Ukrainian lawmaker"}, "Russia"),
        ("They do not want peace", {"context": "The minister spoke of Drevan."}, "Drevan"),
        ("They do not want peace", {}, None),
        ("both sides are stalling", {"names": ["Drevan"]}, None),
    ],
)
def test_a_mention_is_resolved_to_a_name(text, row, name):
    assert resolve(find_mentions(text)[-1], {"text": text, **row}) == name


def test_the_names_of_an_article_come_by_their_frequency():
    assert "Does Drevan Want Direct Talks With Kastria" not in names_in("Does Drevan Want Direct Talks With Kastria\n\nDrevan does.")
    assert names_in("Drevan refuses. The talks with Kastria failed. Drevan said no, and Drevan left.")[:2] == ["Drevan", "Kastria"]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("Russia", "the Russian leadership", True),
        ("Kyiv", "Ukraine", True),
        ("Putin", "Vladimir Putin", True),
        ("both sides", "both sides", True),
        ("both sides", "the other side", False),
        ("Iran", "Israel", False),
    ],
)
def test_holders_are_the_same_where_a_telling_word_is(first, second, same):
    assert same_holder(first, second) is same_holder(second, first) is same


def test_matches_are_counted_once_each_by_hand():
    gold = [("Russia", "oppose"), ("Ukraine", "support")]
    found = [("Russian side", "skeptical"), ("Moscow", "oppose"), ("Ukraine", "conditional")]
    assert matches(found, gold, "holder") == 2
    assert matches(found, gold, "coarse") == 2
    assert matches(found, gold, "stance") == 1
    scored = score("model", "author", [found, []], [gold, [("Iran", "oppose")]], ["a", "b"])
    assert scored.scores["holder"] == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert scored.scores["stance"] == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert scored.bounds["holder"][0] <= 2 / 3 <= scored.bounds["holder"][1]
    assert json.loads(json.dumps(scored.to_dict()))["n_gold"] == 3


def test_an_annotators_holder_goes_to_the_mention_that_names_it_or_to_a_lone_pronoun():
    text = "Drevan is stalling and they know it in Kastria"
    mentions = find_mentions(text)
    assert dict(zip([one.text for one in mentions], labels_of(mentions, {"text": text}, [("Kastria", "support")]), strict=True))["Kastria"] == "support"
    alone = find_mentions("They are stalling")
    assert labels_of(alone, {"text": "They are stalling"}, [("Drevan", "skeptical")]) == ["skeptical"]
    assert labels_of(alone, {"text": "They are stalling"}, []) == ["none"]


def test_the_rule_reads_frames_behind_a_mention():
    assert by_rule({"text": "Drevan rejects the talks"}) == [("Drevan", "oppose")]
    assert by_rule({"text": "Kastria is playing for time"}) == [("Kastria", "skeptical")]
    assert by_rule({"text": "Kastria is ready for talks"}) == [("Kastria", "support")]
    assert by_rule({"text": "The weather in Kastria is fine"}) == []


def test_weights_come_back_as_they_were_written():
    terms = [["a", "b"], ["b", "c"], ["a", "c"]] * 20
    labels = ["none", "oppose", "skeptical"] * 20
    model = fit(terms, labels)
    again = parse_model(model.to_json(), "here")
    assert again.probabilities(["a", "b"]) == pytest.approx(model.probabilities(["a", "b"]))
    assert CLASSES[int(again.probabilities(["b", "c"])[1:].argmax()) + 1] == "oppose"
    assert again.probabilities(["b", "c"])[CLASSES.index("support")] < 1e-6


@pytest.mark.parametrize("text", ["{", "[]", '{"classes": ["yes"], "intercept": [0], "weights": {}, "threshold": 0.5}'])
def test_weights_that_are_none_are_refused(text):
    with pytest.raises(ModelError, match=r"^here: .*stance evaluate-attributed --write"):
        parse_model(text, "here")


def test_a_plain_reproach_is_found_and_its_holder_resolved():
    text = "Drevan is not interested in talks and only wants to gain time"
    (found,) = load_attributed().predict({"text": text, "cue": "said"}, [0.02, 0.02, 0.9, 0.04, 0.02], load_aliases())
    assert (found.holder, found.holder_id) == ("Drevan", "drevan")
    assert found.stance in ("oppose", "skeptical")


def test_a_quote_about_the_weather_ascribes_nothing():
    assert load_attributed().predict({"text": "The weather in Drevan is fine", "cue": "said"}, [0.01, 0.01, 0.01, 0.01, 0.96], load_aliases()) == []


@pytest.fixture
def sure(monkeypatch):
    """A model that finds every mention opposed: for the ways through which answers leave."""
    every = AttributedModel({}, np.array([0.0, 0.0, 0.0, 0.0, 3.0]), 0.5)
    monkeypatch.setattr("stance.predict.load_attributed", lambda: every)


def test_predictions_have_the_field_where_it_was_asked_for_and_only_there(model, sure):
    (bare,), (asked, void) = model.predict_many(["They refuse."]), model.predict_many(["They refuse.", ""], attributed=True)
    assert "attributed" not in bare.to_dict()
    (held,) = asked.to_dict()["attributed"]
    assert (held["holder"], held["stance"], held["mention"], held["span"], held["holder_id"]) == ("They", "oppose", "They", [0, 4], None)
    assert void.to_dict()["attributed"] == []


def test_a_reading_resolves_holders_within_the_article(model, sure):
    text = "Drevan is silent. Drevan waits. “They refuse,” said Mara Lindqvist, a Kastrian lawmaker."
    at = text.index("They refuse")
    quote = Quote("q", "a", "They refuse,", ((at, at + 12),), "direct", speaker="Mara Lindqvist", speaker_role="a Kastrian lawmaker")
    (speaker,) = model.read_quotes(Article("a", text), [quote]).speakers
    (held,) = speaker.to_dict()["quotes"][0]["prediction"]["attributed"]
    assert (held["holder"], held["holder_id"], held["mention"]) == ("Drevan", "drevan", "They")


def test_the_shell_shows_holders_in_every_format(model_folder, sure, tmp_path):
    rows = tmp_path / "rows.csv"
    rows.write_text("text\nThey refuse.\nNo.\n", encoding="utf-8")
    common = ["predict", str(rows), "--model", str(model_folder), "--attributed"]
    first, second = map(json.loads, CliRunner().invoke(app, common).stdout.splitlines())
    assert [one["stance"] for one in first["attributed"]] == ["oppose"]
    assert second["attributed"] == []
    assert "They: oppose" in CliRunner().invoke(app, [*common, "--format", "csv"]).stdout
    one = json.loads(CliRunner().invoke(app, ["predict", "They refuse.", "--model", str(model_folder), "--attributed"]).stdout)
    assert one["attributed"] == first["attributed"]


def test_the_package_brings_its_weights():
    model = load_attributed()
    assert len(model.weights) > 300
    assert 0 < model.threshold < 1
