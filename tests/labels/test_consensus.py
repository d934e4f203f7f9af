import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.core.errors import DataError
from stance.core.types import STANCES, Judgment
from stance.labels.consensus import agree, read_labels
from stance.labels.judgments import read_judgments


def test_two_judgments_that_agree_make_one_label():
    labels, disputed = agree(
        [Judgment("q", "a", "support", True), Judgment("q", "b", "support", True)]
    )
    assert (labels["q"].stance, labels["q"].by, disputed) == ("support", "agreed", [])


def test_a_dispute_without_an_adjudicator_is_no_label():
    judgments = [Judgment("q", "a", "support", True), Judgment("q", "b", "neutral", True)]
    assert agree(judgments) == ({}, ["q"])
    labels, disputed = agree(
        [*judgments, Judgment("q", "adjudicator", "conditional", True, note="a deadline is named")]
    )
    assert (labels["q"].stance, labels["q"].by, disputed) == ("conditional", "adjudicated", [])


def test_attributed_stances_are_kept_where_most_readers_name_them():
    both, one = ("Lask", "oppose"), ("Orin", "support")
    labels, _ = agree(
        [
            Judgment("q", "a", "neutral", True, (both, one)),
            Judgment("q", "b", "neutral", True, (both,)),
        ]
    )
    assert labels["q"].attributed == (both,)


JUDGMENTS = st.lists(
    st.builds(
        Judgment,
        st.sampled_from("pq"),
        st.sampled_from(["a", "b", "adjudicator"]),
        st.sampled_from(STANCES),
        st.just(True),
    ),
    max_size=8,
)


@given(JUDGMENTS, st.randoms())
def test_the_order_of_judgments_does_not_matter(judgments, random):
    shuffled = list(judgments)
    random.shuffle(shuffled)
    assert agree(judgments) == agree(shuffled)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"stance": "skeptic"},
            r"a\.jsonl:1: stance 'skeptic' is not in labels/codebook\.toml .*did you mean "
            r"'skeptical'\?",
        ),
        ({"on_target": False}, "on_target is false but the stance is 'support'"),
        ({"on_target": "yes"}, "on_target is 'yes', expected true or false"),
        ({"attributed": [{"holder": "Lask", "stance": "no"}]}, "stance 'no' is not in"),
    ],
)
def test_a_faulty_judgment_is_named_by_file_and_line(tmp_path, change, message):
    path = tmp_path / "a.jsonl"
    path.write_text(
        json.dumps(
            {
                "quote": "q",
                "annotator": "a",
                "stance": "support",
                "on_target": True,
                "attributed": [],
                **change,
            }
        )
    )
    with pytest.raises(DataError, match=message):
        read_judgments(path)


def test_every_quote_of_the_project_has_one_label(root):
    reports, labels = read_labels(root / "labels", own=False)
    assert {quote.id for _, quotes in reports for quote in quotes} == set(labels)


def test_a_quote_without_judgment_and_a_judgment_without_quote_are_faults(project):
    path = project / "labels" / "judgments" / "author.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    other = {
        "quote": "w9_99#1",
        "annotator": "nobody",
        "stance": "neutral",
        "on_target": False,
        "attributed": [],
    }
    path.write_text("".join(lines[1:]) + json.dumps(other), encoding="utf-8")
    second = project / "labels" / "judgments" / "second.jsonl"
    second.write_text(
        "".join(second.read_text(encoding="utf-8").splitlines(keepends=True)[1:]), encoding="utf-8"
    )
    (project / "labels" / "judgments" / "adjudicator.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"nobody judges w9_99#1, which is in no report"):
        read_labels(project / "labels")


def test_the_seed_articles_keep_coreference_and_institutions(root):
    reports, _ = read_labels(root / "labels", own=False)
    quotes = {quote.id: quote for _, found in reports for quote in found}
    added = quotes["moscow-times-2025-05-13#12"]
    assert (added.speaker_mention, added.speaker) == ("he", "Alexander Baunov")
    assert quotes["moscow-times-2025-05-13#4"].speaker == "Kremlin"
