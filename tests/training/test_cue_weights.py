import json

import pytest
from typer.testing import CliRunner

from stance.cli.app import app
from stance.core.types import Article, Quote
from stance.extraction.pipeline import find_quotes
from stance.extraction.quotes.cues import CueModel, load_cues
from stance.extraction.text.parser import load_nlp, parse
from stance.extraction.text.parser_views import make_views
from stance.labels.labelled_articles import read_report
from stance.training.cue_weights import labelled_candidates, meets, train_cues

TEXT = "Dora Venn said the bridge would open in May. The mayor sold the ferry to the port."


@pytest.fixture(scope="module")
def nlp():
    return load_nlp()


def gold(words, cue, **known):
    start, at = TEXT.index(words), TEXT.index(cue)
    return Quote(
        "a#1",
        "a",
        words,
        ((start, start + len(words)),),
        "indirect",
        cue=cue,
        cue_span=(at, at + len(cue)),
        **known,
    )


def test_what_a_labelled_quote_names_as_its_cue_is_right_and_other_verbs_are_not(nlp):
    article = Article("a", TEXT)
    views = make_views(article)
    rows = labelled_candidates(
        article, [gold("the bridge would open in May", "said")], views, list(parse(views, nlp))
    )
    told = {
        name.removeprefix("lemma="): right
        for features, right in rows
        for name in features
        if name.startswith("lemma=") and "|" not in name
    }
    assert told["say"] is True
    assert "open" not in told  # inside a quote a verb is never judged
    assert not any(right for lemma, right in told.items() if lemma != "say")


def test_candidates_on_optional_quotes_teach_nothing(nlp):
    article = Article("a", TEXT)
    views = make_views(article)
    rows = labelled_candidates(
        article,
        [gold("the bridge would open in May", "said", optional=True)],
        views,
        list(parse(views, nlp)),
    )
    assert not any("lemma=say" in features for features, _ in rows)


@pytest.mark.parametrize(
    ("ours", "theirs", "alike"),
    [
        ([(0, 9)], [(0, 9)], True),
        ([(0, 9)], [(0, 4)], False),  # 4 of 8 letters and "Dora" alone: half of them and no more
        ([(0, 4), (5, 9)], [(0, 9)], True),  # blanks do not count
        ([(4, 5)], [(4, 5)], False),  # nothing but a blank
    ],
)
def test_quotes_meet_where_they_share_their_letters(ours, theirs, alike):
    assert meets("Dora Venn said", ours, theirs, 0.6) is alike


def test_a_model_trained_on_two_articles_finds_quotes_after_it_was_written_and_read(
    nlp, root, monkeypatch
):
    rows = [
        json.loads(line)
        for line in (root / "labels" / "seeds.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    model = train_cues((read_report(row, "seeds", root) for row in rows), nlp=nlp)
    again = CueModel.from_json(model.to_json())
    monkeypatch.setattr("stance.extraction.quotes.statements.load_cues", lambda: again)
    assert [quote.text for quote in find_quotes(Article("a", TEXT), nlp=nlp)] == [
        "the bridge would open in May"
    ]


def test_the_verb_writes_weights_and_says_how_far_they_are_from_those_in_use(
    root, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        "stance.extraction.quotes.cues.weights_path", lambda: tmp_path / "cues.json"
    )
    (tmp_path / "cues.json").write_text(
        CueModel({"lemma=say": 0.5}, 0.0).to_json(), encoding="utf-8"
    )
    load_cues.cache_clear()
    try:
        printed = CliRunner().invoke(
            app, ["weights", "cues", str(root / "labels" / "seeds.jsonl"), "--write"]
        )
        load_cues.cache_clear()
        again = CliRunner().invoke(app, ["weights", "cues", str(root / "labels" / "seeds.jsonl")])
    finally:
        load_cues.cache_clear()
    assert printed.exit_code == again.exit_code == 0
    assert "2 articles" in printed.stdout
    assert "compared with the weights in use: 0 differ by more than 0.1" not in printed.stdout
    assert "compared with the weights in use: 0 differ by more than 0.1" in again.stdout
    assert (
        CueModel.from_json((tmp_path / "cues.json").read_text(encoding="utf-8")).weights[
            "lemma=say"
        ]
        != 0.5
    )
