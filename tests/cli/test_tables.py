"""Readings as a table in a terminal."""

import dataclasses
import io
import json

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from shell import cli

from stance.cli.articles import show_readings, table_of
from stance.cli.tables import STYLES, WIDTH, bar, console, say, to_table
from stance.core.types import STANCES, Prediction, Quote
from stance.models.attributed_stances.model import Attributed
from stance.prediction.reading import Reading, speaker_stance

MODEL = {"name": "vote", "version": "test"}


def pair(number, words, stance="support", reason=None):
    shares = {name: 0.6 if name == stance else 0.1 for name in STANCES}
    found = Prediction(
        str(number),
        None if reason else stance,
        shares,
        0.5,
        None if reason else "favor",
        reason is not None,
        reason,
        MODEL,
    )
    return Quote(f"a#{number}", "a", words, ((0, 5),), "direct"), found


def text_of(reading, width=140):
    console = Console(file=io.StringIO(), width=width)
    console.print(table_of(reading))
    return console.file.getvalue()


@given(
    st.lists(st.floats(-1, 1), min_size=3, max_size=3).map(sorted), st.sampled_from(sorted(STANCES))
)
def test_a_bar_has_one_mark_between_its_ends_and_always_the_same_width(places, stance):
    low, score, high = places
    plain = bar(low, score, high, STYLES[stance]).plain
    assert len(plain) == WIDTH
    assert plain.count("●") == 1
    inside = [k for k, sign in enumerate(plain) if sign in "━╋●"]
    assert inside == list(range(inside[0], inside[-1] + 1))


def test_abstentions_say_why_and_have_no_bar():
    pairs = [
        pair(
            1,
            "We are ready",
            reason="unsure: support is likeliest with 0.40, below 0.5; of cross-validated "
            "answers many were wrong",
        )
    ]
    shown = text_of(Reading("a", (speaker_stance("Mara Lindqvist", pairs),), MODEL))
    assert "abstained (unsure: support is likeliest with 0.40, below 0.5)" in shown
    assert "no score" in shown
    assert "●" not in shown


def test_a_speaker_that_was_guessed_is_marked_and_one_that_was_named_is_not():
    quote, found = pair(1, "We are ready")
    for confidence, marked in ((0.4, True), (0.9, False)):
        told = dataclasses.replace(quote, speaker="Mara Lindqvist", speaker_confidence=confidence)
        assert (
            "(speaker unsure)"
            in text_of(Reading("a", (speaker_stance("Mara Lindqvist", [(told, found)]),), MODEL))
        ) is marked


def test_what_looks_like_markup_is_text():
    shown = text_of(
        Reading(
            "[red]a[/red]",
            (speaker_stance("[bold]Reyk[/bold]", [pair(1, "[link=file:///]words[/link]")]),),
            MODEL,
        )
    )
    assert "[red]a[/red]" in shown
    assert "[bold]Reyk[/bold]" in shown
    assert "[link=file:///]words[/link]" in shown


def test_a_stance_ascribed_to_others_stands_below_its_quote():
    quote, found = pair(1, "They do not want it")
    unsure = Attributed("Moscow", "oppose", 0.2, "it", (17, 19))
    told = dataclasses.replace(
        found, attributed=(Attributed("Kyiv", "oppose", 0.8, "They", (0, 4)), unsure)
    )
    shown = text_of(Reading("a", (speaker_stance("Mara Lindqvist", [(quote, told)]),), MODEL))
    assert "Moscow" not in shown
    assert "says of Kyiv: oppose (80%)" in shown


def test_the_summary_counts_quotes_speakers_and_abstentions(capsys):
    speakers = (
        speaker_stance("Mara Lindqvist", [pair(1, "x")]),
        speaker_stance(None, [pair(2, "y", reason="empty text")]),
    )
    show_readings([Reading("a", speakers, MODEL)])
    said = capsys.readouterr().out
    assert "2 quotes, 1 speaker, 1 abstained; model vote test" in said
    assert "(nobody found)" in said


def test_the_verb_reads_an_article_as_a_table_and_as_json(tmp_path, model_folder):
    path = tmp_path / "a.txt"
    path.write_text(
        "“We are ready to resume the talks on Monday,” said Mara Lindqvist, the foreign minister.",
        encoding="utf-8",
    )
    done = cli("read", str(path), "--model", str(model_folder))
    assert done.returncode == 0, done.stderr
    assert "●" in done.stdout
    assert "Mara Lindqvist" in done.stdout
    done = cli("read", str(path), "--json", "--model", str(model_folder))
    (row,) = map(json.loads, done.stdout.splitlines())
    assert [one["speaker"] for one in row["speakers"]] == ["Mara Lindqvist"]
    assert abs(sum(row["speakers"][0]["probabilities"].values()) - 1) < 1e-3


def test_cells_and_lines_are_shown_as_they_are(capsys):
    console(80).print(
        to_table(
            ("run", "n"),
            [("[red]vote[/red]", 3), (None, "a\n b")],
            words=("run",),
            title="[bold]title",
        )
    )
    say("[link]a line of " + 30 * "many words " + "is not broken")
    said = capsys.readouterr().out
    for one in ("[red]vote[/red]", "[bold]title", "a b", "[link]a line of"):
        assert one in said
    assert said.splitlines()[-1].endswith("is not broken")
