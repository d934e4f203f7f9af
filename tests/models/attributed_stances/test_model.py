import dataclasses
import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from stance.cli.app import app
from stance.core.errors import ModelError
from stance.core.types import Article, Quote
from stance.evaluation.attributed_stances import by_rule, score
from stance.extraction.speakers.aliases import load_aliases
from stance.models.attributed_stances.holders import candidates_of, known_in
from stance.models.attributed_stances.mentions import find_mentions
from stance.models.attributed_stances.model import (
    HELD,
    PARTS,
    AttributedModel,
    TermScorer,
    load_attributed,
    parse_model,
)
from stance.models.attributed_stances.terms import N_NUMBERS, holder_terms, numbers_of, quote_terms
from stance.training.attributed_stances import (
    Judged,
    f1_at,
    fit,
    labels_of,
    matches,
    same_holder,
    train,
)

EVEN = [0.2] * 5
DOUBTFUL = [0.02, 0.02, 0.9, 0.04, 0.02]


def names(row):
    return [one.name for one in candidates_of(row, find_mentions(row["text"]))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("They do not want peace", ["They"]),
        ("Moscow would see nothing wrong in consultations with Beijing", ["Moscow", "Beijing"]),
        ("both sides had undertaken to continue", ["both sides"]),
        ("both have told us so, and neither lied", ["both", "neither"]),
        ("The Serbian side wanted money first", ["The Serbian side"]),
        ("the government of Nubara refuses to talk", ["the government of Nubara"]),
        ("Our delegation is ready", []),  # the speaker's own side
        ("We will not sit down with anybody", []),
        ("Nobody spoke of territory on Monday", []),
        (
            "Thus, Drevan waits. However, nobody asks; clearly, it is late. Regrettably, no",
            ["Drevan", "it"],
        ),
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


SWAPPED = {"Velgorod": "Samarin", "Torvia": "Lirosa", "Halania": "Pelanor"}


def swapped(text):
    return re.sub("|".join(SWAPPED), lambda match: SWAPPED[match.group()], text)


def test_swapping_names_changes_no_answer_but_its_names():
    article = (
        "Torvia has left the talks, Halania said. In Velgorod a minister waited. Torvia wants "
        "time. Halania does not."
    )
    texts = (
        "Velgorod does not want talks with Halania",
        "They are stalling",
        "Torvia is only playing for time",
        "the government uses the talks as a cover",
    )
    for text in texts:
        row = {
            "text": text,
            "cue": "said",
            "speaker": "a lawmaker in Halania",
            "context": "Torvia has left the talks, Halania said.",
            "_article": article,
        }
        other = {name: swapped(value) for name, value in row.items()}
        mentions, others = find_mentions(text), find_mentions(other["text"])
        assert quote_terms(row, mentions) == quote_terms(other, others)
        assert holder_terms(row, mentions, candidates_of(row, mentions)) == holder_terms(
            other, others, candidates_of(other, others)
        )
        first, second = (
            load_attributed().predict(one, DOUBTFUL, load_aliases()) for one in (row, other)
        )
        assert [(swapped(one.holder), one.stance, one.probability) for one in first] == [
            (one.holder, one.stance, one.probability) for one in second
        ]


def test_who_speaks_is_seen_only_as_the_side_that_a_candidate_is_on():
    text = "Mara Lindqvist does not want talks"
    row, mentions = {"text": text}, find_mentions(text)
    plain = holder_terms(row, mentions, candidates_of(row, mentions))
    assert (
        holder_terms({**row, "speaker": "Boro Kast"}, mentions, candidates_of(row, mentions))
        == plain
    )
    assert (
        "name&ownTrue"
        in holder_terms({**row, "speaker": "Lindqvist"}, mentions, candidates_of(row, mentions))[0]
    )


@pytest.mark.parametrize(
    ("row", "first"),
    [
        (
            {
                "text": "Putin will not come",
                "_article": "Vladimir Putin stays at home. Putin waits.",
            },
            "Vladimir Putin",
        ),
        ({"text": "the government is stalling"}, "the government"),
        ({"text": "They do not want peace", "context": "All spoke of Drevan."}, "Drevan"),
        (
            {
                "text": "They do not want peace",
                "_article": "Drevan waits. Drevan stalls. Kastria asks.",
            },
            "Drevan",
        ),
    ],
)
def test_a_quotes_own_mentions_come_first_then_whom_the_words_around_name(row, first):
    assert names(row)[0] == first


def test_who_is_nowhere_named_is_no_candidate():
    assert names({"text": "They do not want peace"}) == []
    assert names({"text": "They do not want peace", "context": "The minister spoke."}) == [
        "The minister"
    ]


def test_an_article_knows_of_each_how_often_and_how_it_names_him():
    text = (
        "Drevan refuses. The talks in Kastria failed, Boro Kast said. Drevan left, Kast said. The "
        "rebels wait. The Drevan army waits."
    )
    found = known_in(text)
    assert next(iter(found.values())).name == "Drevan"
    assert len(found["dreva"].places) == 3
    assert found["kastr"].place == 1
    assert (found["kast"].name, found["kast"].person, found["kast"].says) == ("Boro Kast", True, 1)
    assert not found["~rebels"].named
    assert found["dreva"].has_word("army")


def test_a_capital_and_its_state_are_one_candidate():
    assert names(
        {
            "text": "They do not want peace",
            "_article": "Moscow said no. Russia waits. The Kremlin is silent. Kyiv asks.",
        }
    ) == ["Moscow", "Kyiv"]


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


def test_an_annotators_holder_goes_to_the_candidate_that_names_it():
    row = {"text": "Drevan is stalling and the army knows it in Kastria"}
    candidates = candidates_of(row, find_mentions(row["text"]))
    assert [one.name for one in candidates] == ["Drevan", "the army", "Kastria"]
    assert labels_of(candidates, [("Kastria", "support"), ("Drevanian side", "skeptical")]) == {
        2: "support",
        0: "skeptical",
    }
    assert labels_of(candidates, [("Sudanese army", "oppose")]) == {1: "oppose"}
    assert labels_of(candidates, [("Orsenna", "oppose")]) == {}


def test_the_rule_reads_frames_behind_a_mention():
    assert by_rule({"text": "Drevan rejects the talks"}) == [("Drevan", "oppose")]
    assert by_rule({"text": "Kastria is playing for time"}) == [("Kastria", "skeptical")]
    assert by_rule({"text": "Kastria is ready for talks"}) == [("Kastria", "support")]
    assert by_rule({"text": "The weather in Kastria is fine"}) == []


def judged(text, held, article, shares=EVEN):
    return Judged({"text": text, "cue": "said"}, article, np.array(shares), (held, held))


LEARNED = [
    judged(
        f"{name} {what} near Samarin",
        [(name, stance)] if stance else [],
        f"{name}{number % 8}",
        shares,
    )
    for number in range(24)
    for name in ("Drevan", "Kastria", "Orsenna")
    for what, stance, shares in (
        ("refuses the talks", "oppose", DOUBTFUL),
        ("is playing for time in the talks", "skeptical", DOUBTFUL),
        ("is ready for talks", "support", DOUBTFUL),
        ("wants a truce before talks", "conditional", DOUBTFUL),
        ("is a country by the sea", None, [0.01, 0.01, 0.01, 0.01, 0.96]),
    )
]


def test_what_is_learned_is_told_of_another_name():
    model = train(LEARNED)
    (found,) = model.predict(
        {"text": "Faerland is playing for time in the talks near Samarin", "cue": "said"},
        DOUBTFUL,
        load_aliases(),
    )
    assert (found.holder, found.stance, found.mention, found.span) == (
        "Faerland",
        "skeptical",
        "Faerland",
        (0, 8),
    )
    assert (
        model.predict(
            {"text": "Faerland is a country by the sea near Samarin", "cue": "said"},
            [0.01, 0.01, 0.01, 0.01, 0.96],
            load_aliases(),
        )
        == []
    )


def test_a_threshold_that_is_given_is_kept():
    assert train(LEARNED[:200], 0.7).threshold == 0.7


def test_the_f1_of_a_threshold_is_counted_by_hand():
    quotes = [judged("a", [("Drevan", "oppose")], "a"), judged("b", [], "b")]
    found = [[(0.9, ("Drevan", "oppose"))], [(0.3, ("Kastria", "oppose"))]]
    assert f1_at(0.2, found, quotes) == pytest.approx(2 / 3)
    assert f1_at(0.5, found, quotes) == 1


def test_weights_come_back_as_they_were_written():
    model = fit(LEARNED, 0.25)
    again = parse_model(model.to_json(), "here")
    row = {"text": "Faerland refuses the talks near Samarin"}
    mentions = find_mentions(row["text"])
    told, terms = (
        quote_terms(row, mentions),
        holder_terms(row, mentions, candidates_of(row, mentions)),
    )
    for one in (model, again):
        assert one.threshold == 0.25
    assert again.at_all(told, numbers_of(EVEN)) == pytest.approx(
        model.at_all(told, numbers_of(EVEN))
    )
    first, second = (one.weigh(1.0, told, terms, numbers_of(EVEN)) for one in (model, again))
    assert [stance for _, stance, _ in first] == [stance for _, stance, _ in second]
    assert [one[0] for one in first] == pytest.approx([one[0] for one in second])


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"held": ["yes"], "threshold": 0.5}',
        '{"held": ["support", "conditional", "skeptical", "oppose"], "any": {}}',
    ],
)
def test_weights_that_are_none_are_refused(text):
    with pytest.raises(ModelError, match=r"^here: .*stance weights attributed RUN --write"):
        parse_model(text, "here")


