from hypothesis import given
from hypothesis import strategies as st

from stance.core.types import Article, Quote
from stance.labels.checks import (
    RUN_WORDS,
    copies,
    overlapping,
    real_speakers,
    repeated,
    runs_of,
    same_plots,
    split_statements,
    unmarked,
)


def quote(text, words, number=1, **more):
    start = text.index(words)
    return Quote(f"a#{number}", "a", words, ((start, start + len(words)),), "direct", **more)


def test_words_in_quotation_marks_outside_every_quote_are_found():
    text = "“We will come,” she said. The “Tram” was late. He calls it “a road map”."
    article = Article("a", text)
    marked = [quote(text, "We will come")]
    assert unmarked(article, marked, ()) == ["Tram", "a road map"]
    assert unmarked(article, marked, ("Tram", "a road map.")) == []


def test_quotes_that_overlap_are_found_unless_one_holds_the_other():
    text = "He said the minister had said no to talks."
    outer, inner = quote(text, "the minister had said no to talks"), quote(text, "no to talks", 2)
    nested = quote(text, "no to talks", 2, parent="a#1")
    assert overlapping([outer, inner]) == [("a#1", "a#2")]
    assert overlapping([outer, nested]) == []


def test_a_quotation_split_at_its_attribution_is_found():
    text = "“We will come,” she said. “That is certain.” He left."
    cue = (text.index("said"), text.index("said") + 4)
    first, second = (
        quote(text, "We will come", cue="said", cue_span=cue),
        quote(text, "That is certain.", 2, cue="said", cue_span=cue),
    )
    assert split_statements(Article("a", text), [first, second]) == [("a#1", "a#2")]
    assert split_statements(Article("a", text), [first, quote(text, "That is certain.", 2)]) == []


WORDS = " ".join(f"w{k}" for k in range(RUN_WORDS))


def test_a_shared_run_of_words_across_splits_is_a_leak_and_within_one_is_none():
    reports = [
        (Article("w1_1", f"One. {WORDS}, and more."), ()),
        (Article("w2_1", f"Two: {WORDS.upper()}!"), ()),
        (Article("w2_2", "Nothing alike."), ()),
    ]
    ((first, second, run),) = copies(reports, {"w1_1": "train", "w2_1": "test", "w2_2": "test"})
    assert (first, second, run) == ("w1_1", "w2_1", WORDS)
    assert copies(reports, dict.fromkeys(("w1_1", "w2_1", "w2_2"), "train")) == []


def test_a_report_told_again_with_other_names_is_found():
    plot = (
        "The envoy of {0} offered to host talks in {1}; the army of {2} shelled the harbour, the "
        "council met and the ministry counted nine wounded fishermen."
    )
    first, second = (
        plot.format("Arvane", "Zahlan", "Drev"),
        plot.format("Merrow", "Port Ellis", "Lask"),
    )
    reports = [
        (Article("a", first), ()),
        (Article("b", second), ()),
        (Article("c", "Wheat prices rose again on Monday after a dry spring in the north."), ()),
    ]
    assert [
        (one, other)
        for one, other, _ in same_plots(reports, {"a": "train", "b": "test", "c": "test"})
    ] == [("a", "b")]


@given(st.text(alphabet="ab c", max_size=80))
def test_runs_have_their_length_and_stand_in_the_text(text):
    words = text.split()
    for run in runs_of(text, 3):
        assert len(run) == 3
        assert " ".join(run) in " ".join(words)


def test_a_real_person_who_speaks_in_an_invented_report_is_found():
    report = (
        Article("a", "x", origin="synthetic"),
        (Quote("a#1", "a", "x", ((0, 1),), "direct", speaker="Sergey  LAVROV"),),
    )
    assert real_speakers([report], ["Sergey Lavrov"]) == [("a#1", "Sergey  LAVROV")]
    assert real_speakers([(Article("a", "x", origin="news"), report[1])], ["Sergey Lavrov"]) == []


def test_a_text_under_two_ids_is_found():
    assert repeated(
        [(Article("a", "x  y"), ()), (Article("b", "x\ny"), ()), (Article("c", "z"), ())]
    ) == ["b"]
