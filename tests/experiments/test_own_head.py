"""The head of an adapted model fitted to the user's own labels, as a tracked run."""

import pytest
from tiny_encoders import write_adapted

import stance
from stance.core.errors import DataError
from stance.core.types import Article, Judgment, Quote
from stance.experiments.own_head import learn, own_table
from stance.labels.own_articles import add_articles, add_model_judgments, import_judgments

WORDS = {"we will talk": "support", "never talks": "oppose"}


def add_own(project, n):
    pairs = []
    for k in range(n):
        text = " ".join(f"“{words},” she said." for words in WORDS)
        quotes = []
        for i, words in enumerate(WORDS, 1):
            spans = ((text.index(words), text.index(words) + len(words)),)
            quotes.append(Quote(f"m{k}#{i}", f"m{k}", words, spans, "direct", "said"))
        pairs.append((Article(f"m{k}", text), quotes))
    add_articles(project / "labels", pairs)
    return [quote for _, quotes in pairs for quote in quotes]


def test_own_labels_are_learned_cross_validated_and_set_beside_the_start(
    project, tmp_path, monkeypatch
):
    monkeypatch.setenv("STANCE_CACHE", str(tmp_path / "cache"))
    base = write_adapted(tmp_path)
    quotes = add_own(project, 6)
    with pytest.raises(DataError, match="0 labels by persons in 0 articles; expected 10 or more"):
        learn(str(base), 0.01, print)
    said = [Judgment(one.id, "Anna", WORDS[one.text], True) for one in quotes]
    # What a language model judged is not learned from here.
    known = [one.id for one in quotes]
    add_model_judgments(
        project / "labels", [Judgment(one, "m@1", "neutral", False) for one in known], "m", known
    )
    import_judgments(project / "labels", said)
    lines = []
    learned = learn(str(base), 0.01, lines.append)
    assert learned.n_labels == 12
    assert learned.after.accuracy == 1
    assert learned.before.five.n_quotes == 12
    assert learned.difference.value == pytest.approx(
        learned.after.five.value - learned.before.five.value
    )
    assert any("learned from 12 labels of your own, in 6 articles" in line for line in lines)
    model = stance.load(learned.result.folder)
    assert model.predict("we will talk", cue="said").stance == "support"
    assert model.card["data"]["own"] == sorted(known)
    with pytest.raises(DataError, match="learned from 12 quotes of these labels already"):
        learn(str(learned.result.folder), 1.0, print)


def test_second_readings_and_what_is_no_quote_are_not_counted(project):
    quotes = add_own(project, 6)
    said = [Judgment(one.id, "Anna", WORDS[one.text], True) for one in quotes[:3]]
    none = [Judgment(one.id, "Anna", "neutral", False, is_quote=False) for one in quotes[3:]]
    second = [Judgment("w1_01#1", "Anna", "neutral", True)]
    import_judgments(project / "labels", said + none + second)
    with pytest.raises(DataError, match="3 labels by persons in 2 articles; expected 10 or more"):
        own_table()