def test_weights_of_another_length_are_refused():
    text = AttributedModel({name: nothing(size) for name, size in PARTS.items()}, 0.5).to_json()
    with pytest.raises(ModelError, match=r"^here: .*another shape"):
        parse_model(text.replace('"intercept": [0.0]', '"intercept": [0.0, 1.0]', 1), "here")


def nothing(size):
    return TermScorer({}, np.zeros((N_NUMBERS, size)), np.zeros(size))


def test_a_plain_reproach_is_found_and_its_holder_resolved():
    text = "Drevan is not interested in talks and only wants to gain time"
    (found,) = load_attributed().predict({"text": text, "cue": "said"}, DOUBTFUL, load_aliases())
    assert (found.holder, found.holder_id) == ("Drevan", "drevan")
    assert found.stance in ("oppose", "skeptical")


def test_a_quote_about_the_weather_ascribes_nothing():
    assert (
        load_attributed().predict(
            {"text": "The weather in Drevan is fine", "cue": "said"},
            [0.01, 0.01, 0.01, 0.01, 0.96],
            load_aliases(),
        )
        == []
    )


def certain():
    return dataclasses.replace(nothing(1), intercept=np.array([9.0]))


@pytest.fixture
def sure(monkeypatch):
    """A model that finds every mention opposed: for the ways through which answers leave."""
    every = AttributedModel(
        {
            "any": certain(),
            "holder": certain(),
            "stance": dataclasses.replace(nothing(4), intercept=np.array([0.0, 0.0, 0.0, 3.0])),
        },
        0.5,
    )
    monkeypatch.setattr("stance.models.attributed_stances.model.load_attributed", lambda: every)


def test_predictions_have_the_field_where_it_was_asked_for_and_only_there(model, sure):
    (bare,), (asked, void) = (
        model.predict_many(["The rebels refuse."]),
        model.predict_many(["The rebels refuse.", ""], attributed=True),
    )
    assert "attributed" not in bare.to_dict()
    (held,) = asked.to_dict()["attributed"]
    assert (held["holder"], held["stance"], held["mention"], held["span"], held["holder_id"]) == (
        "The rebels",
        "oppose",
        "The rebels",
        [0, 10],
        None,
    )
    assert void.to_dict()["attributed"] == []


def test_a_reading_resolves_holders_within_the_article(model, sure):
    text = (
        "Drevan is silent. Drevan waits. “They refuse,” said Mara Lindqvist, a Kastrian lawmaker."
    )
    at = text.index("They refuse")
    quote = Quote(
        "q",
        "a",
        "They refuse,",
        ((at, at + 12),),
        "direct",
        speaker="Mara Lindqvist",
        speaker_role="a Kastrian lawmaker",
    )
    (speaker,) = model.read_quotes(Article("a", text), [quote]).speakers
    held, *_ = speaker.to_dict()["quotes"][0]["prediction"]["attributed"]
    assert (held["holder"], held["holder_id"], held["mention"]) == ("Drevan", "drevan", "They")


def test_the_shell_shows_holders_in_every_format(model_folder, sure, tmp_path):
    rows = tmp_path / "rows.csv"
    rows.write_text("text\nThe rebels refuse.\nNo.\n", encoding="utf-8")
    common = ["predict", str(rows), "--model", str(model_folder), "--attributed"]
    first, second = map(json.loads, CliRunner().invoke(app, common).stdout.splitlines())
    assert [one["stance"] for one in first["attributed"]] == ["oppose"]
    assert second["attributed"] == []
    assert "The rebels: oppose" in CliRunner().invoke(app, [*common, "--format", "csv"]).stdout
    one = json.loads(
        CliRunner()
        .invoke(
            app, ["predict", "The rebels refuse.", "--model", str(model_folder), "--attributed"]
        )
        .stdout
    )
    assert one["attributed"] == first["attributed"]


def test_a_holder_that_the_quote_leaves_out_has_no_place_in_it(model, sure):
    (found,) = model.predict_many(
        [{"text": "no interest in talks", "context": "Drevan is silent."}], attributed=True
    )
    (held,) = found.to_dict()["attributed"]
    assert (held["holder"], held["mention"], held["span"]) == ("Drevan", None, None)


def test_the_package_brings_its_weights():
    model = load_attributed()
    assert all(len(part.weights) > 300 for part in model.parts.values())
    assert 0 < model.threshold < 1
